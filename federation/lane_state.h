// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "federation/breaker.h"
#include "federation/dial_plan.h"
#include "federation/endpoint_finder.h"
#include "federation/lane.h"
#include "federation/lane_flight.h"
#include "federation/lane_ledger.h"
#include "federation/stored_work.h"
#include "federation/window.h"

namespace hanse {

// Why nothing can be done for a destination: its name does not exist, or wants no messages.
struct DeadName {
  Outcome outcome;
  Instant until{};
};

// The parts of a lane. lane.cpp: the turn and the events; lane_dial.cpp: how it gets links;
// lane_work.cpp: how works come, go out and end; lane_flow.cpp: those the store does not know;
// lane_spool.cpp: those it has to know after all; lane_order.cpp: who goes before whom;
// lane_look.cpp: what the DNS says meanwhile.
struct Lane::State {
  State(Lane& events, std::string lane_name, std::shared_ptr<const LaneTraits> lane_traits,
        HopDemand hop_demand, LaneParts lane_parts, const std::string& peer_label);
  ~State();

  // ---- lane.cpp ----
  void turn();                   // do whatever can be done now; safe from inside any event
  Instant advance();             // when it was
  void arm(Instant now);
  Instant next_look(Instant now) const;
  LaneLink* holder() const;                 // the adopted link that an ordered lane has
  void begin_contest(LaneLink& newcomer);
  void end_contest(Instant now), refuse_newcomer();
  std::string_view phase() const;
  std::string why_waiting() const;

  // ---- lane_dial.cpp ----
  void open_links(Instant now);
  void scout(Instant now);
  void begin_attempt(Instant now);
  void find();
  void wait_for_peer();
  void expire_awaited(Instant now);
  void found(EndpointFinder::Found result);
  void race(Instant now);
  void dial(const DialPlan::Step& step);
  bool connected(LaneLink& link);
  bool may_race() const;
  void link_ended(LaneLink& link, const LinkEnd& end);
  void fail_attempt(const LinkEnd& end, const std::string& remote);
  void end_late_attempt(Instant now);
  void fail_all(const EndpointFinder::Found& result);
  void fail_what_is_here();
  void retire_links(Instant now, bool idle_ones);
  void bury_links(Instant now);
  bool used_up(const LaneLink& link, Instant now) const;
  Instant yields_at(const LaneLink& link) const;   // to the peer's own
  bool stands() const, lasts() const, wanted() const;
  void close_links();
  LaneLink* find_link(const Link& link);
  std::size_t usable_links() const;
  bool any(LaneLink::Phase wanted) const;
  bool has_guest() const;                   // one is enough

  // ---- lane_look.cpp ----
  void plan_look(Instant now);
  void look_again(Instant now);
  bool may_look() const;
  void looked(const EndpointFinder::Found& result);
  void remember_places(const std::vector<Endpoint>& endpoints);

  // ---- lane_work.cpp ----
  void keep_or_return(Work work);
  void push_front(LaneItem item), push_back(LaneItem item);
  void insert(std::deque<LaneItem>::iterator before, LaneItem item);
  LaneItem pop_front(), pop_at(std::deque<LaneItem>::iterator at), pop_next();
  void claim(Instant now);
  void receive(std::vector<Work> works);
  void assign(Instant now);
  void deliver(LaneLink& link, LaneItem item, Instant now);
  void settled(LaneLink& link, DeliveryId id, Outcome outcome);
  void judge(LaneFlight& flight, std::size_t at, Outcome outcome);
  void finish(LaneLink& link, std::size_t index);
  void conclude(LaneFlight flight);
  void abandon_flights(LaneLink& link, const std::string& why);
  void judged(LaneLink& link, bool delivered, Instant now);
  void give_back(std::string_view why);
  void return_work(const Work& work, std::string_view why);
  void collect_return(const Work& work, std::string_view why, std::vector<Settlement>& back);
  void settle_returned(std::vector<Settlement> back);
  void settle_all(const Work& work, const Outcome& outcome, Duration wait_least);
  void note(const std::vector<Settlement>& settlements);
  std::size_t window_now() const, room() const;
  bool fits(const Work& work) const;

  // ---- lane_order.cpp ----
  void put_back(LaneItem item);            // where it was, by its place
  void push_claimed(LaneItem item);
  bool falls_in_behind() const;            // ordered, and the store holds what came before
  bool must_wait() const;                  // likewise, all that is in memory
  DeliveryId newest_before(const Work& work);
  void numbered(std::uint64_t place, DeliveryId id);
  void seen(DeliveryId up_to);

  // ---- lane_flow.cpp ----
  void take_unstored(Work work);
  std::deque<LaneItem>::iterator of_same_key(const LaneItem& item);   // latest, and waits
  void drop_older(const LaneItem& item);
  bool is_newest(const LaneItem& item);
  void put_down(LaneItem item, std::string_view why);
  void put_down_first(const Outcome& outcome, Duration wait_least);
  void store(LaneItem item, std::string_view why);
  void store_now(LaneSpill spilled);
  void stored_now(LaneSpill spilled, Result<Accepted> accepted);
  void store_spilled();
  void let_go();                           // nothing leaves now: whoever feeds us may go on
  void end_unstored(const Work& work, const Outcome& outcome);
  void end_patient(const Outcome& outcome);
  bool settled_in(LaneLink& link, std::size_t index, DeliveryId id, Outcome& outcome);
  void settled_unstored(LaneFlight& flight, const Target& target, Outcome outcome);
  void finish_unstored(LaneFlight flight);
  void expire_patience(Instant now);

  // ---- lane_spool.cpp ----
  void look_at_swift(Instant now);
  Instant oldest_swift() const;
  void spool();
  void copy(LaneFlight& flight);
  static bool is_needless(const LaneSpill& spilled);
  void copied(const std::shared_ptr<LaneCopy>& copy, const Result<Accepted>& accepted);
  bool land(LaneFlight& flight);           // false: the store has not answered yet

  Lane& self;
  const std::string name;
  std::string protocol;
  std::shared_ptr<const LaneTraits> traits;
  HopDemand demand;
  LaneParts parts;

  std::deque<LaneItem> ready;
  std::vector<std::unique_ptr<LaneLink>> links;
  std::size_t patient = 0, passive = 0, claimed = 0;   // in `ready`: such as say so
  std::size_t in_flight = 0, patient_in_flight = 0;     // works on links
  std::size_t storing = 0;                 // accepts under way
  std::deque<LaneSpill> spill;             // to be stored behind those
  std::size_t copies = 0;                  // of these: pending
  Instant swift_look = Instant::max();     // for such as should have gone
  Instant patience_next = Instant::max();  // none ends before
  DeliveryId last_unstored = 0;
  std::uint64_t last_place = 0;
  DeliveryId newest = 0;                   // of all the store's numbers that were seen here
  bool unseen = false;                     // the store may hold others
  DeliveryId returned_least = INT64_MAX;   // while a claim is open
  bool regress = false;                    // ordered: the store holds older work than we do
  std::uint64_t rules = 0;                 // of old ones: the store knows where it leads now
  bool rules_changed = false, claim_is_old = false, turn_of_claimed = false;
  StoredWork stored;
  LaneLedger ledger;
  Breaker breaker;
  Window window;
  Ramp ramp;
  EndpointFinder finder, looker;           // for an attempt, and between two of them
  Instant look_next = Instant::max();
  Duration look_every{};
  std::set<std::string> places_tried;      // since it last worked
  DialPlan plan;
  Instant endpoints_until = Instant::min();
  bool endpoints_in_part = false;          // more are known by the next attempt
  std::string story, last_error;
  bool attempting = false;
  std::size_t attempt_works = 0;           // works that are the reason of the attempt
  Instant attempt_began{}, extra_links_after = Instant::min();
  std::optional<DeadName> dead_name;
  // Nothing to dial: its peer comes by itself.
  Instant awaited_until = Instant::min(), awaited_look = Instant::min();
  std::optional<UtcTime> awaited_since;
  Instant contest_end = Instant::max();    // of the one that waits for another's place

  unsigned wishes_failed = 0;              // of an operator, in a row
  bool wished = false, held = false, draining = false, turning = false, again = false;
  std::optional<Instant> last_success;
  TimerKey timer = 0;
  Instant armed = Instant::max();
  std::vector<std::unique_ptr<Link>> gone;  // links whose event may still be on the stack
  bool burial = false;                      // a timer will let them go
  std::shared_ptr<State*> alive = std::make_shared<State*>(this);
};

}  // namespace hanse
