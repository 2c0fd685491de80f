// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "protocols/engine.h"
#include "protocols/xmpp/limits.h"

namespace hanse::xmpp {

// How fast one stream is read (xmpp 9.3): a bucket of octets that fills at a steady rate. When it
// is empty the stream is not read from until it holds something again; what had already come is
// taken all the same, and nothing is dropped. The pause is a question that holds up the input,
// answered by a bell that is rung when the engine's timer says so. Pure. Owned by an engine.
class ReadPace {
 public:
  explicit ReadPace(TimerId timer) : timer_(timer) {}   // the engine's, and this one's alone

  void set_rate(std::int64_t bytes_per_second) { rate_ = bytes_per_second; }   // 0: any
  void read(std::size_t bytes, Instant now, Outbox& out);
  void rang(Instant now, Outbox& out);
  void stop() { bell_.reset(); }                        // nobody waits any more
  bool answered(AskId id);                              // false: it was not this one's question

 private:
  Instant read_again_at() const;

  const TimerId timer_;
  std::int64_t rate_ = 0;
  Instant full_at_{};                   // when the bucket would be full again
  std::shared_ptr<Bell> bell_;          // while the stream is not read from
  AskId asked_ = 0;
};

}  // namespace hanse::xmpp
