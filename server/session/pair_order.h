// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "protocols/engine.h"

namespace hanse {

// A question of an engine; a Submit with id 0 is a message that asks for no answer.
struct Question {
  AskId id = 0;
  Ask ask;
};

// Some messages leave a session when they are committed, others at once: those from one address to
// another go in the order in which the engine gave them all the same. Pure.
class PairOrder {
 public:
  static std::string pair_of(const Submission& submission);

  // False: it is kept, moved from, until those before it are committed.
  bool may_go(Question& question);
  // One that was asked for has its answer; those whose turn it is now have begun.
  std::vector<Question> answered(const std::string& pair);
  bool empty() const { return pairs_.empty(); }

 private:
  struct Pair {
    std::size_t open = 0;               // being committed
    std::deque<Question> waiting;
  };
  std::map<std::string, Pair> pairs_;   // bounded by the questions of the session and its window
};

}  // namespace hanse
