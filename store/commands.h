// SPDX-License-Identifier: Apache-2.0
#pragma once

// What shards and the console ask of the store's one writing thread.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "federation/ports.h"
#include "federation/queue_admin.h"
#include "server/base/executor.h"

namespace hanse::store {

struct AcceptCommand {
  Acceptance acceptance;
  std::function<void(Result<Accepted>)> committed;
};
struct ClaimCommand {
  std::string protocol, lane;
  std::size_t most = 0;
  UtcTime now{};
  std::function<void(Result<Queue::Claimed>)> reply;
  bool in_order = false;
};
struct SettleCommand { std::vector<Settlement> settlements; };
struct ExpireCommand {
  std::string protocol, lane;
  UtcTime now{}, accepted_before{};
  Outcome outcome;
};
struct ReportableCommand {
  UtcTime failed_before{};
  std::size_t most = 0;
  std::function<void(Result<std::vector<Reportable>>)> reply;
};
struct SettleReportsCommand { std::vector<DeliveryId> ids; };
struct AppendCommand {
  std::int64_t blob = 0;
  std::string bytes;
  std::function<void(Result<std::int64_t>)> reply;
};
struct DiscardBlobCommand { std::int64_t blob = 0; };
struct FetchCommand {
  std::int64_t blob = 0;
  std::uint64_t offset = 0;
  std::size_t most = 0;
  std::function<void(Result<std::string>)> reply;
};
struct ChangeCommand {
  QueueChange change;
  std::function<void(Result<QueueChanged>)> reply;
};

// Where a leg of that lane leads now; nothing: it is in its lane. Runs on the store's thread.
struct Way { std::string lane, route; };
using FindWay = std::function<std::optional<Way>(const std::string& lane, const Address& to)>;

// The rules in force from here on. Lanes that get what was in others are told, then and later.
struct RouteCommand {
  FindWay way;
  std::function<void(std::set<std::pair<std::string, std::string>>)> moved;   // protocol, lane
};

struct Command {
  Executor* home = nullptr;   // replies are posted here
  std::variant<AcceptCommand, ClaimCommand, SettleCommand, ExpireCommand, ReportableCommand,
               SettleReportsCommand, AppendCommand, DiscardBlobCommand, FetchCommand,
               ChangeCommand, RouteCommand>
      what;
};

// Results fit always: lanes hold no more works than they may, and one that got lost here would
// leave a leg under way that nobody has. So do the rules: they come once.
inline bool fits_always(const Command& command) {
  return std::holds_alternative<SettleCommand>(command.what) ||
         std::holds_alternative<RouteCommand>(command.what);
}

// Where commands go: the writer's mailbox, or the simulator. False: full, nothing was taken.
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  virtual bool put(Command command) = 0;
};

}  // namespace hanse::store
