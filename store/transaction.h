// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "store/state.h"

namespace hanse::store {

// One batch of commands as one unit: written and synced together, or not at all.
class Transaction {
 public:
  using Replies = std::vector<QueueStore::Reply>;
  Transaction(QueueStore::State& state, Replies& replies) : state_(state), replies_(replies) {}

  Result<void> run(std::vector<Command>& batch);

 private:
  // Files first, then the rows that name them (D4). A body that cannot be written is refused by
  // itself and leaves the batch; the others go on.
  Result<void> stage(std::vector<Command>& batch);
  const Leg* leg_without_room(const Acceptance& acceptance);
  void write(const Command& command);

  void apply(const Command& command, const AcceptCommand& accept);
  void apply(const Command& command, const ClaimCommand& claim);
  void apply(const Command& command, const SettleCommand& settle);
  void apply(const Command& command, const ExpireCommand& expire);
  void apply(const Command& command, const ReportableCommand& reportable);
  void apply(const Command& command, const SettleReportsCommand& settle);
  void apply(const Command& command, const ChangeCommand& change);
  void apply(const Command& command, const RouteCommand& rules);
  void tell_of_moved();
  void apply(const Command& command, const AppendCommand& append);
  void apply(const Command& command, const DiscardBlobCommand& discard);
  void apply(const Command& command, const FetchCommand& fetch);

  template <class Value>
  void reply(const Command& command, const std::function<void(Result<Value>)>& to,
             Result<Value> with) {
    replies_.push_back({command.home, [to, held = std::move(with)] { to(held); }});
  }

  QueueStore::State& state_;
  Replies& replies_;
  std::vector<std::int64_t> files_;     // of the batch's accepts, in their order
  std::size_t next_file_ = 0;
  UtcTime now_{};
};

// Commands on body files need no transaction: they are done and answered at once.
bool is_file_work(const Command& command);
void run_file_work(BlobFolder& blobs, Command& command, Transaction::Replies& replies);

}  // namespace hanse::store
