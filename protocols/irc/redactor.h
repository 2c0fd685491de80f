// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/redactor.h"

namespace hanse::irc {

// Lines between servers without passwords, proofs, keys of channels and what goes to services, and
// without what people say unless that is asked for.
class LineRedactor final : public Redactor {
 public:
  explicit LineRedactor(const RedactorWish& wish);
  void read(bool from_peer, std::string_view bytes, std::vector<std::string>& lines) override;

 private:
  struct Direction {
    std::string line;        // unfinished; a bounded part of it
    bool placed = false;     // it began where a line begins
  };
  std::string shown(std::string_view line) const;

  const bool bodies_;
  Direction theirs_, ours_;
};

}  // namespace hanse::irc
