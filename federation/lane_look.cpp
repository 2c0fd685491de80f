// SPDX-License-Identifier: Apache-2.0
// A lane that waits to try again, and finds that its peer has moved meanwhile (xmpp 5.2).

#include <algorithm>
#include <utility>

#include "federation/lane_state.h"
#include "federation/limits.h"

namespace hanse {

namespace {

std::string place_of(const Endpoint& endpoint) {
  return to_text(endpoint) + (endpoint.tls_first ? " tls" : "");
}

}  // namespace

// Nobody tells us of a record that has changed. A short wait is soon over; of a long one every
// sixth part is a reason to ask, mostly a cache: a thousand dead peers are a few questions a
// second.
void Lane::State::plan_look(Instant now) {
  look_next = Instant::max();
  if (!traits->looks_again) return;
  const Duration part = breaker.wait(now) / limits::looks_per_wait_max;
  look_every = std::max(limits::records_looked_at_every, part);
  if (now + look_every < breaker.until()) look_next = now + look_every;
}

void Lane::State::look_again(Instant now) {
  look_next = now + look_every < breaker.until() ? now + look_every : Instant::max();
  const bool waits = !ready.empty() || !stored.nothing();
  if (!waits || !may_look()) return;
  looker.start(traits->discover(name, parts.random),
               [this](const EndpointFinder::Found& result) { looked(result); });
}

bool Lane::State::may_look() const {
  return !draining && !held && !attempting && !any(LaneLink::Phase::ready) &&
         !breaker.may_try(parts.clock.now());
}

void Lane::State::looked(const EndpointFinder::Found& result) {
  if (!result.endpoints || !may_look()) return;
  const bool moved = std::any_of(
      result.endpoints->begin(), result.endpoints->end(),
      [this](const Endpoint& one) { return !places_tried.contains(place_of(one)); });
  if (!moved) return;
  ledger.moved();
  breaker.wake();
  endpoints_until = Instant::min();
  stored.due_now();
  turn();
}

// All that it was led to since it last worked: an answer may be a part of what there is.
void Lane::State::remember_places(const std::vector<Endpoint>& endpoints) {
  if (!traits->looks_again) return;
  if (!breaker.failing() || places_tried.size() >= limits::places_remembered_max)
    places_tried.clear();
  for (const Endpoint& one : endpoints) places_tried.insert(place_of(one));
}

}  // namespace hanse
