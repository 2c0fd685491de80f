// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <map>
#include <thread>

#include "server/base/limits.h"
#include "store/gather.h"
#include "store/inbox.h"
#include "store/store.h"

namespace hanse::store {

namespace {

constexpr Duration idle_after = std::chrono::seconds(1);
constexpr Duration sweep_every = std::chrono::seconds(10);
constexpr Duration sweep_more_every = std::chrono::milliseconds(50);
constexpr Duration full_disk_retry = std::chrono::seconds(1);

void refuse(const Command& command, const Error& error, std::vector<QueueStore::Reply>& replies) {
  const auto say = [&](const auto& to) {
    replies.push_back({command.home, [to, error] { to(error); }});
  };
  if (const auto* accept = std::get_if<AcceptCommand>(&command.what)) say(accept->committed);
  if (const auto* claim = std::get_if<ClaimCommand>(&command.what)) say(claim->reply);
  if (const auto* reportable = std::get_if<ReportableCommand>(&command.what)) {
    say(reportable->reply);
  }
  if (const auto* append = std::get_if<AppendCommand>(&command.what)) say(append->reply);
  if (const auto* fetch = std::get_if<FetchCommand>(&command.what)) say(fetch->reply);
  if (const auto* change = std::get_if<ChangeCommand>(&command.what)) say(change->reply);
}

bool is_accept(const Command& command) {
  return std::holds_alternative<AcceptCommand>(command.what);
}

// What nobody waits for an answer to, and what is kept until it can be written.
bool is_note(const Command& command) {
  return std::holds_alternative<SettleCommand>(command.what) ||
         std::holds_alternative<SettleReportsCommand>(command.what) ||
         std::holds_alternative<ExpireCommand>(command.what) ||
         std::holds_alternative<RouteCommand>(command.what);
}

}  // namespace

struct Writer::State {
  State(std::unique_ptr<QueueStore> its_store, const Clock& its_clock, Log& its_log,
        Metrics& metrics, Events its_events)
      : store(std::move(its_store)),
        clock(its_clock),
        log(its_log),
        events(std::move(its_events)),
        refused(metrics.counter("hanse_store_commands_refused_total",
                                "Commands that did not fit into the store's mailbox.")),
        inbox(limits::store_mailbox_items_max, clock) {}

  void run();
  bool turn();                                    // false: closed and empty, or broken
  void commit(std::vector<Command> batch);
  void keep_notes(std::vector<Command>& batch, const Error& error);
  void broke(std::vector<Command>& batch, const Error& error);
  void house_keeping(bool idle);
  void post_replies();
  void publish_pressure();

  std::unique_ptr<QueueStore> store;
  const Clock& clock;
  Log& log;
  Events events;
  Counter& refused;
  Inbox inbox;
  Gather gather;
  std::vector<Command> kept;                      // notes that a full disk did not take
  std::vector<QueueStore::Reply> replies;
  StorePressure published;
  Instant next_sweep{};
  bool broken = false;
  std::thread thread;
};

Writer::Writer(std::unique_ptr<QueueStore> store, const Clock& clock, Log& log, Metrics& metrics,
               Events events)
    : state_(std::make_unique<State>(std::move(store), clock, log, metrics, std::move(events))) {
  state_->publish_pressure();
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Writer::~Writer() { stop(); }

bool Writer::put(Command command) {
  if (state_->inbox.put(std::move(command))) return true;
  state_->refused.add();
  return false;
}

void Writer::stop() {
  state_->inbox.close();
  if (state_->thread.joinable()) state_->thread.join();
}

void Writer::State::run() {
  while (turn()) {}
  if (broken) return;
  if (Result<void> closed = store->close_cleanly(); !closed) {
    log.write(Level::error, "store.sync_failed", closed.error().what);
  }
}

bool Writer::State::turn() {
  const Inbox::Content content = inbox.content();
  if (content.file_work > 0) commit(inbox.take_file_work());
  const Duration idle = kept.empty() ? idle_after : full_disk_retry;
  const Gather::Plan plan = gather.plan(content, clock.now(), idle);
  if (plan.commit || content.closed) {
    commit(inbox.take(limits::commit_items_max));
    gather.committed(content.accepts, clock.now());
    house_keeping(false);
  } else {
    inbox.wait(plan.wanted, plan.most);
    if (content.empty() && inbox.content().empty()) {
      commit({});   // notes that were kept get another chance, and the disk a look
      house_keeping(true);
    }
  }
  return !broken && !(content.closed && content.empty());
}

void Writer::State::commit(std::vector<Command> batch) {
  batch.insert(batch.begin(), std::make_move_iterator(kept.begin()),
               std::make_move_iterator(kept.end()));
  kept.clear();
  Result<void> done = store->run(batch, replies);
  if (!done && done.error().fault != Fault::broken) {
    // A full disk: no new message, but what is here goes on and gives space back (D9).
    std::erase_if(batch, [&](const Command& command) {
      if (is_accept(command)) refuse(command, done.error(), replies);
      return is_accept(command);
    });
    done = store->run(batch, replies);
    if (!done && done.error().fault != Fault::broken) keep_notes(batch, done.error());
  }
  if (!done && done.error().fault == Fault::broken) broke(batch, done.error());
  post_replies();
  publish_pressure();
}

void Writer::State::keep_notes(std::vector<Command>& batch, const Error& error) {
  for (Command& command : batch) {
    if (is_note(command)) kept.push_back(std::move(command));
    else refuse(command, error, replies);
  }
  // Room in the log may be all that is missing.
  (void)store->checkpoint();
}

void Writer::State::broke(std::vector<Command>& batch, const Error& error) {
  broken = true;
  log.write(Level::error, "store.sync_failed", error.what);
  inbox.close();
  for (const Command& command : batch) refuse(command, error, replies);
  for (const Command& command : inbox.take_file_work()) refuse(command, error, replies);
  for (const Command& command : inbox.take(limits::store_mailbox_items_max)) {
    refuse(command, error, replies);
  }
  if (events.failed) events.failed(error);
}

void Writer::State::house_keeping(bool idle) {
  if (broken) return;
  const Instant now = clock.now();
  Result<void> done;
  if (store->log_bytes() > (idle ? 0 : limits::log_checkpoint_bytes)) done = store->checkpoint();
  if (done && now >= next_sweep) {
    Result<bool> more = store->sweep();
    if (!more) done = more.error();
    next_sweep = now + (more.value_or(false) ? sweep_more_every : sweep_every);
  }
  std::vector<Command> none;
  if (!done && done.error().fault == Fault::broken) {
    broke(none, done.error());
    post_replies();
  }
}

// One closure for each shard and commit, whatever the number of replies.
void Writer::State::post_replies() {
  std::map<Executor*, std::vector<std::function<void()>>> by_home;
  for (QueueStore::Reply& reply : replies) by_home[reply.home].push_back(std::move(reply.run));
  replies.clear();
  for (auto& [home, runs] : by_home) {
    home->post([held = std::move(runs)] {
      for (const auto& run : held) run();
    });
  }
}

void Writer::State::publish_pressure() {
  StorePressure pressure = store->pressure();
  if (pressure == published) return;   // the room changes once a second at most
  published = pressure;
  if (events.pressure) events.pressure(std::make_shared<const StorePressure>(std::move(pressure)));
}

}  // namespace hanse::store
