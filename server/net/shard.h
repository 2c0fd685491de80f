// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "server/base/executor.h"
#include "server/base/log.h"
#include "server/base/metrics.h"

namespace hanse::net {

// One network thread with one io_context(1). Everything that belongs to a shard runs on its
// thread, so nothing in it is locked. post() is the only door from outside; its mailbox is
// bounded by limits::shard_mailbox_items_max for works of lanes, which ask before (see full).
class Shard final : public Executor, public Timers {
 public:
  Shard(unsigned index, const Clock& clock, Log& log, Metrics& metrics);
  ~Shard() override;                     // stops

  void start();                          // the thread runs until stop()
  void stop();                           // thread: any but the shard's own; joins
  unsigned index() const;

  void post(std::function<void()> work) override;       // always taken: replies, control
  bool full() const;                                    // the mailbox; any thread
  TimerKey at(Instant when, std::function<void()> work) override;
  void cancel(TimerKey key) override;

  struct Parts;                          // Asio's side; only server/net sees its definition
  Parts& parts();

 private:
  std::shared_ptr<Parts> parts_;   // others that have put something aside for it hold it too
};

}  // namespace hanse::net
