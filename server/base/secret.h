// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace hanse {

// Overwrites what stands there, in a way the compiler keeps, and leaves it empty.
void wipe(std::string& text);

// Text that leaves nothing behind in freed memory: keys and passwords. operations section 9
class Secret {
 public:
  Secret() = default;
  Secret(std::string text) : text_(std::move(text)) {}   // implicit: texts are what is set
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
  Secret& operator=(Secret other) noexcept {
    text_.swap(other.text_);
    return *this;
  }
  ~Secret() { wipe(text_); }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace hanse
