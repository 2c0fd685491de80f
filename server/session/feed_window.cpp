// SPDX-License-Identifier: Apache-2.0
#include "server/session/feed_window.h"

#include <utility>

#include "server/base/limits.h"

namespace hanse {

std::shared_ptr<const void> FeedWindow::hold(std::size_t body_bytes) {
  struct Hold {
    Hold(std::shared_ptr<FeedWindow> owner, std::size_t size)
        : window(std::move(owner)), bytes(size) {}
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() { window->let_go(bytes); }
    std::shared_ptr<FeedWindow> window;
    std::size_t bytes;
  };
  const std::size_t bytes = body_bytes + limits::feed_message_bytes;
  open_bytes_.fetch_add(bytes);
  return std::make_shared<const Hold>(shared_from_this(), bytes);
}

bool FeedWindow::full() const { return open_bytes_.load() >= limits::feed_bytes_max; }

// Whoever found it full will see the one that crosses the low mark: it lies below.
void FeedWindow::let_go(std::size_t bytes) {
  const std::size_t before = open_bytes_.fetch_sub(bytes);
  if (before <= limits::feed_bytes_low || before - bytes > limits::feed_bytes_low) return;
  if (Executor* const executor = home_->executor.load()) executor->post(room_);
}

}  // namespace hanse
