// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "federation/ports.h"

namespace hanse {

// Keeps what was handed on until whoever has it is done with it, so that its memory is given back
// by the thread that took it: an allocator whose heap two threads use at once makes both wait.
// Bounded: what is too much goes where it is let go of last. Thread: one shard.
class HandedOn {
 public:
  void keep(const Work& work);
  void let_go();                 // of all that nobody else has any more
  bool empty() const { return kept_.empty(); }

 private:
  struct Kept {
    std::shared_ptr<const Envelope> envelope;
    std::shared_ptr<const std::string> bytes;
  };
  void drop_first();

  std::deque<Kept> kept_;        // oldest first
  std::size_t bytes_ = 0;        // of their bodies
};

}  // namespace hanse
