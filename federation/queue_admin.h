// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an operator may see and change of the queue. Blocking calls for the console's own
// threads; never called from a shard.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "federation/message.h"
#include "federation/ports.h"
#include "server/base/result.h"

namespace hanse {

enum class LegState : std::uint8_t {
  ready, active, deferred, held, quarantine, delivered, failed, expired, discarded,
};
std::string_view leg_state_name(LegState state);

// The one selector language (operations section 4): "dest=c.example proto=smtp age>2h
// from=*@b.example to=user@c.example status=deferred id=01J9Z6..." - terms joined by "and".
struct Selector {
  std::optional<std::string> id;         // a queue id or its unique prefix
  std::optional<std::string> dest;       // lane or recipient domain, "*.example" allowed
  std::optional<std::string> protocol;
  std::optional<std::string> from, to;   // with "*" wildcards
  std::optional<LegState> status;
  std::optional<Duration> older_than, younger_than;
  std::optional<std::uint64_t> larger_than, smaller_than;
  bool empty() const;
};
Result<Selector> parse_selector(const std::vector<std::string>& terms);

struct QueueRow {
  std::string id;
  DeliveryId delivery = 0;
  Address from, to;
  std::string protocol, lane, route;
  LegState state = LegState::ready;
  std::uint64_t size = 0;
  unsigned attempts = 0;
  UtcTime accepted{}, expires{};
  std::optional<UtcTime> next_try;
  std::string last_status, last_reply, last_remote;
};
struct QueuePage {
  std::vector<QueueRow> rows;
  std::string next_cursor;               // empty: the last page
  std::uint64_t matching = 0;            // all rows of the selector
};

struct AttemptRow {
  unsigned number = 0;
  UtcTime started{}, ended{};
  Outcome outcome;
};
struct QueueStory {                      // `queue why`
  Envelope envelope;
  std::uint64_t size = 0;
  struct LegStory {
    QueueRow row;
    std::vector<AttemptRow> attempts;    // the last limits::attempts_kept_max
    std::string note;                    // "held by operator: reason"
  };
  std::vector<LegStory> legs;
};

struct ShapeRow {                        // `queue shape`: ages by powers of two, minutes
  std::string destination;               // "TOTAL" first
  std::vector<std::uint64_t> counts;     // total, <5, <10, <20 ... <1280, 1280+
};

struct QueueTotals {
  std::uint64_t messages = 0, bytes = 0, legs_waiting = 0, legs_active = 0, legs_deferred = 0,
                legs_held = 0, legs_quarantined = 0, retry_due = 0;
  std::optional<UtcTime> oldest;
  std::string oldest_lane;
  std::map<std::string, UtcTime> oldest_of_lanes;   // of all protocols
  std::uint64_t wal_bytes = 0, disk_free_bytes = 0;
  std::optional<UtcTime> last_checkpoint;
};

enum class QueueVerb : std::uint8_t { retry, hold, release, bounce, discard };
struct QueueChange {
  QueueVerb verb = QueueVerb::retry;
  Selector selector;
  std::string reason, who;
  bool dry_run = false;
};
struct QueueChanged {
  std::uint64_t legs = 0;                // changed, or would be
  std::uint64_t busy = 0;                // matched but under way just now: not changed
  std::vector<QueueRow> sample;          // at most 10
  std::vector<std::pair<std::string, std::string>> lanes;  // (protocol, lane) to wake
};

// Discarded mail stays in the trash for store.trash_keep: `release` with status=discarded brings it
// back. A quarantined one is released the same way.
class QueueAdmin {
 public:
  virtual ~QueueAdmin() = default;
  virtual Result<QueuePage> list(const Selector& selector, std::string_view cursor,
                                 std::size_t most) = 0;
  virtual Result<QueueStory> why(std::string_view id) = 0;
  virtual Result<std::vector<ShapeRow>> shape(std::size_t destinations_max) = 0;
  virtual Result<QueueTotals> totals() = 0;
  virtual Result<QueueChanged> change(const QueueChange& change) = 0;
};

}  // namespace hanse
