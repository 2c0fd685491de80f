// SPDX-License-Identifier: Apache-2.0
#include "server/session/pair_order.h"

#include <utility>

namespace hanse {

std::string PairOrder::pair_of(const Submission& submission) {
  const Envelope& envelope = submission.envelope;
  std::string out = to_text(envelope.from) + " ";
  if (!envelope.to.empty()) out += to_text(envelope.to.front());
  return out;
}

bool PairOrder::may_go(Question& question) {
  const bool asks = question.id != 0;
  if (!asks && pairs_.empty()) return true;
  std::string name = pair_of(std::get<Submit>(question.ask).submission);
  if (!asks && !pairs_.contains(name)) return true;
  Pair& pair = pairs_[std::move(name)];
  if (!pair.waiting.empty() || !asks) {
    pair.waiting.push_back(std::move(question));
    return false;
  }
  ++pair.open;
  return true;
}

std::vector<Question> PairOrder::answered(const std::string& name) {
  std::vector<Question> out;
  const auto found = pairs_.find(name);
  if (found == pairs_.end()) return out;
  Pair& pair = found->second;
  --pair.open;
  while (!pair.waiting.empty()) {
    const bool asks = pair.waiting.front().id != 0;
    if (!asks && pair.open > 0) break;
    if (asks) ++pair.open;
    out.push_back(std::move(pair.waiting.front()));
    pair.waiting.pop_front();
  }
  if (pair.open == 0) pairs_.erase(found);
  return out;
}

}  // namespace hanse
