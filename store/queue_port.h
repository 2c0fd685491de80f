// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/commands.h"

namespace hanse::store {

// One shard's door to the store: turns the core's calls into commands whose replies come back to
// `home`. A full sink is answered as Fault::overloaded; settlements fit always. Thread: the shard
// of `home`.
class QueuePort final : public Queue, public Blobs {
 public:
  QueuePort(CommandSink& sink, Executor& home) : sink_(sink), home_(home) {}

  void accept(Acceptance acceptance, std::function<void(Result<Accepted>)> committed) override;
  void claim(std::string_view protocol, std::string_view lane, std::size_t most, UtcTime now,
             bool in_order, std::function<void(Result<Claimed>)> reply) override;
  void settle(std::vector<Settlement> settlements) override;
  void expire(std::string_view protocol, std::string_view lane, UtcTime now,
              UtcTime accepted_before, Outcome outcome) override;
  void reportable(UtcTime failed_before, std::size_t most,
                  std::function<void(Result<std::vector<Reportable>>)> reply) override;
  void settle_reports(std::vector<DeliveryId> ids) override;

  void append(std::int64_t blob, std::string bytes,
              std::function<void(Result<std::int64_t>)> reply) override;
  void discard(std::int64_t blob) override;
  void fetch(std::int64_t blob, std::uint64_t offset, std::size_t most,
             std::function<void(Result<std::string>)> reply) override;

 private:
  template <class Value>
  void put_or_refuse(Command command, const std::function<void(Result<Value>)>& reply);

  CommandSink& sink_;
  Executor& home_;
};

}  // namespace hanse::store
