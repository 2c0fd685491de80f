// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "server/net/shard.h"

namespace hanse::net {

// A descriptor whose readiness a shard waits for. Owns and closes it. At most one wait per
// direction; a wait that is under way when the descriptor is closed is dropped, but one that has
// already come true may still run: the callback must know for itself whether it is wanted.
// Thread: its shard.
class Descriptor {
 public:
  Descriptor() noexcept;
  Descriptor(Shard& shard, int native);   // throws (and closes it) when it cannot be watched
  Descriptor(Descriptor&&) noexcept;
  Descriptor& operator=(Descriptor&&) noexcept;
  ~Descriptor();

  void when_readable(std::function<void()> ready);
  void when_writable(std::function<void()> ready);
  bool is_open() const { return watched_ != nullptr; }
  int native() const { return native_; }
  void close();
  void release();                         // stops watching, leaves it open: it is somebody else's

 private:
  struct Watched;
  std::unique_ptr<Watched> watched_;
  int native_ = -1;
};

}  // namespace hanse::net
