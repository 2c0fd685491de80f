// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "server/console/node.h"

namespace hanse::console {

// Answers the paths of the metrics listener. Thread: the listener's.
class Health {
 public:
  explicit Health(Node& node) : node_(node) {}
  std::string answer(std::string_view path);   // a whole HTTP response

 private:
  std::string checks(bool well, const Readiness& readiness) const;
  void take_figures(const Readiness& readiness);
  void show_ages(const QueueTotals& totals);

  Node& node_;
  std::set<std::string> peers_shown_;
  bool was_ready_ = false;
};

}  // namespace hanse::console
