// SPDX-License-Identifier: Apache-2.0
// How works come to a lane, go out on its links and end in the store.

#include <algorithm>
#include <utility>

#include "federation/lane_state.h"
#include "federation/limits.h"
#include "federation/retry.h"
#include "server/base/limits.h"

namespace hanse {

using Phase = LaneLink::Phase;

namespace {

// The peer spoke about the message itself; a connection that broke says nothing of the kind.
bool is_judgement(const Outcome& outcome) {
  return !outcome.ambiguous && !outcome.status.starts_with("4.4.");
}

}  // namespace

void Lane::State::keep_or_return(Work work) {
  work.hold = nullptr;   // it is on disk
  numbered(last_place + 1, work.targets.front().id);
  // While the store holds work that is due, half the room is kept for it: what came first must
  // not starve behind what comes now. The other half is kept for what comes now (smtp Q-5).
  const std::size_t most = traits->memory_items_max / (stored.due() ? 2 : 1);
  if (falls_in_behind()) return return_work(work, "others wait before it");
  if (ready.size() - claimed < most && fits(work)) return push_back({.work = std::move(work)});
  return_work(work, "more than the lane holds in memory");
}

bool Lane::State::fits(const Work& work) const {
  return ready.size() + in_flight < traits->memory_items_max && parts.bodies.fits(work);
}

void Lane::State::push_front(LaneItem item) { insert(ready.begin(), std::move(item)); }

void Lane::State::push_back(LaneItem item) {
  if (item.place == 0) item.place = ++last_place;
  insert(ready.end(), std::move(item));
}

void Lane::State::insert(std::deque<LaneItem>::iterator before, LaneItem item) {
  parts.bodies.add(item.work);
  if (item.claimed) ++claimed;
  if (item.passive) ++passive;
  if (item.patient()) {
    ++patient;
    patience_next = std::min(patience_next, item.patience_end);
  }
  ready.insert(before, std::move(item));
}

LaneItem Lane::State::pop_front() { return pop_at(ready.begin()); }

LaneItem Lane::State::pop_at(std::deque<LaneItem>::iterator at) {
  LaneItem item = std::move(*at);
  ready.erase(at);
  if (item.patient()) --patient;
  if (item.passive) --passive;
  if (item.claimed) --claimed;
  parts.bodies.remove(item.work);
  return item;
}

// Whose turn it is. While some have waited in the store, those and the ones that have just come
// take turns: neither has to see the last of the others go.
LaneItem Lane::State::pop_next() {
  if (traits->ordered || claimed == 0 || claimed == ready.size()) return pop_front();
  turn_of_claimed = !turn_of_claimed;
  return pop_at(std::find_if(ready.begin(), ready.end(), [this](const LaneItem& item) {
    return item.claimed == turn_of_claimed;
  }));
}

std::size_t Lane::State::window_now() const {
  return breaker.open() ? 1 : window.size();  // half-open: one message at a time
}

std::size_t Lane::State::room() const {
  const std::size_t held_now = ready.size() + in_flight;
  return traits->memory_items_max - std::min(held_now, traits->memory_items_max);
}

void Lane::State::claim(Instant now) {
  if (regress || !stored.may_claim(now)) return;
  // Coming back from a failure the lane asks for one message and sees how that fares.
  const bool probing = breaker.failing();
  const bool urgent = must_wait();
  if (probing && ready.size() > passive && !urgent) return;
  if (probing && in_flight > 0) return;
  if (room() < limits::claim_items_max) return;
  if (!traits->ordered && claimed + limits::claim_items_max > traits->memory_items_max / 2) return;
  if (!urgent && parts.bodies.used_bytes() > limits::bodies_in_memory_bytes_max / 4 * 3)
    return stored.pause(limits::claim_pause);
  stored.claim(probing ? 1 : limits::claim_items_max, longest_delay(*traits), traits->ordered,
               [this](std::vector<Work> works) { receive(std::move(works)); });
}

void Lane::State::receive(std::vector<Work> works) {
  const bool old = std::exchange(claim_is_old, false);
  const bool all = unseen && stored.nothing();
  bool full = regress;   // then what came before these goes first, and they are asked for again
  for (Work& work : works) {
    // One before it went back while this was asked, and is not among these.
    const bool early = traits->ordered && work.targets.front().id > returned_least;
    full = (full && traits->ordered) || early || !parts.bodies.fits(work);
    if (old) {
      return_work(work, "the configuration has changed");
    } else if (!full) {
      push_claimed({.work = std::move(work), .claimed = true});
    } else {
      return_work(work, early ? "others wait before it" : "bodies in memory are at their bound");
      if (!regress && !early) stored.pause(limits::claim_pause);
    }
  }
  returned_least = INT64_MAX;
  if (all && stored.nothing()) {
    unseen = false;
    seen(newest);
  }
  turn();
}

void Lane::State::assign(Instant now) {
  while (!ready.empty() && in_flight < window_now() && ramp.may_start(now)) {
    LaneLink* best = nullptr;
    for (const auto& link : links) {
      if (link->phase != Phase::ready || link->flights.size() >= traits->link_window) continue;
      if (used_up(*link, now)) continue;
      // In order the link that is at it goes on.
      const auto better = [&] {
        return traits->ordered ? link->flights.size() > best->flights.size()
                               : link->flights.size() < best->flights.size();
      };
      if (best == nullptr || better()) best = link.get();
    }
    if (best == nullptr || must_wait()) return;
    // What another link has not finished may come back, and went before.
    if (traits->ordered && in_flight > best->flights.size()) return;
    deliver(*best, pop_next(), now);
  }
}

void Lane::State::deliver(LaneLink& link, LaneItem item, Instant now) {
  Work work = item.work;
  work.hold = nullptr;   // the lane counts
  parts.bodies.add(work);
  if (item.patient()) ++patient_in_flight;
  else if (!item.stored())
    swift_look = std::min(swift_look, now + limits::swift_in_memory_max);
  LaneFlight& flight = link.flights.emplace_back();
  flight.open = item.work.targets.size();
  if (flight.open > 1) flight.settled.assign(flight.open, false);
  flight.item = std::move(item);
  flight.tried = ledger.begin(now);
  flight.rules = rules;
  ++link.served;
  ++in_flight;
  ramp.started();
  link.link->deliver(std::move(work));
}

// Mostly it is the last, which was just sent or is abandoned, or the first, which is acknowledged.
void Lane::State::settled(LaneLink& link, DeliveryId id, Outcome outcome) {
  if (link.flights.empty()) return;
  const std::size_t last = link.flights.size() - 1;
  if (settled_in(link, last, id, outcome)) return;
  for (std::size_t index = 0; index < last; ++index)
    if (settled_in(link, index, id, outcome)) return;
}

bool Lane::State::settled_in(LaneLink& link, std::size_t index, DeliveryId id, Outcome& outcome) {
  LaneFlight& flight = link.flights[index];
  const std::vector<Target>& targets = flight.item.work.targets;
  for (std::size_t at = 0; at < targets.size(); ++at) {
    if (flight.id_on_link(at) != id || flight.is_settled(at)) continue;
    if (!flight.settled.empty()) flight.settled[at] = true;
    --flight.open;
    flight.judged |= outcome.disposition != Disposition::returned && is_judgement(outcome);
    flight.delivered |= outcome.disposition == Disposition::delivered;
    // It is going down, or of no use; one that broke takes nothing more.
    link.spent |= outcome.disposition == Disposition::returned ||
                  (outcome.disposition == Disposition::deferred && !flight.item.stored() &&
                   !is_judgement(outcome));
    if (flight.copy != nullptr) flight.copy->heard.emplace_back(at, std::move(outcome));
    else judge(flight, at, std::move(outcome));
    if (flight.open == 0) finish(link, index);
    return true;
  }
  return false;
}

void Lane::State::judge(LaneFlight& flight, std::size_t at, Outcome outcome) {
  const Target& target = flight.item.work.targets[at];
  if (outcome.disposition == Disposition::returned) {
    flight.given_back.push_back(target);
    if (outcome.ambiguous) ++flight.given_back.back().attempt;   // the next link should know
    flight.last_return = std::move(outcome);
  } else if (!flight.item.stored()) {
    settled_unstored(flight, target, std::move(outcome));
  } else {
    flight.settlements.push_back(ledger.settle(*traits, *flight.item.work.envelope, target,
                                               std::move(outcome), flight.tried));
  }
}

void Lane::State::finish(LaneLink& link, std::size_t index) {
  LaneFlight flight = std::move(link.flights[index]);
  link.flights.erase(link.flights.begin() + static_cast<std::ptrdiff_t>(index));
  --in_flight;
  if (flight.item.patient()) --patient_in_flight;
  parts.bodies.remove(flight.item.work);
  const Instant now = parts.clock.now();
  link.idle_since = now;
  if (flight.judged) judged(link, flight.delivered, now);
  conclude(std::move(flight));
}

// The last recipient of a work has its answer: all of them go to the store in one piece.
void Lane::State::conclude(LaneFlight flight) {
  if (flight.copy != nullptr && !land(flight)) return;
  const bool outdated = flight.rules != rules;
  flight.put_by |= outdated;
  if (!flight.item.stored()) return finish_unstored(std::move(flight));
  note(flight.settlements);
  if (!flight.settlements.empty()) parts.queue.settle(std::move(flight.settlements));
  if (flight.given_back.empty()) return;
  LaneItem rest = std::move(flight.item);
  rest.work.targets = std::move(flight.given_back);
  if (outdated) {
    regress = traits->ordered;   // what came after it follows
    return return_work(rest.work, "the configuration has changed");
  }
  if (++rest.returns < limits::works_returned_max) return put_back(std::move(rest));
  // Link after link took it and gave it back; that was a try.
  Outcome outcome = std::move(flight.last_return);
  outcome.disposition = Disposition::deferred;
  settle_all(rest.work, outcome, Duration::zero());
}

// A link that ends owes an answer for what it carried. What it did not answer may have arrived.
void Lane::State::abandon_flights(LaneLink& link, const std::string& why) {
  while (!link.flights.empty()) {
    const LaneFlight& flight = link.flights.back();
    std::size_t at = 0;
    while (flight.is_settled(at)) ++at;
    Outcome outcome;
    outcome.status = "4.4.2";
    outcome.reply = why;
    outcome.remote = to_text(link.step.endpoint);
    outcome.ambiguous = true;  // M-11
    settled(link, flight.id_on_link(at), std::move(outcome));
  }
}

// The peer judged a message: it is there. A delivery is what closes the breaker.
void Lane::State::judged(LaneLink& link, bool delivered, Instant now) {
  link.useful = true;
  attempting = false;
  attempt_works = 0;
  if (!link.adopted) plan.worked(link.step.endpoint);
  breaker.answered();
  if (!delivered) return;
  last_success = now;
  window.succeeded();
  // In order there is one link, and one that works takes all it is given.
  if (traits->ordered)
    window.resize(traits->links_max * traits->link_window, traits->links_max * traits->link_window);
  if (!breaker.delivered()) return;
  ledger.breaker_closed();
  if (traits->ordered) return;
  window.resize(traits->links_first * traits->link_window,
                traits->links_max * traits->link_window);
  ramp.begin(now);
}

// Those that wait in memory only stay where they are, in their order.
void Lane::State::give_back(std::string_view why) {
  if (ready.size() == patient && !draining) return;
  std::vector<Settlement> back;
  for (std::size_t count = ready.size(); count > 0; --count) {
    LaneItem item = pop_front();
    if (item.patient() && !draining) push_back(std::move(item));
    else if (item.stored()) collect_return(item.work, why, back);
    else put_down(std::move(item), why);
  }
  settle_returned(std::move(back));
}

void Lane::State::return_work(const Work& work, std::string_view why) {
  std::vector<Settlement> back;
  collect_return(work, why, back);
  settle_returned(std::move(back));
}

void Lane::State::collect_return(const Work& work, std::string_view why,
                                 std::vector<Settlement>& back) {
  if (stored.claiming()) returned_least = std::min(returned_least, work.targets.front().id);
  const UtcTime due = traits->ordered ? UtcTime{} : parts.clock.utc();
  for (const Target& target : work.targets) back.push_back(returned(target, why, due));
}

// In one piece: the store's mailbox counts pieces.
void Lane::State::settle_returned(std::vector<Settlement> back) {
  if (back.empty()) return;
  stored.went_back(back.size());
  stored.due_now();
  parts.queue.settle(std::move(back));
}

void Lane::State::settle_all(const Work& work, const Outcome& outcome, Duration wait_least) {
  std::vector<Settlement> settlements;
  settlements.reserve(work.targets.size());
  const LaneLedger::Try tried = ledger.begin(parts.clock.now());
  for (const Target& target : work.targets)
    settlements.push_back(
        ledger.settle(*traits, *work.envelope, target, outcome, tried, wait_least));
  note(settlements);
  parts.queue.settle(std::move(settlements));
}

void Lane::State::note(const std::vector<Settlement>& settlements) {
  for (const Settlement& one : settlements) {
    if (one.outcome.disposition != Disposition::deferred) continue;
    stored.went_back(1);
    regress = traits->ordered;
    stored.due_at(one.retry_at, longest_delay(*traits));
  }
}

}  // namespace hanse
