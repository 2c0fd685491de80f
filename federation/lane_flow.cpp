// SPDX-License-Identifier: Apache-2.0
// Works the store does not know: swift ones, which it learns of as soon as they cannot leave, and
// live and latest ones, which wait in memory as long as their patience lasts.

#include <algorithm>
#include <utility>

#include "federation/asker.h"
#include "federation/lane_state.h"

namespace hanse {

namespace {

Outcome failure(Fault fault, std::string status, std::string reply) {
  Outcome out;
  out.disposition = Disposition::failed;
  out.fault = fault;
  out.status = std::move(status);
  out.reply = std::move(reply);
  return out;
}

// The peer may have it, or it has judged it: once more could be once too often.
bool may_go_again(const Outcome& outcome) {
  return !outcome.ambiguous && outcome.disposition == Disposition::deferred;
}

}  // namespace

void Lane::State::take_unstored(Work work) {
  for (Target& target : work.targets) target.id = --last_unstored;
  // Push-back is for a lane that is only slow; one that is down must not hold up all the rest of
  // what its feeders have.
  if (!any(LaneLink::Phase::ready)) work.hold = nullptr;
  LaneItem item{.work = std::move(work)};
  const Flow flow = item.work.envelope->flow;
  if (flow == Flow::swift || flow == Flow::durable) {
    if (falls_in_behind()) return store(std::move(item), "others wait before it");
    if (!fits(item.work)) return store(std::move(item), "more than the lane holds in memory");
    return push_back(std::move(item));
  }
  const Duration patience = item.work.envelope->patience;
  item.patience_end = parts.clock.now() + std::chrono::abs(patience);
  item.passive = patience < Duration::zero();
  item.after = newest_before(item.work);
  if (flow == Flow::latest) drop_older(item);
  if (!fits(item.work) || (traits->ordered && room() <= limits::claim_items_max))
    return end_unstored(item.work, failure(Fault::overloaded, "4.3.1",
                                           "more than the lane holds in memory"));
  // The store's works wait for no better moment than this one.
  const bool hurry = traits->ordered && !item.passive && !stored.nothing() && !stored.due();
  push_back(std::move(item));
  if (hurry) stored.due_now();
}

std::deque<LaneItem>::iterator Lane::State::of_same_key(const LaneItem& item) {
  const MessageKey& key = item.work.envelope->key;
  if (patient == 0 || key.native_id.empty()) return ready.end();
  return std::find_if(ready.begin(), ready.end(), [&](const LaneItem& one) {
    const Envelope& waiting = *one.work.envelope;
    return one.patient() && waiting.flow == Flow::latest && waiting.key == key;
  });
}

// The newest of one key makes the one that waits needless. Its own turn is the last: what came
// between them goes before it.
void Lane::State::drop_older(const LaneItem& item) {
  const auto old = of_same_key(item);
  if (old == ready.end()) return;
  parts.bodies.remove(old->work);
  --patient;
  if (old->passive) --passive;
  ready.erase(old);
}

// Of one that comes back; what it makes needless goes.
bool Lane::State::is_newest(const LaneItem& item) {
  const auto other = of_same_key(item);
  if (other != ready.end() && other->place > item.place) return false;
  drop_older(item);
  return true;
}

// It cannot leave now: it waits where its flow says.
void Lane::State::put_down(LaneItem item, std::string_view why) {
  if (item.stored()) return return_work(item.work, why);
  if (!item.patient()) return store(std::move(item), why);
  end_unstored(item.work, failure(Fault::try_later, "4.3.2", std::string(why)));
}

// After an attempt in vain: those that were its reason.
void Lane::State::put_down_first(const Outcome& outcome, Duration wait_least) {
  const bool final = outcome.disposition == Disposition::failed;
  std::vector<LaneItem> stay;
  for (; attempt_works > 0 && !ready.empty(); --attempt_works) {
    LaneItem item = pop_front();
    if (item.stored()) settle_all(item.work, outcome, wait_least);
    else if (final) end_unstored(item.work, outcome);
    else if (item.patient()) stay.push_back(std::move(item));
    else store(std::move(item), outcome.reply);
  }
  for (; !stay.empty(); stay.pop_back()) push_front(std::move(stay.back()));
}

// So many are on their way to the store at once; the others follow in their order.
void Lane::State::store(LaneItem item, std::string_view why) {
  if (item.place == 0) item.place = ++last_place;
  if (!parts.host.may_store())  // D9
    return end_unstored(item.work, failure(Fault::overloaded, "4.3.1", "disk space is low"));
  if (spill.empty() && storing < limits::lane_storing_items_max)
    return store_now({std::move(item), std::string(why)});
  if (spill.size() >= limits::lane_spill_items_max || !parts.bodies.fits(item.work))
    return end_unstored(item.work, failure(Fault::overloaded, "4.3.1",
                                           "more than the lane can put on disk"));
  parts.bodies.add(item.work);
  spill.push_back({std::move(item), std::string(why)});
}

void Lane::State::store_spilled() {
  while (!spill.empty() && storing < limits::lane_storing_items_max) {
    LaneSpill next = std::move(spill.front());
    spill.pop_front();
    if (next.copy == nullptr) parts.bodies.remove(next.item.work);
    if (is_needless(next)) copied(next.copy, Error{Fault::never, "it has gone"});
    else store_now(std::move(next));
  }
}

void Lane::State::store_now(LaneSpill spilled) {
  const Work& work = spilled.item.work;
  Acceptance acceptance{work.envelope, work.body, {}, {}};
  for (const Target& target : work.targets)
    acceptance.legs.push_back({target.to, protocol, name, "swift"});
  if (spilled.copy != nullptr) spilled.copy->phase = LaneCopy::Phase::storing;
  ++storing;
  parts.queue.accept(std::move(acceptance),
                     [this, token = std::weak_ptr(alive), spilled = std::move(spilled)](
                         Result<Accepted> accepted) mutable {
                       if (token.expired()) return;
                       --storing;
                       stored_now(std::move(spilled), std::move(accepted));
                       store_spilled();
                       turn();
                     });
}

void Lane::State::stored_now(LaneSpill spilled, Result<Accepted> accepted) {
  Work& work = spilled.item.work;
  if (accepted && accepted->ids.size() != work.targets.size())
    accepted = Error{Fault::overloaded, "the store lost a recipient"};
  if (accepted) numbered(spilled.item.place, accepted->ids.front());
  if (spilled.copy != nullptr) return copied(spilled.copy, accepted);
  if (!accepted)
    return end_unstored(work, failure(Fault::overloaded, "4.3.1", accepted.error().what));
  for (std::size_t at = 0; at < work.targets.size(); ++at) work.targets[at].id = accepted->ids[at];
  return_work(work, spilled.why);
}

void Lane::State::let_go() {
  if (any(LaneLink::Phase::ready)) return;
  for (LaneItem& item : ready) item.work.hold = nullptr;
}

void Lane::State::end_unstored(const Work& work, const Outcome& outcome) {
  for (const Target& target : work.targets)
    ledger.ended(*work.envelope, target, outcome, ledger.begin(parts.clock.now()));
  parts.host.undelivered(work, outcome);
}

void Lane::State::settled_unstored(LaneFlight& flight, const Target& target, Outcome outcome) {
  const Work& work = flight.item.work;
  if (outcome.disposition == Disposition::delivered) {
    ledger.ended(*work.envelope, target, outcome, flight.tried);
    if (work.asker != nullptr) work.asker->tell(std::move(outcome));
    return;
  }
  // Nobody was promised anything of a swift one, but its sender may count on it.
  const bool once_more = outcome.disposition == Disposition::deferred &&
                         (!flight.item.patient() || may_go_again(outcome));
  if (once_more) {
    flight.put_by |= flight.judged;
    flight.given_back.push_back(target);
    flight.last_return = std::move(outcome);
    return;
  }
  outcome.disposition = Disposition::failed;
  end_unstored({work.envelope, work.body, {target}, work.asker}, outcome);
}

void Lane::State::finish_unstored(LaneFlight flight) {
  if (flight.given_back.empty()) return;
  LaneItem rest = std::move(flight.item);
  rest.work.targets = std::move(flight.given_back);
  const bool enough = ++rest.returns >= limits::works_returned_max;
  if (rest.patient()) {
    if (!enough && (rest.work.envelope->flow != Flow::latest || is_newest(rest)))
      return put_back(std::move(rest));
    if (!enough) return;
    flight.last_return.disposition = Disposition::failed;
    return end_unstored(rest.work, flight.last_return);
  }
  if (!enough && !flight.put_by) return put_back(std::move(rest));
  regress = traits->ordered;   // what came after it follows
  store(std::move(rest), flight.last_return.reply);
}

// What waits for minutes at most has no hope of its peer: who asked need not wait to hear of it.
void Lane::State::end_patient(const Outcome& outcome) {
  std::vector<LaneItem> all;
  for (std::size_t count = patient == 0 ? 0 : ready.size(); count > 0; --count) {
    LaneItem item = pop_front();
    if (item.patient()) all.push_back(std::move(item));
    else push_back(std::move(item));
  }
  Outcome failed = outcome;
  failed.disposition = Disposition::failed;
  for (const LaneItem& item : all) end_unstored(item.work, failed);
}

void Lane::State::expire_patience(Instant now) {
  if (now < patience_next) return;
  patience_next = Instant::max();
  std::vector<LaneItem> over;
  for (std::size_t count = patient == 0 ? 0 : ready.size(); count > 0; --count) {
    LaneItem item = pop_front();
    if (item.patience_end <= now) over.push_back(std::move(item));
    else push_back(std::move(item));
  }
  const std::string cause = last_error.empty() ? "" : "; last: " + last_error;
  for (const LaneItem& item : over)
    end_unstored(item.work,
                 failure(Fault::try_later, "4.4.7", "no way to its peer in time" + cause));
}

}  // namespace hanse
