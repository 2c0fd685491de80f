// SPDX-License-Identifier: Apache-2.0
#include "store/transaction.h"

#include <algorithm>

#include "store/schema.h"

namespace hanse::store {

Result<void> Transaction::run(std::vector<Command>& batch) {
  now_ = state_.clock.utc();
  if (Result<void> staged = stage(batch); !staged) {
    state_.bodies.rolled_back();
    state_.failed(staged.error());
    return staged;
  }
  const std::size_t answered = replies_.size();
  state_.start();
  for (const Command& command : batch) write(command);
  tell_of_moved();
  Result<void> committed = state_.finish();
  if (!committed) replies_.resize(answered);
  return committed;
}

Result<void> Transaction::stage(std::vector<Command>& batch) {
  std::erase_if(batch, [this](const Command& command) {
    const auto* accept = std::get_if<AcceptCommand>(&command.what);
    if (accept == nullptr) return false;
    const std::size_t legs = accept->acceptance.legs.size();
    Result<std::int64_t> file = Error{Fault::broken, "a message needs 1 to 1024 recipients"};
    if (const Leg* const full = leg_without_room(accept->acceptance))
      file = Error{Fault::overloaded, "the queue for " + full->lane + " is full"};
    else if (legs > 0 && legs <= legs_per_message)
      file = state_.bodies.stage(accept->acceptance.body);
    if (file) files_.push_back(*file);
    else reply(command, accept->committed, Result<Accepted>(file.error()));
    return !file;
  });
  return state_.bodies.sync_staged();
}

// Many may have been told that there is room before the first of them came (operations section 2):
// the bound is looked at again here, and passed by one message at most. Reports are few, and must
// not be lost.
const Leg* Transaction::leg_without_room(const Acceptance& acceptance) {
  if (acceptance.envelope->is_report) return nullptr;
  const std::vector<Leg>& legs = acceptance.legs;
  for (const Leg& leg : legs)
    if (state_.ledger.at_bound(leg.protocol, leg.lane)) return &leg;
  for (const Leg& leg : legs)
    state_.ledger.reserve(leg.protocol, leg.lane, acceptance.body.size / legs.size());
  return nullptr;
}

void Transaction::write(const Command& command) {
  std::visit([this, &command](const auto& what) { apply(command, what); }, command.what);
}

void Transaction::apply(const Command& command, const AcceptCommand& accept) {
  Accepted accepted = state_.intake.accept(accept.acceptance, files_[next_file_++], now_);
  state_.settling.end_reports(accept.acceptance.reports);
  reply(command, accept.committed, Result<Accepted>(std::move(accepted)));
}

void Transaction::apply(const Command& command, const ClaimCommand& claim) {
  reply(command, claim.reply,
        Result<Queue::Claimed>(
            state_.claims.claim(claim.protocol, claim.lane, claim.most, claim.now,
                                claim.in_order)));
}

void Transaction::apply(const Command&, const SettleCommand& settle) {
  for (const Settlement& settlement : settle.settlements) state_.settling.settle(settlement);
}

void Transaction::apply(const Command&, const ExpireCommand& expire) {
  state_.settling.expire(expire.protocol, expire.lane, expire.now, expire.accepted_before,
                         expire.outcome);
}

void Transaction::apply(const Command& command, const ReportableCommand& reportable) {
  reply(command, reportable.reply,
        Result<std::vector<Reportable>>(
            state_.reports.due(reportable.failed_before, reportable.most)));
}

void Transaction::apply(const Command&, const SettleReportsCommand& settle) {
  state_.settling.end_reports(settle.ids);
}

void Transaction::apply(const Command& command, const ChangeCommand& change) {
  reply(command, change.reply, Result<QueueChanged>(state_.changes.apply(change.change, now_)));
}

void Transaction::apply(const Command& command, const RouteCommand& rules) {
  state_.rerouting.follow(rules, command.home);
}

void Transaction::tell_of_moved() {
  Rerouting::Lanes lanes = state_.rerouting.take_moved();
  if (lanes.empty() || !state_.rerouting.told()) return;
  replies_.push_back({state_.rerouting.home(), [to = state_.rerouting.told(),
                                                held = std::move(lanes)] { to(held); }});
}

// File work is taken out of a batch before it comes here.
void Transaction::apply(const Command&, const AppendCommand&) {}
void Transaction::apply(const Command&, const DiscardBlobCommand&) {}
void Transaction::apply(const Command&, const FetchCommand&) {}

bool is_file_work(const Command& command) {
  return std::holds_alternative<AppendCommand>(command.what) ||
         std::holds_alternative<DiscardBlobCommand>(command.what) ||
         std::holds_alternative<FetchCommand>(command.what);
}

void run_file_work(BlobFolder& blobs, Command& command, Transaction::Replies& replies) {
  if (auto* append = std::get_if<AppendCommand>(&command.what)) {
    replies.push_back({command.home, [to = std::move(append->reply),
                                      with = blobs.append(append->blob, append->bytes)] {
                         to(with);
                       }});
  } else if (auto* discard = std::get_if<DiscardBlobCommand>(&command.what)) {
    blobs.discard(discard->blob);
  } else if (auto* fetch = std::get_if<FetchCommand>(&command.what)) {
    replies.push_back({command.home, [to = std::move(fetch->reply),
                                      with = blobs.fetch(fetch->blob, fetch->offset,
                                                         fetch->most)] {
                         to(with);
                       }});
  }
}

}  // namespace hanse::store
