// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "server/base/random.h"
#include "store/store.h"
#include "tests/sim/auditor.h"
#include "tests/sim/timeline.h"

namespace hanse::sim {

// The store's writing thread as a machine on the virtual clock: gathers what is put, hands it to
// the real QueueStore, and posts the replies after the time a sync takes. What a crash leaves
// between the commit and the replies is one of the windows the simulator is for. Tells the
// auditor what has become durable at the moment it is.
class SimWriter final : public store::CommandSink {
 public:
  struct Events {
    std::function<void(std::shared_ptr<const StorePressure>)> pressure;
    std::function<void(const Error&)> broken;   // as a work of its own
    std::function<bool()> power_lost;           // then nobody is answered any more
  };
  struct Parts {
    SimExecutor& executor;
    const NodeClock& clock;
    store::QueueStore& store;
    Auditor& auditor;
    Random& random;
    int node;
    std::size_t mailbox_items_max;
    Duration sync_max;
    std::set<DeliveryId>& under_way;            // by the store's own record
  };

  SimWriter(Parts parts, Events events) : parts_(parts), events_(std::move(events)) {}

  bool put(store::Command command) override;
  void end();                                   // commits what waits; nothing is put any more
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Posted {
    Executor* home;
    std::function<void()> run;
  };

  void watch(store::Command& command);
  template <class Value, class Seen>
  void capture(Executor* home, std::function<void(Result<Value>)>& reply, Seen seen);
  void saw_accepted(const Acceptance& acceptance, const Result<Accepted>& accepted);
  void saw_claimed(const Result<Queue::Claimed>& claimed);
  void note_recorded(const std::vector<store::Command>& batch);
  void note_doubtful(const std::vector<store::Command>& batch);

  void work_soon(Duration wait);
  void work();                                  // one batch
  std::vector<store::Command> take_batch();
  Result<void> without_accepts(std::vector<store::Command>& batch, const Error& error);
  void run_replies();
  void refuse(store::Command& command, const Error& error);
  void post_replies();
  void tell_pressure();
  void tidy_later();
  void tidy();
  void broke(std::vector<store::Command> batch, const Error& error);

  Parts parts_;
  Events events_;
  std::deque<store::Command> waiting_;
  std::vector<store::Command> kept_;            // results that a full disk did not take
  std::vector<store::QueueStore::Reply> replies_;
  std::vector<Posted> posted_;
  Instant busy_until_{};
  std::optional<StorePressure> told_;
  bool due_ = false, tidy_due_ = false, broken_ = false;
};

}  // namespace hanse::sim
