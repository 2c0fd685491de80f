// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "federation/body_budget.h"
#include "federation/lane_name.h"
#include "federation/link.h"
#include "federation/ports.h"
#include "federation/routes.h"
#include "federation/steady_wall.h"
#include "server/base/executor.h"
#include "server/base/limits.h"
#include "server/base/log.h"
#include "server/base/metrics.h"
#include "server/base/random.h"

namespace hanse {

// What the core must know of a protocol in order to keep lanes of it. Made once per configuration.
struct LaneTraits {
  std::string protocol;
  // What TlsLevel::may stands for: protocols that never speak in clear by chance say encrypt.
  TlsLevel may_means = TlsLevel::may;
  // The addresses of one host are dialled in a race. A further host joins it after so long; 0: only
  // when the one before has failed.
  Duration host_patience{0};
  NameLane lane_name;                   // e.g. a lane for each pair of domains (lane_name.h)
  // Works go in the order of their acceptance over one link: one that could not leave holds up
  // all that came after it, and the lane's breaker alone says when to try again.
  bool ordered = false;
  // Lanes that are kept up though nothing waits for them. A link counts as one that works once it
  // has stood for a while; one that breaks sooner is a failed attempt.
  std::set<std::string, std::less<>> standing;
  // Lanes that are not kept up and may be opened when an operator wishes it. One attempt is made;
  // what comes of it stays until it ends, and nobody dials anew by himself.
  std::set<std::string, std::less<>> on_wish;
  std::vector<Duration> breaker_waits;  // instead of doubling from first to last; the last repeats
  // Between two tries the DNS is asked now and then, and what has moved is tried at once.
  bool looks_again = false;
  Duration refused_least{0};            // the least wait when every endpoint said Fault::refused
  std::size_t memory_items_max = limits::lane_memory_items_max;
  std::size_t link_window = 1;          // works under way on one link
  std::size_t links_first = 2;          // window of a new lane, in links x link_window
  std::size_t links_max = 20;
  std::size_t works_per_link_max = 1000;
  Duration link_age_max = std::chrono::minutes(10);
  Duration idle_keep = std::chrono::seconds(30);
  std::size_t endpoints_tried_max = 5;  // per attempt (smtp M-9)
  std::size_t sessions_tried_max = 2;   // of these, that had answered (M-9)
  std::vector<Duration> retry;          // after try 1, 2, ...; the last repeats
  std::vector<Duration> retry_slow;     // instead, for slow peers (smtp Q-5); empty: no difference
  bool slow = false;                    // made for such peers, see slowed()
  unsigned retry_jitter_percent = 10;
  Duration lifetime = std::chrono::hours(120);
  Duration report_lifetime = std::chrono::hours(48);   // bounces
  // The circuit breaker of a lane (operations section 2).
  unsigned breaker_failures = 5;
  Duration breaker_first = std::chrono::minutes(1);
  Duration breaker_last = std::chrono::hours(4);
  unsigned breaker_jitter_percent = 20;
  Duration startup_spread = std::chrono::minutes(5);   // smtp Q-6
  std::function<std::unique_ptr<Discovery>(const std::string& lane, Random& random)> discover;
  // Hears why an attempt reached nobody: no engine was made that would know. Shard: the lane's.
  std::function<void(const std::string& lane, const std::string& why)> unreachable;
};

struct LaneStatus {
  std::string protocol, lane;
  std::string phase;   // idle discovering dialling up backoff breaker_open waiting held draining
  std::string endpoint, story;          // where it goes, how it was found
  std::size_t links = 0, in_flight = 0, window = 0;
  std::size_t in_memory = 0;
  bool slow = false;                    // its peer is flagged slow: longer waits
  bool stands = false;                  // is kept up though nothing waits
  std::uint64_t waiting = 0;            // in the store, as far as the lane knows
  unsigned failures = 0;                // consecutive
  std::string last_error;
  std::optional<UtcTime> next_try, breaker_open_since, last_success;
};

// What a lane asks of the exchange it lives in. Never leads to a call of the lane from inside.
class LaneHost {
 public:
  virtual ~LaneHost() = default;
  virtual bool may_store() const = 0;         // false: disk space is low
  // A work the store does not know has ended without arriving: whoever waits for it must hear.
  virtual void undelivered(const Work& work, const Outcome& outcome) = 0;
};

// The services one lane uses; all on the lane's own shard.
struct LaneParts {
  const Clock& clock;
  Random& random;
  Timers& timers;
  Queue& queue;
  Resolver& resolver;
  Dialer& dialer;
  Log& log;
  Metrics& metrics;
  BodyBudget& bodies;                         // both shared by the lanes of the shard
  SteadyWall& wall;
  LaneHost& host;
};

// Everything that travels over one protocol to one peer: discover, dial, window, backoff,
// breaker, drain. A lane owns the works it holds until it has settled them; what does not fit
// in its bounds goes back to the store and is claimed later. Thread: one shard.
class Lane final : public LinkEvents {
 public:
  // `peer_label` is the lane's own name for a configured peer, "other" for all the rest.
  Lane(std::string name, std::shared_ptr<const LaneTraits> traits, HopDemand demand,
       LaneParts parts, const std::string& peer_label = "other");
  ~Lane() override;

  // Fresh from acceptance; never refused, may go back. A work without targets only says that
  // the store holds something for this lane; one whose targets have no id is not in the store.
  void take(Work work);
  void adopt(std::unique_ptr<ServedLink> link, Executor& home);   // its peer has come
  void recover(const LaneBacklog& backlog);   // at start: the store holds work
  void wake();                                // operator: try now, whatever the backoff says
  void wish();                                // likewise, by its name: LaneTraits::on_wish
  void hold(bool held);                       // a suspended peer: stop dialling and delivering
  void drain(bool now);                       // finish what is under way, return the rest
  bool drained() const;
  bool idle() const;                          // holds nothing: may be forgotten
  LaneStatus status() const;
  void apply(std::shared_ptr<const LaneTraits> traits, HopDemand demand);   // a new configuration

  bool link_connected(Link& link) override;
  void link_ready(Link& link) override;
  void link_settled(Link& link, DeliveryId id, Outcome outcome) override;
  void link_closed(Link& link, const LinkEnd& end) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hanse
