// SPDX-License-Identifier: Apache-2.0
#include "federation/lane.h"

#include <algorithm>
#include <utility>

#include "federation/lane_state.h"
#include "federation/retry.h"
#include "server/base/limits.h"

namespace hanse {

// What the lane does, in this order, each time anything has happened.
Instant Lane::State::advance() {
  const Instant now = parts.clock.now();
  end_contest(now);
  stored.tick(now);
  end_late_attempt(now);
  bury_links(now);
  retire_links(now, false);
  if (dead_name && now >= dead_name->until) dead_name.reset();
  if (now >= swift_look) look_at_swift(now);
  if (now >= look_next) look_again(now);
  if (now < awaited_until && now >= awaited_look) expire_awaited(now);
  if (std::exchange(rules_changed, false)) give_back("the configuration has changed");
  if (regress) {
    give_back("an earlier one has to go first");
    regress = in_flight > patient_in_flight || copies > 0 || stored.claiming();
  }
  const bool up = any(LaneLink::Phase::ready);
  const bool resting = !up && (!breaker.may_try(now) || now < awaited_until);
  if (draining || held || resting) {
    give_back(why_waiting());
  } else {
    claim(now);
    if (dead_name) fail_what_is_here();
    assign(now);
    open_links(now);
  }
  expire_patience(now);
  retire_links(now, true);   // after a work had the chance to go there
  return now;
}

void Lane::State::turn() {
  again = true;
  if (turning) return;
  turning = true;
  Instant now{};
  while (again) {
    again = false;
    now = advance();
  }
  turning = false;
  arm(now);
}

Instant Lane::State::next_look(Instant now) const {
  Instant next = Instant::max();
  const auto consider = [&](Instant at) { next = std::min(next, std::max(at, now)); };
  if (draining) return next;
  if (patient > 0) consider(patience_next);
  consider(swift_look);
  if (now < awaited_until) consider(std::min(awaited_until, awaited_look));
  else if (!breaker.may_try(now)) consider(std::min(breaker.until(), look_next));
  else if (!held) consider(stored.next());
  if (dead_name) consider(dead_name->until);
  if (contest_end != Instant::max()) consider(contest_end);
  if (may_race() && plan.next_at() > now) consider(plan.next_at());
  if (attempting && any(LaneLink::Phase::dialling))
    consider(attempt_began + limits::attempt_max);
  if (!ready.empty() && ramp.slot_end() > now) consider(ramp.slot_end());
  if (!ready.empty() && extra_links_after > now) consider(extra_links_after);
  for (const auto& link : links)
    if (link->phase == LaneLink::Phase::ready && link->flights.empty() && !link->adopted &&
        !lasts())
      consider(link->idle_since + traits->idle_keep);
  for (const auto& link : links)
    if (const Instant at = yields_at(*link); at > now) consider(at);
  return next;
}

LaneLink* Lane::State::holder() const {
  for (const auto& link : links)
    if (link->adopted && !link->guest && link->phase == LaneLink::Phase::ready) return link.get();
  return nullptr;
}

// xmpp 13: a peer that has lost its connection, and comes again before we know, is not kept out by
// what it has lost.
void Lane::State::begin_contest(LaneLink& newcomer) {
  newcomer.lent->contest(true);
  if (contest_end != Instant::max() || draining || held) return newcomer.lent->drain();
  newcomer.phase = LaneLink::Phase::waiting;
  contest_end = parts.clock.now() + limits::contest_wait_max;
  holder()->lent->contest(false);
}

void Lane::State::end_contest(Instant now) {
  if (contest_end == Instant::max()) return;
  const bool waits = any(LaneLink::Phase::waiting);
  if (waits && holder() != nullptr) {
    if (now >= contest_end) refuse_newcomer();
    return;
  }
  contest_end = Instant::max();
  for (const auto& link : links) {
    if (link->phase != LaneLink::Phase::waiting) continue;
    link->phase = LaneLink::Phase::ready;
    link->ready_at = link->idle_since = now;
  }
}

void Lane::State::refuse_newcomer() {
  contest_end = Instant::max();
  for (const auto& link : links) {
    if (link->phase != LaneLink::Phase::waiting) continue;
    link->phase = LaneLink::Phase::closing;
    link->link->drain();
  }
}

// One timer; one that rings too early only looks and is set again.
void Lane::State::arm(Instant now) {
  const Instant next = next_look(now);
  if (draining && armed != Instant::max()) {
    parts.timers.cancel(timer);
    armed = Instant::max();
  }
  if (next >= armed) return;
  if (armed != Instant::max()) parts.timers.cancel(timer);
  armed = next;
  timer = parts.timers.at(next, [this] {
    armed = Instant::max();
    turn();
  });
}

std::string Lane::State::why_waiting() const {
  if (draining) return "node is draining";
  if (held) return "peer is suspended or blocked";
  if (parts.clock.now() < awaited_until) return "waiting for its peer to connect";
  const std::string cause = last_error.empty() ? "" : ": " + last_error;
  return (breaker.open() ? "breaker open" : "waiting to try again") + cause;
}

std::string_view Lane::State::phase() const {
  if (draining) return "draining";
  if (held) return "held";
  if (any(LaneLink::Phase::ready)) return "up";
  if (finder.running()) return "discovering";
  if (any(LaneLink::Phase::dialling)) return "dialling";
  if (parts.clock.now() < awaited_until) return "waiting";
  if (breaker.open()) return "breaker_open";
  return breaker.may_try(parts.clock.now()) ? "idle" : "backoff";
}

Lane::State::State(Lane& events, std::string lane_name,
                   std::shared_ptr<const LaneTraits> lane_traits, HopDemand hop_demand,
                   LaneParts lane_parts, const std::string& peer_label)
    : self(events),
      name(std::move(lane_name)),
      protocol(lane_traits->protocol),
      traits(std::move(lane_traits)),
      demand(std::move(hop_demand)),
      parts(lane_parts),
      stored(protocol, name, parts),
      ledger(protocol, name, peer_label, parts),
      window(traits->links_first * traits->link_window, traits->links_max * traits->link_window),
      finder(parts.clock, parts.timers, parts.resolver),
      looker(parts.clock, parts.timers, parts.resolver) {
  if (demand.tls == TlsLevel::may) demand.tls = traits->may_means;
  ledger.demand(demand);
}

Lane::State::~State() {
  if (armed != Instant::max()) parts.timers.cancel(timer);
  if (breaker.open()) ledger.breaker_forgotten();
  while (!ready.empty()) pop_front();
  for (const LaneSpill& one : spill)
    if (one.copy == nullptr) parts.bodies.remove(one.item.work);
  for (const auto& link : links)
    for (const LaneFlight& flight : link->flights) parts.bodies.remove(flight.item.work);
}

Lane::Lane(std::string name, std::shared_ptr<const LaneTraits> traits, HopDemand demand,
           LaneParts parts, const std::string& peer_label)
    : state_(std::make_unique<State>(*this, std::move(name), std::move(traits), std::move(demand),
                                     parts, peer_label)) {}

Lane::~Lane() = default;

void Lane::take(Work work) {
  if (work.targets.empty()) {
    state_->stored.due_now();
    if (work.after > 0) state_->numbered(state_->last_place + 1, work.after);
    state_->unseen = true;
    // It may have come from another lane, and be older than what is here.
    state_->regress |= state_->traits->ordered && !state_->ready.empty();
  } else if (work.targets.front().id == 0) {
    state_->take_unstored(std::move(work));
  } else {
    state_->keep_or_return(std::move(work));
  }
  state_->turn();
}

// Whoever comes is there now: what else was up or being tried is left, and finishes first where
// the order counts.
void Lane::adopt(std::unique_ptr<ServedLink> served, Executor& home) {
  State& state = *state_;
  ServedLink& link = *served;
  const bool beside = link.beside();
  if (beside && state.has_guest()) return;
  // An ordered lane has one link: the peer that is here stays, if it is, and no link of our own is
  // needed.
  const bool taken = state.traits->ordered && !beside && state.holder() != nullptr;
  if (state.traits->ordered && !taken && !beside) state.close_links();
  auto one = std::make_unique<LaneLink>();
  one->adopted = true;
  one->guest = beside;
  one->lent = &link;
  one->phase = taken ? LaneLink::Phase::closing : LaneLink::Phase::ready;
  one->step.endpoint = link.endpoint();
  one->ready_at = one->idle_since = state.parts.clock.now();
  one->link = std::move(served);
  state.links.push_back(std::move(one));
  link.join(*this, home);
  if (taken) state.begin_contest(*state.links.back());
  state.awaited_until = Instant::min();
  state.awaited_since.reset();
  state.dead_name.reset();
  state.breaker.wake();
  state.wished = false;
  state.wishes_failed = 0;
  if (state.draining || state.held) state.close_links();
  state.turn();
}

void Lane::recover(const LaneBacklog& backlog) {
  State& state = *state_;
  state.stored.set_waiting(backlog.waiting);
  state.unseen = true;
  const UtcTime utc = state.parts.clock.utc();
  if (backlog.fresh) {
    state.stored.due_now();  // the first attempt is made at once
  } else if (backlog.due && *backlog.due > utc) {
    state.stored.due_at(*backlog.due, longest_delay(*state.traits));
  } else {
    // what was due while the node was down is spread over some minutes.
    const auto spread = static_cast<std::uint64_t>(state.traits->startup_spread.count());
    const auto wait = static_cast<std::int64_t>(state.parts.random.below(spread + 1));
    state.stored.due_after(Duration(wait));
  }
  state.turn();
}

void Lane::wake() {
  State& state = *state_;
  state.refuse_newcomer();   // who was there says that it is
  state.breaker.wake();
  state.dead_name.reset();
  state.extra_links_after = state.awaited_until = Instant::min();
  if (!state.any(LaneLink::Phase::ready)) state.endpoints_until = Instant::min();
  state.stored.due_now();
  state.turn();
}

// A lane that stands, and one with works waiting, is tried again anyway.
void Lane::wish() {
  State& state = *state_;
  state.wished = state.lasts() && !state.stands() && !state.held &&
                 !state.any(LaneLink::Phase::ready);
  wake();
}

void Lane::hold(bool held) {
  state_->held = held;
  if (held) state_->wished = false;
  if (held) state_->close_links();
  state_->turn();
}

void Lane::drain(bool now) {
  State& state = *state_;
  state.draining = true;
  state.finder.stop();
  state.looker.stop();
  state.close_links();
  if (now) {
    for (const auto& link : state.links) {
      state.abandon_flights(*link, "cut at shutdown");
      link->phase = LaneLink::Phase::closed;
    }
  }
  state.turn();
}

bool Lane::drained() const {
  return state_->draining && state_->links.empty() && state_->ready.empty() &&
         state_->storing == 0 && !state_->stored.claiming();
}

bool Lane::idle() const {
  const State& state = *state_;
  return state.links.empty() && state.ready.empty() && state.gone.empty() && state.storing == 0 &&
         state.stored.nothing() && !state.finder.running() && !state.held && !state.lasts() &&
         state.breaker.may_try(state.parts.clock.now());
}

void Lane::apply(std::shared_ptr<const LaneTraits> traits, HopDemand demand) {
  State& state = *state_;
  if (demand.tls == TlsLevel::may) demand.tls = traits->may_means;
  const bool stricter_or_other = demand != state.demand;
  state.traits = std::move(traits);
  state.demand = std::move(demand);
  state.ledger.demand(state.demand);
  state.window.limit(state.traits->links_max * state.traits->link_window);
  state.endpoints_until = state.awaited_until = Instant::min();
  ++state.rules;
  state.rules_changed = true;
  state.claim_is_old = state.stored.claiming();
  state.breaker.rules_changed();
  if (stricter_or_other) state.close_links();
  state.turn();
}

LaneStatus Lane::status() const {
  const State& state = *state_;
  LaneStatus out;
  out.protocol = state.protocol;
  out.lane = state.name;
  out.phase = state.phase();
  if (!state.plan.empty()) out.endpoint = to_text(state.plan.current().endpoint);
  for (const auto& link : state.links)
    if (link->adopted) out.endpoint = to_text(link->step.endpoint);
  out.story = state.story;
  out.slow = state.traits->slow;
  out.stands = state.stands();
  out.links = state.links.size();
  out.in_flight = state.in_flight;
  out.window = state.window_now();
  out.in_memory = state.ready.size() + state.in_flight + state.spill.size();
  out.waiting = state.stored.waiting();
  out.failures = state.breaker.failures() + state.wishes_failed;
  out.last_error = state.last_error;
  if (!state.held) out.next_try = state.breaker.next_try();
  out.breaker_open_since = state.breaker.open_since();
  if (state.last_success) {
    const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(
        state.parts.clock.now() - *state.last_success);
    out.last_success = state.parts.clock.utc() - ago;
  }
  return out;
}

bool Lane::link_connected(Link& link) {
  LaneLink* ours = state_->find_link(link);
  return ours != nullptr && ours->phase == LaneLink::Phase::dialling && state_->connected(*ours);
}

void Lane::link_ready(Link& link) {
  LaneLink* ours = state_->find_link(link);
  if (ours == nullptr || ours->phase != LaneLink::Phase::dialling) return;
  ours->phase = LaneLink::Phase::ready;
  ours->ready_at = ours->idle_since = state_->parts.clock.now();
  state_->wishes_failed = 0;
  // What was wished for is there, and nothing else will judge it.
  if (std::exchange(state_->wished, false) && state_->attempt_works == 0)
    state_->judged(*ours, true, ours->ready_at);
  state_->turn();
}

void Lane::link_settled(Link& link, DeliveryId id, Outcome outcome) {
  LaneLink* ours = state_->find_link(link);
  if (ours == nullptr) return;
  state_->settled(*ours, id, std::move(outcome));
  state_->turn();
}

void Lane::link_closed(Link& link, const LinkEnd& end) {
  LaneLink* ours = state_->find_link(link);
  if (ours == nullptr || ours->phase == LaneLink::Phase::closed) return;
  state_->link_ended(*ours, end);
  state_->turn();
}

}  // namespace hanse
