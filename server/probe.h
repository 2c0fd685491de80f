// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "federation/dial_plan.h"
#include "federation/endpoint_finder.h"
#include "federation/lane.h"
#include "server/net/connections.h"
#include "server/session/trace_feed.h"

namespace hanse {

struct ProbePlan {
  std::string lane;
  HopDemand demand;
  std::shared_ptr<const LaneTraits> traits;
  bool connect = true;      // else it ends with the places it would dial
  bool prove = false;       // else nothing is said of who we are that a peer could rely on
};

// What a lane would do for its first message, once, in the open, and without a message: discover,
// dial the places in their race until one works, say goodbye. The engines are the real ones; all
// that happens goes to the feed, with a verdict at the end. Thread: its shard.
class Probe final : public LinkEvents, public std::enable_shared_from_this<Probe> {
 public:
  struct Parts {
    const Clock& clock;
    Random& random;
    Timers& timers;
    Resolver& resolver;
    net::Connections& connections;
  };
  Probe(Parts parts, ProbePlan plan, std::shared_ptr<TraceFeed> feed,
        std::function<void(const Probe*)> over);
  ~Probe() override;

  void start();

  bool link_connected(Link& link) override;
  void link_ready(Link& link) override;
  void link_settled(Link&, DeliveryId, Outcome) override {}
  void link_closed(Link& link, const LinkEnd& end) override;

 private:
  // Passes questions on and tells what was answered.
  class Listening final : public Resolver {
   public:
    explicit Listening(Probe& probe) : probe_(probe) {}
    void lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) override;

   private:
    Probe& probe_;
  };

  void found(EndpointFinder::Found found);
  void race();
  void dial(const DialPlan::Step& step);
  void finish(bool good, std::string what);
  void tell(TraceLine::Kind kind, std::string text, bool good = false);

  const Parts parts_;
  const ProbePlan plan_;
  const std::shared_ptr<TraceFeed> feed_;
  const std::function<void(const Probe*)> over_;
  const Instant started_;
  Listening resolver_;
  EndpointFinder finder_;
  DialPlan order_;
  struct Racer {
    std::size_t number = 0;               // its step
    std::unique_ptr<Link> link;
  };
  Racer* find(const Link& link);
  std::vector<Racer> racers_;
  TimerKey deadline_ = 0, next_ = 0;
  bool ready_ = false, finished_ = false;
};

}  // namespace hanse
