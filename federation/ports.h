// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the core needs from the outside: the durable queue, bodies, names, links. The store, the
// network and the simulator implement these. Every reply runs on the asker's own shard, never
// from inside the call itself, exactly once.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "federation/dns.h"
#include "federation/message.h"
#include "server/base/result.h"
#include "server/base/time.h"

namespace hanse {

// One recipient of one message; unique for the life of a store. Below 0: the store does not know
// it, and the number is its lane's own. 0: not numbered yet.
using DeliveryId = std::int64_t;
class Asker;

// One recipient's way: which lane (protocol + peer) carries it, and why.
struct Leg {
  Address to;
  std::string protocol;
  std::string lane;    // next hop: domain, "[192.0.2.1]:25", "127.0.0.1:2600", "unix:/path"
  std::string route;   // the rule that chose it, for people: "route.0", "discover"
};

enum class Disposition : std::uint8_t { delivered, deferred, failed, returned };

// How one attempt for one recipient ended.
struct Outcome {
  Disposition disposition = Disposition::deferred;
  Fault fault = Fault::try_later;
  std::string status;   // enhanced status code, "2.0.0"
  std::string reply;    // the remote's reply text, or our own reason; escaped by whoever shows it
  std::string remote;   // "mx1.b.example [192.0.2.7]:25"
  std::string tls;
  bool ambiguous = false;  // the end was sent and its answer never seen (smtp M-11)
};

struct Target {
  DeliveryId id = 0;
  Address to;
  unsigned attempt = 1;      // 1 = the first
};

// A unit of delivery: one message, those of its recipients that go over one lane.
struct Work {
  std::shared_ptr<const Envelope> envelope;
  Body body;
  std::vector<Target> targets;
  std::shared_ptr<Asker> asker = nullptr;   // hears how a conveyed one ended (asker.h)
  std::shared_ptr<const void> hold = nullptr;   // its feeder counts on the last hand to let go
  DeliveryId after = 0;   // not stored: the store has what goes before it, up to this
};

struct Acceptance {
  std::shared_ptr<const Envelope> envelope;
  Body body;                          // bytes, or a finished blob
  std::vector<Leg> legs;
  std::vector<DeliveryId> reports;    // legs this message reports on; marked in the same commit
};
struct Accepted {
  std::vector<DeliveryId> ids;        // in the order of Acceptance::legs
};

// deferred: try again at retry_at. returned: not tried; due again at retry_at, attempt not counted.
// failed: final; report says whether the sender must be told.
struct Settlement {
  DeliveryId id = 0;
  Outcome outcome;
  UtcTime retry_at{};
  UtcTime started{}, ended{};
  bool report = true;
};

// Recipients that failed and of which the sender has not been told yet.
struct Reportable {
  std::shared_ptr<const Envelope> envelope;
  Body body;
  struct Failure {
    DeliveryId id;
    Address to;
    Outcome outcome;
    UtcTime last_attempt;
  };
  std::vector<Failure> failures;
};

struct LaneBacklog {
  std::string protocol, lane;
  std::uint64_t waiting = 0;        // legs that nobody holds in memory
  std::optional<UtcTime> due;       // the earliest
  bool fresh = false;               // some were never tried, or were interrupted by the crash
};

// The durable queue. Thread: the asking shard.
class Queue {
 public:
  virtual ~Queue() = default;

  // Commits message, recipients and trace, then answers (D1). The legs are recorded as attempt 1
  // under way and belong to the caller, who must settle each of them.
  virtual void accept(Acceptance acceptance, std::function<void(Result<Accepted>)> committed) = 0;

  // Up to `most` legs of a lane that are due at `now`, those due first and those due last in turn,
  // gathered by message; recorded as under way (attempt + 1) before the answer. An empty answer
  // carries in `next` the time at which the next leg is due, if there is one. `in_order`: oldest
  // due first, and what may not leave yet (D7) holds up all that stands behind it.
  struct Claimed {
    std::vector<Work> work;
    std::optional<UtcTime> next;
    std::uint64_t waiting = 0;   // legs left in the store for this lane, due or not
  };
  virtual void claim(std::string_view protocol, std::string_view lane, std::size_t most,
                     UtcTime now, bool in_order,
                     std::function<void(Result<Claimed>)> reply) = 0;

  // Results ride with the next commits. Never fails towards the caller: a store that cannot
  // write any more stops the node (D5).
  virtual void settle(std::vector<Settlement> settlements) = 0;

  // Fails every waiting leg of the lane that is over its lifetime at `now` and was accepted
  // before `accepted_before`: the lane itself was tried at least twice since (D8).
  virtual void expire(std::string_view protocol, std::string_view lane, UtcTime now,
                      UtcTime accepted_before, Outcome outcome) = 0;

  // Messages with unreported failures, the oldest failure at least as old as `failed_before` or
  // all recipients final; at most `most`. They stay reportable until an accept() names them or
  // settle_reports() ends them.
  virtual void reportable(UtcTime failed_before, std::size_t most,
                          std::function<void(Result<std::vector<Reportable>>)> reply) = 0;
  virtual void settle_reports(std::vector<DeliveryId> ids) = 0;  // ended without a report
};

// Bodies too large for memory. Thread: the asking shard.
class Blobs {
 public:
  virtual ~Blobs() = default;
  // blob 0 starts a new one; answers its handle. The bytes are durable only by accept().
  virtual void append(std::int64_t blob, std::string bytes,
                      std::function<void(Result<std::int64_t>)> reply) = 0;
  virtual void discard(std::int64_t blob) = 0;  // an unfinished one
  virtual void fetch(std::int64_t blob, std::uint64_t offset, std::size_t most,
                     std::function<void(Result<std::string>)> reply) = 0;
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual void lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) = 0;
};

}  // namespace hanse
