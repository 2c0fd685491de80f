// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

#include "server/base/executor.h"

namespace hanse {

// How much a session has handed on from memory that has not gone yet: neither delivered nor stored.
// Over its bound the session reads no more of its peer, which is how a slow lane pushes back.
// Thread: the session's; what hold() gives may be let go of on any.
class FeedWindow : public std::enable_shared_from_this<FeedWindow> {
 public:
  // `room` runs at home, some time after there is room again.
  FeedWindow(std::shared_ptr<ShardDoor> home, std::function<void()> room)
      : home_(std::move(home)), room_(std::move(room)) {}

  std::shared_ptr<const void> hold(std::size_t body_bytes);
  bool full() const;

 private:
  void let_go(std::size_t bytes);

  const std::shared_ptr<ShardDoor> home_;
  const std::function<void()> room_;
  std::atomic<std::size_t> open_bytes_{0};
};

}  // namespace hanse
