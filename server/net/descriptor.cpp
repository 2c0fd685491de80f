// SPDX-License-Identifier: Apache-2.0
#include "server/net/descriptor.h"

#include <unistd.h>

#include "server/net/asio_seam.h"

namespace hanse::net {

struct Descriptor::Watched {
  Watched(Shard& shard, int native) : stream(shard.parts().context, native) {}

  void wait(asio::posix::stream_descriptor::wait_type what, std::function<void()> ready) {
    stream.async_wait(what, [ready = std::move(ready)](const std::error_code& cancelled) {
      if (!cancelled) ready();
    });
  }

  asio::posix::stream_descriptor stream;
};

Descriptor::Descriptor() noexcept = default;
Descriptor::Descriptor(Shard& shard, int native) : native_(native) {
  try {
    watched_ = std::make_unique<Watched>(shard, native);
  } catch (...) {
    ::close(native);
    throw;
  }
}
Descriptor::Descriptor(Descriptor&&) noexcept = default;
Descriptor& Descriptor::operator=(Descriptor&&) noexcept = default;
Descriptor::~Descriptor() = default;

void Descriptor::when_readable(std::function<void()> ready) {
  watched_->wait(asio::posix::stream_descriptor::wait_read, std::move(ready));
}

void Descriptor::when_writable(std::function<void()> ready) {
  watched_->wait(asio::posix::stream_descriptor::wait_write, std::move(ready));
}

void Descriptor::close() {
  watched_.reset();
  native_ = -1;
}

void Descriptor::release() {
  if (watched_) watched_->stream.release();
  close();
}

}  // namespace hanse::net
