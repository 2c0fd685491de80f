// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/base/limits.h"

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;
using store::Command;

constexpr Duration gather_max = 12ms;
constexpr Duration full_disk_pause = 1s;
constexpr int end_turns_max = 8;
constexpr std::uint64_t tidy_wait_max_ms = 20'000;

}  // namespace

bool SimWriter::put(Command command) {
  const bool full = waiting_.size() >= parts_.mailbox_items_max;
  if (broken_ || (full && !store::fits_always(command))) return false;
  watch(command);
  waiting_.push_back(std::move(command));
  work_soon(Duration(parts_.random.below(gather_max.count())));
  return true;
}

void SimWriter::end() {
  for (int turn = 0; turn < end_turns_max && !broken_; ++turn)
    if (!waiting_.empty() || !kept_.empty()) work();
  broken_ = true;
}

// ---- what becomes durable ----

// The store answers through these at the moment of the commit; the asker hears it later.
template <class Value, class Seen>
void SimWriter::capture(Executor* home, std::function<void(Result<Value>)>& reply, Seen seen) {
  reply = [this, home, seen, reply = std::move(reply)](Result<Value> result) {
    seen(result);
    posted_.push_back({home, [reply, result = std::move(result)] { reply(result); }});
  };
}

void SimWriter::watch(Command& command) {
  Executor* home = command.home;
  if (auto* accept = std::get_if<store::AcceptCommand>(&command.what)) {
    Acceptance seen{accept->acceptance.envelope, {}, accept->acceptance.legs, {}};
    capture(home, accept->committed, [this, seen](const Result<Accepted>& accepted) {
      saw_accepted(seen, accepted);
    });
  } else if (auto* claim = std::get_if<store::ClaimCommand>(&command.what)) {
    capture(home, claim->reply,
            [this](const Result<Queue::Claimed>& claimed) { saw_claimed(claimed); });
  } else if (auto* reports = std::get_if<store::ReportableCommand>(&command.what)) {
    capture(home, reports->reply, [](const auto&) {});
  } else if (auto* append = std::get_if<store::AppendCommand>(&command.what)) {
    capture(home, append->reply, [](const auto&) {});
  } else if (auto* fetch = std::get_if<store::FetchCommand>(&command.what)) {
    capture(home, fetch->reply, [](const auto&) {});
  } else if (auto* change = std::get_if<store::ChangeCommand>(&command.what)) {
    capture(home, change->reply, [](const auto&) {});
  }
}

void SimWriter::saw_accepted(const Acceptance& acceptance, const Result<Accepted>& accepted) {
  if (!accepted) return;
  parts_.auditor.committed(parts_.node, *acceptance.envelope);
  parts_.auditor.check(accepted->ids.size() == acceptance.legs.size(),
                       "a commit lost some of the legs");
  for (std::size_t at = 0; at < accepted->ids.size() && at < acceptance.legs.size(); ++at) {
    parts_.under_way.insert(accepted->ids[at]);
    parts_.auditor.leg(parts_.node, accepted->ids[at], *acceptance.envelope,
                       acceptance.legs[at].to, false);
  }
}

void SimWriter::saw_claimed(const Result<Queue::Claimed>& claimed) {
  if (!claimed) return;
  for (const Work& work : claimed->work) {
    for (const Target& target : work.targets) {
      parts_.under_way.insert(target.id);
      parts_.auditor.leg(parts_.node, target.id, *work.envelope, target.to, true);
    }
  }
}

void SimWriter::note_recorded(const std::vector<Command>& batch) {
  for (const Command& command : batch) {
    if (std::holds_alternative<store::ExpireCommand>(command.what))
      parts_.auditor.expired(parts_.node);
    const auto* settle = std::get_if<store::SettleCommand>(&command.what);
    if (settle == nullptr) continue;
    for (const Settlement& each : settle->settlements) {
      parts_.under_way.erase(each.id);
      parts_.auditor.recorded(parts_.node, each.id, each.outcome.disposition);
    }
  }
}

// A batch that broke the store may be on the disk or not: the next start will show.
void SimWriter::note_doubtful(const std::vector<Command>& batch) {
  for (const Command& command : batch) {
    if (std::holds_alternative<store::ExpireCommand>(command.what))
      parts_.auditor.expired(parts_.node);
    if (const auto* accept = std::get_if<store::AcceptCommand>(&command.what))
      parts_.auditor.doubtful(parts_.node, *accept->acceptance.envelope);
    if (const auto* settle = std::get_if<store::SettleCommand>(&command.what))
      for (const Settlement& each : settle->settlements)
        parts_.auditor.doubtful_result(parts_.node, each.id, each.outcome.disposition);
  }
}

// ---- batches ----

void SimWriter::work_soon(Duration wait) {
  if (broken_ || std::exchange(due_, true)) return;
  const Duration busy = std::max(Duration(0), busy_until_ - parts_.clock.now());
  parts_.executor.after(std::max(wait, busy), [this] {
    due_ = false;
    work();
    if (!waiting_.empty()) work_soon(Duration(0));
    else if (!kept_.empty() || (told_ && told_->disk_low)) work_soon(full_disk_pause);
    tidy_later();
  });
}

std::vector<Command> SimWriter::take_batch() {
  const std::size_t most = std::min<std::size_t>(waiting_.size(), limits::commit_items_max);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(most);
  std::vector<Command> batch = std::exchange(kept_, {});
  batch.insert(batch.end(), std::make_move_iterator(waiting_.begin()),
               std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return batch;
}

// As the real writer does it.
void SimWriter::work() {
  std::vector<Command> batch = take_batch();
  Result<void> done = parts_.store.run(batch, replies_);
  run_replies();
  if (!done && done.error().fault != Fault::broken) done = without_accepts(batch, done.error());
  if (done) {
    note_recorded(batch);
  } else if (done.error().fault == Fault::broken) {
    return broke(std::move(batch), done.error());
  }
  post_replies();
  tell_pressure();
}

// A full disk: no new message, but what is here goes on; results wait until there is room (D9).
Result<void> SimWriter::without_accepts(std::vector<Command>& batch, const Error& error) {
  std::erase_if(batch, [&](Command& command) {
    const bool accept = std::holds_alternative<store::AcceptCommand>(command.what);
    if (accept) refuse(command, error);
    return accept;
  });
  Result<void> done = parts_.store.run(batch, replies_);
  run_replies();
  if (done || done.error().fault == Fault::broken) return done;
  for (Command& command : batch) {
    const bool note = std::holds_alternative<store::SettleCommand>(command.what) ||
                      std::holds_alternative<store::SettleReportsCommand>(command.what) ||
                      std::holds_alternative<store::ExpireCommand>(command.what) ||
                      std::holds_alternative<store::RouteCommand>(command.what);
    if (note) kept_.push_back(std::move(command));
    else refuse(command, error);
  }
  return parts_.store.checkpoint();
}

void SimWriter::run_replies() {
  for (const store::QueueStore::Reply& reply : replies_) reply.run();
  replies_.clear();
}

void SimWriter::refuse(Command& command, const Error& error) {
  if (auto* accept = std::get_if<store::AcceptCommand>(&command.what)) accept->committed(error);
  if (auto* claim = std::get_if<store::ClaimCommand>(&command.what)) claim->reply(error);
  if (auto* reports = std::get_if<store::ReportableCommand>(&command.what)) reports->reply(error);
  if (auto* append = std::get_if<store::AppendCommand>(&command.what)) append->reply(error);
  if (auto* fetch = std::get_if<store::FetchCommand>(&command.what)) fetch->reply(error);
  if (auto* change = std::get_if<store::ChangeCommand>(&command.what)) change->reply(error);
}

// What was asked while the sync ran waits for the next batch.
void SimWriter::post_replies() {
  const Duration sync(parts_.random.below(static_cast<std::uint64_t>(parts_.sync_max.count()) + 1));
  busy_until_ = parts_.clock.now() + sync;
  for (Posted& each : std::exchange(posted_, {})) {
    parts_.executor.after(sync, [home = each.home, run = std::move(each.run)] { home->post(run); });
  }
}

void SimWriter::tell_pressure() {
  StorePressure now = parts_.store.pressure();
  if (told_ && *told_ == now) return;
  told_ = now;
  events_.pressure(std::make_shared<const StorePressure>(std::move(now)));
}

// Checkpoint and sweep come when it is quiet, or any time: a crash may meet them.
void SimWriter::tidy_later() {
  if (broken_ || std::exchange(tidy_due_, true)) return;
  parts_.executor.after(std::chrono::milliseconds(parts_.random.below(tidy_wait_max_ms)), [this] {
    tidy_due_ = false;
    tidy();
  });
}

void SimWriter::tidy() {
  if (broken_) return;
  Result<void> done = parts_.store.checkpoint();
  if (done && parts_.random.below(4) == 0) {
    const Result<bool> swept = parts_.store.sweep();
    if (!swept) done = swept.error();
  }
  if (!done && done.error().fault == Fault::broken) return broke({}, done.error());
  tell_pressure();
}

// D5: nothing more is written, nobody hears yes; the node must end.
void SimWriter::broke(std::vector<Command> batch, const Error& error) {
  broken_ = true;
  note_doubtful(batch);
  if (events_.power_lost()) {
    posted_.clear();
  } else {
    for (Command& command : batch) refuse(command, error);
    for (Command& command : waiting_) refuse(command, error);
    waiting_.clear();
    post_replies();
  }
  parts_.executor.post([this, error] { events_.broken(error); });
}

}  // namespace hanse::sim
