// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "server/config/config.h"
#include "server/console/node_view.h"

namespace hanse::console {

// The queue for several console threads: one call at a time, a whole answer per call.
class LockedQueue final : public QueueAdmin {
 public:
  explicit LockedQueue(QueueAdmin& queue) : queue_(queue) {}
  Result<QueuePage> list(const Selector& selector, std::string_view cursor,
                         std::size_t most) override {
    std::lock_guard lock(mutex_);
    return queue_.list(selector, cursor, most);
  }
  Result<QueueStory> why(std::string_view id) override {
    std::lock_guard lock(mutex_);
    return queue_.why(id);
  }
  Result<std::vector<ShapeRow>> shape(std::size_t destinations_max) override {
    std::lock_guard lock(mutex_);
    return queue_.shape(destinations_max);
  }
  Result<QueueTotals> totals() override {
    std::lock_guard lock(mutex_);
    return queue_.totals();
  }
  Result<QueueChanged> change(const QueueChange& change) override {
    std::lock_guard lock(mutex_);
    return queue_.change(change);
  }

 private:
  std::mutex mutex_;
  QueueAdmin& queue_;
};

// What a command works on. One for the process, shared by the control and the metrics server.
struct Node {
  Node(NodeView& node_view, const config::Schema& node_schema, const Clock& node_clock)
      : view(node_view), queue(node_view.queue()), schema(node_schema), clock(node_clock) {}

  NodeView& view;
  LockedQueue queue;
  const config::Schema& schema;
  const Clock& clock;
};

}  // namespace hanse::console
