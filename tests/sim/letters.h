// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "server/base/random.h"
#include "tests/sim/sender.h"

namespace hanse::sim {

// Draws letters of all sizes to one or more recipients at any of the nodes' domains.
class LetterBox {
 public:
  LetterBox(Random& random, int nodes) : random_(random), nodes_(nodes) {}
  std::vector<Letter> draw(int from);      // what goes over one connection

 private:
  Letter draw_letter(int from);
  Address draw_recipient(std::size_t number);
  std::string draw_content(const Letter& letter);
  std::size_t draw_size();
  std::string draw_line();

  Random& random_;
  const int nodes_;
  std::uint64_t letters_ = 0;
};

}  // namespace hanse::sim
