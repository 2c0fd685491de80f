// SPDX-License-Identifier: Apache-2.0
// How a lane gets links: find the endpoints, dial one, and when that one works dial more.

#include <algorithm>
#include <utility>

#include "federation/lane_name.h"
#include "federation/lane_state.h"
#include "federation/limits.h"
#include "federation/retry.h"
#include "server/base/limits.h"
#include "server/base/quantity.h"

namespace hanse {

using Phase = LaneLink::Phase;

namespace {

constexpr Duration yields_after = std::chrono::seconds(60);   // xmpp 3.16

DialPlan::Bounds bounds(const LaneTraits& traits) {
  return {traits.endpoints_tried_max, traits.sessions_tried_max, traits.host_patience};
}

}  // namespace

bool Lane::State::stands() const { return traits->standing.contains(name); }

// A link that is up stays though nothing goes over it.
bool Lane::State::lasts() const { return stands() || traits->on_wish.contains(name); }

// One is to be dialled though nothing waits.
bool Lane::State::wanted() const { return stands() || wished; }

void Lane::State::open_links(Instant now) {
  const bool up = any(Phase::ready);
  if (ready.empty()) return up || !wanted() ? void() : scout(now);
  if (in_flight == 0 && !ramp.may_start(now)) return;
  if (!up) return scout(now);
  if (now < extra_links_after || finder.running() || plan.exhausted()) return;
  if (now >= endpoints_until) return find();
  const std::size_t wanted = std::min(in_flight + ready.size(), window_now());
  while (usable_links() * traits->link_window < wanted && links.size() < traits->links_max)
    dial(plan.again(now));
}

// While no link is up only one is wanted: a dead peer costs one connection, not a window of them.
void Lane::State::scout(Instant now) {
  if (finder.running()) return;
  if (any(Phase::dialling)) return race(now);
  if (traits->ordered && !links.empty()) return;  // it may still give back what goes first
  if (links.size() >= 2 * traits->links_max) return;  // too many that are still saying goodbye
  // How a link that gives works back ends says where to go next.
  for (const auto& link : links)
    if (link->spent) return;
  if (!attempting && ready.size() == passive && !wanted()) return;   // nothing worth it
  if (!attempting) begin_attempt(now);
  if (now >= endpoints_until) return find();
  race(now);
}

// RFC 8305 5: one after the other begins, and the first that is connected stays alone.
void Lane::State::race(Instant now) {
  while (attempting && plan.next_at() <= now) dial(plan.next(now));
}

// Whether the plan decides over the links that are being dialled.
bool Lane::State::may_race() const {
  return attempting && any(Phase::dialling) && !any(Phase::ready);
}

bool Lane::State::connected(LaneLink& link) {
  const bool others = plan.others_left(link.step.number);
  if (!may_race()) return others;
  plan.connected(link.step.number, parts.clock.now());
  for (const auto& other : links) {
    if (other->phase != Phase::dialling || other->step.number == link.step.number) continue;
    other->phase = Phase::closed;
    other->link.reset();   // its own event is not the one that is being handled
  }
  return others;
}

// Names are asked anew, mostly a cache, and the plan begins with the answer: equal hosts are
// shuffled for each attempt (smtp M-5). A lane that stands goes where it is told at once.
void Lane::State::begin_attempt(Instant now) {
  attempting = true;
  attempt_began = now;
  if (last_unstored != 0) swift_look = std::min(swift_look, now + limits::swift_in_memory_max);
  attempt_works = std::min(ready.size(), window_now());
  if (stands()) plan.begin(demand.tls, bounds(*traits), now);
  else endpoints_until = Instant::min();
}

void Lane::State::find() {
  if (!traits->discover) {
    wait_for_peer();
    return turn();
  }
  finder.start(traits->discover(name, parts.random),
               [this](EndpointFinder::Found result) { found(std::move(result)); });
}

// Nothing to dial. That is no failure of anything, but what waits gets old all the same.
void Lane::State::wait_for_peer() {
  wished = false;
  endpoints_until = Instant::min();
  attempting = false;
  attempt_works = 0;
  awaited_until = parts.clock.now() + limits::endpoints_kept_max;
  give_back(why_waiting());
  expire_awaited(parts.clock.now());
}

void Lane::State::expire_awaited(Instant now) {
  awaited_look = now + limits::awaited_looked_at_every;
  const std::optional<UtcTime> before = std::exchange(awaited_since, parts.clock.utc());
  if (!before) return;
  Outcome outcome;
  outcome.disposition = Disposition::failed;
  outcome.fault = Fault::never;
  outcome.status = "4.4.7";
  outcome.reply = "lifetime over; its peer did not connect";
  outcome.remote = name;
  parts.queue.expire(protocol, name, parts.wall.now(), *before, outcome);
}

void Lane::State::found(EndpointFinder::Found result) {
  const bool up = any(Phase::ready);
  if (!result.story.empty()) story = result.story;
  endpoints_until = parts.clock.now() + limits::endpoints_kept_max;
  endpoints_in_part = result.in_part;
  if (result.endpoints && !result.endpoints->empty()) {
    remember_places(*result.endpoints);
    demand_of(*result.endpoints, demand);
    plan.set_endpoints(*std::move(result.endpoints));
    plan.begin(demand.tls, bounds(*traits), parts.clock.now());
  } else if (!result.endpoints && result.endpoints.error().fault == Fault::never) {
    fail_all(result);
  } else if (!up && result.endpoints && result.status.empty()) {
    wait_for_peer();
  } else if (!up) {  // a lane that is up lives on with what it knew
    endpoints_until = Instant::min();
    LinkEnd end;
    end.status = result.status.empty() ? "4.4.3" : result.status;
    end.what = result.endpoints ? "no address to go to" : result.endpoints.error().what;
    fail_attempt(end, name);
  }
  turn();
}

// The name itself is the trouble (smtp M-4, M-13): everything for it fails, here and in the store.
void Lane::State::fail_all(const EndpointFinder::Found& result) {
  Outcome outcome;
  outcome.disposition = Disposition::failed;
  outcome.fault = Fault::never;
  outcome.status = result.status.empty() ? "5.4.4" : result.status;
  outcome.reply = result.endpoints.error().what;
  outcome.remote = name;
  last_error = outcome.reply;
  wished = false;
  endpoints_until = Instant::min();
  attempting = false;
  dead_name = DeadName{outcome, parts.clock.now() + limits::dead_name_kept_max};
  stored.due_now();
}

void Lane::State::dial(const DialPlan::Step& step) {
  auto link = std::make_unique<LaneLink>();
  link->step = step;
  link->link = parts.dialer.dial({protocol, name, step.endpoint, step.tls}, self);
  links.push_back(std::move(link));
}

// Judges the end of a link: the end of nothing, of one endpoint, or of the whole attempt.
void Lane::State::link_ended(LaneLink& link, const LinkEnd& end) {
  const bool used_in_vain = link.served > 0 && !link.useful;
  const bool was_up = link.phase == Phase::ready || link.phase == Phase::closing;
  if (stands() && was_up && parts.clock.now() - link.ready_at >= limits::standing_link_least)
    judged(link, true, parts.clock.now());
  // A lane that stands says goodbye only when its node does.
  const bool asked_to = (link.phase == Phase::closing && !link.spent) ||
                        (end.orderly && (!stands() || link.useful));
  const bool orderly = asked_to && !used_in_vain;
  abandon_flights(link, end.what);
  link.phase = Phase::closed;
  let_go();
  if (link.adopted) {  // whoever made it makes the next one
    if (!end.orderly) last_error = end.what;
    return;
  }
  const bool others = any(Phase::ready) || any(Phase::dialling);
  if (orderly) {
    attempting = attempting && others;
    return;
  }
  last_error = end.what;
  const Instant now = parts.clock.now();
  if (end.tls_failed && link.step.tls == TlsLevel::may)   // in the clear, then
    return plan.failed(link.step.number, end, now);
  if (link.useful || !attempting || any(Phase::ready)) {
    // A peer that takes no more links than it has is not out of order: it is only asked less.
    if (!link.useful) extra_links_after = now + limits::extra_link_pause;
    return window.failed();
  }
  plan.failed(link.step.number, end, now);
  const bool late = now - attempt_began > limits::attempt_max;  // M-9
  if (others || (!plan.exhausted() && !late)) return;           // M-10
  const std::optional<DialPlan::Failure>& first = plan.failure();
  if (first) fail_attempt(first->end, to_text(first->endpoint));
  else fail_attempt(end, to_text(link.step.endpoint));
}

// smtp M-9: of hosts that always say something and never get on.
void Lane::State::end_late_attempt(Instant now) {
  if (!attempting || !any(Phase::dialling) || now < attempt_began + limits::attempt_max) return;
  LinkEnd end;
  end.status = "4.4.2";
  end.what = "nothing could be sent within " + format_duration(limits::attempt_max);
  std::string remote;
  for (const auto& link : links) {
    if (link->phase != Phase::dialling) continue;
    link->phase = Phase::closed;
    remote = to_text(link->step.endpoint);
    plan.failed(link->step.number, end, now);
  }
  if (!any(Phase::ready)) fail_attempt(end, remote);
}

namespace {

// RFC 3463 X.7.X, security or policy: nothing that passes while somebody waits for an answer.
bool is_refusal(std::string_view status) {
  return status.size() > 3 && status.substr(1, 3) == ".7.";
}

}  // namespace

// Nothing worked. The works that were the reason count a try; the others were only in the way.
void Lane::State::fail_attempt(const LinkEnd& end, const std::string& remote) {
  const Instant now = parts.clock.now();
  const UtcTime utc = parts.clock.utc();
  last_error = end.what;
  if (end.stage == LinkEnd::Stage::connect && traits->unreachable)
    traits->unreachable(name, end.what);
  attempting = false;
  window.failed();
  if (std::exchange(endpoints_in_part, false)) endpoints_until = Instant::min();
  // A wish is tried again by whoever had it: nothing rests, and nothing is to be watched.
  const bool only_wished = std::exchange(wished, false) && attempt_works == 0;
  if (only_wished) ++wishes_failed;
  else if (breaker.failed(*traits, parts.random, now, utc, plan.everywhere(Fault::refused)))
    ledger.breaker_opened(end.what, breaker.failures());
  plan_look(now);
  Outcome outcome;
  outcome.disposition = Disposition::deferred;
  outcome.status = end.status.empty() ? "4.4.1" : end.status;
  outcome.reply = end.what;
  outcome.remote = remote;
  if (plan.everywhere(Fault::never)) {
    outcome.disposition = Disposition::failed;
    outcome.fault = Fault::never;
  }
  put_down_first(outcome, breaker.wait(now));
  if (is_refusal(outcome.status)) end_patient(outcome);
  give_back(why_waiting());
  if (!breaker.failed_before_last()) return;
  outcome.disposition = Disposition::failed;
  outcome.status = "4.4.7";
  outcome.reply = std::string(expired_prefix) + end.what;
  // D8
  parts.queue.expire(protocol, name, parts.wall.now(), *breaker.failed_before_last(), outcome);
}

// Until the store has given up all it has for the name; what comes later asks the DNS anew, so
// that a name that was gone for a moment costs no more than was there in that moment.
void Lane::State::fail_what_is_here() {
  while (!ready.empty()) {
    const LaneItem item = pop_front();
    if (item.stored()) settle_all(item.work, dead_name->outcome, Duration::zero());
    else end_unstored(item.work, dead_name->outcome);
  }
  if (!stored.due() && !stored.claiming()) dead_name.reset();
}

// Says goodbye on links that are old or worn out, or that nothing went to for a while.
void Lane::State::retire_links(Instant now, bool idle_ones) {
  for (std::size_t index = 0; index < links.size(); ++index) {
    LaneLink& link = *links[index];
    if (yields_at(link) <= now) link.spent = true;
    if (link.phase != Phase::ready || !link.flights.empty()) continue;
    const bool idle = idle_ones && !link.adopted && !lasts() &&
                      now - link.idle_since >= traits->idle_keep;
    if (!idle && !used_up(link, now)) continue;
    link.phase = Phase::closing;
    link.link->drain();
  }
}

// Two who had something to say to each other at the same time have two links that both carry both
// ways. That of the domain that comes first in the order of letters stays; the other one is left
// after a while, and both sides see which that is (xmpp 3.16).
Instant Lane::State::yields_at(const LaneLink& link) const {
  const auto guest = std::find_if(links.begin(), links.end(), [](const auto& other) {
    return other->guest && other->phase == Phase::ready;
  });
  if (guest == links.end() || link.adopted || link.phase != Phase::ready || lasts())
    return Instant::max();
  const LaneName pair = split_lane(name);
  if (pair.sender <= pair.target) return Instant::max();
  return std::max(link.ready_at, (*guest)->ready_at) + yields_after;
}

// Forgets the links that have ended.
void Lane::State::bury_links(Instant now) {
  for (const auto& link : links)
    if (link->phase == Phase::closed) gone.push_back(std::move(link->link));
  std::erase_if(gone, [](const auto& link) { return link == nullptr; });
  std::erase_if(links, [](const auto& link) { return link->phase == Phase::closed; });
  if (gone.empty() || burial) return;
  // A link may be the very one whose event is being handled: it goes in a turn of its own.
  burial = true;
  parts.timers.at(now, [this, token = std::weak_ptr(alive)] {
    if (token.expired()) return;
    burial = false;
    gone.clear();
  });
}

bool Lane::State::used_up(const LaneLink& link, Instant now) const {
  if (link.spent || link.adopted || lasts()) return link.spent;
  return link.served >= traits->works_per_link_max ||
         now - link.ready_at >= traits->link_age_max;
}

// No new work for any link: those that are up finish, those that are not are cut.
void Lane::State::close_links() {
  finder.stop();
  attempting = false;
  contest_end = Instant::max();
  const bool was_turning = std::exchange(turning, true);  // a goodbye may end a link at once
  for (std::size_t index = 0; index < links.size(); ++index) {
    LaneLink& link = *links[index];
    if (link.phase == Phase::dialling) link.phase = Phase::closed;
    if (link.phase != Phase::ready && link.phase != Phase::waiting) continue;
    link.phase = Phase::closing;
    link.link->drain();
  }
  turning = was_turning;
}

LaneLink* Lane::State::find_link(const Link& link) {
  for (const auto& one : links)
    if (one->link.get() == &link) return one.get();
  return nullptr;
}

std::size_t Lane::State::usable_links() const {
  const Instant now = parts.clock.now();
  return static_cast<std::size_t>(std::count_if(links.begin(), links.end(), [&](const auto& link) {
    return link->phase == Phase::dialling || (link->phase == Phase::ready && !used_up(*link, now));
  }));
}

bool Lane::State::has_guest() const {
  return std::any_of(links.begin(), links.end(),
                     [](const auto& link) { return link->guest && link->phase == Phase::ready; });
}

bool Lane::State::any(Phase wanted) const {
  return std::any_of(links.begin(), links.end(),
                     [wanted](const auto& link) { return link->phase == wanted; });
}

}  // namespace hanse
