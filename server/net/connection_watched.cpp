// SPDX-License-Identifier: Apache-2.0
// A connection as operators see it: what it is, what happens on it, and its end at their wish.

#include "federation/lane_name.h"
#include "federation/next_hop.h"
#include "server/net/connection_dialled.h"
#include "server/net/connection_served.h"
#include "server/net/connection_tls.h"

namespace hanse::net {

namespace {

// The domains a lane's name holds that are the peer's. A protocol may mark lanes behind a '?'.
void add_lane(std::vector<std::string>& names, std::string_view lane) {
  lane = lane.substr(0, lane.find('?'));
  const LaneName name = split_lane(lane);
  names.emplace_back(name.target);
  // "mx.b.example:25": the name alone is what people say
  if (NextHop hop = parse_next_hop(name.hop); !hop.name.empty() && hop.name != name.target)
    names.push_back(std::move(hop.name));
}

}  // namespace

void Connection::noted(std::string_view event) {
  if (event == "route.loop_dropped")
    hall_->metrics.counter("hanse_route_loops_dropped_total", "What came back and went no further.",
                           {{"proto", protocol_}, {"route", route()}}).add();
  if (event.ends_with(".starttls_injection"))
    hall_->metrics.counter("hanse_attacks_total", "What only somebody in between does.",
                           {{"proto", protocol_}, {"kind", "starttls_injection"}}).add();
}

// A connection of ours knows its lane, and that a domain's own name was not led there by a rule.
std::string Connection::route() const {
  if (!dialled_) return route_.empty() ? "other" : route_;
  const std::string_view lane = dialled_->request.lane;
  const LaneName name = split_lane(lane.substr(0, lane.find('?')));
  return name.target == name.hop && parse_next_hop(name.hop).kind == NextHop::Kind::domain
             ? "discover"
             : "other";
}

TapPlace Connection::tap_place() const {
  TapPlace place{protocol_, id_, to_text(remote_), {}, dialled_ == nullptr};
  if (dialled_) add_lane(place.names, dialled_->request.lane);
  if (served_)
    for (const Served::Berth& berth : served_->berths) add_lane(place.names, berth.lane);
  if (session_ && !session_->claimed().empty()) place.names.push_back(session_->claimed());
  place.names.push_back(address_text(remote_));
  return place;
}

void Connection::watch(const std::shared_ptr<TraceFeed>& feed, bool midway) {
  if (phase_ != Phase::open) return;
  TapPlace place = tap_place();
  if (!Tap::may_watch(*feed, place)) return;
  const RedactorWish wish{dialled_ != nullptr, midway, feed->wish().bodies};
  const std::string text = (dialled_ ? "to " : "from ") + place.remote +
                           (midway ? ", up since " + format_utc(since_) : "");
  auto tap = std::make_unique<Tap>(feed, room_->redactor(wish), std::move(place), hall_->clock);
  tap->opened(text);
  session_->watch(std::move(tap));
}

void Connection::watch_from_start() {
  if (probe_) watch(probe_, false);
  for (const std::shared_ptr<TraceFeed>& feed : hall_->traces) watch(feed, false);
}

void Connection::unwatch() {
  if (session_) session_->unwatch();
}

// There was no session that could have been watched.
void Connection::tell_traces(const std::string& text) const {
  if (hall_->traces.empty()) return;
  const TapPlace place = tap_place();
  for (const std::shared_ptr<TraceFeed>& feed : hall_->traces) {
    if (!Tap::may_watch(*feed, place)) continue;
    feed->put({hall_->clock.utc(), TraceLine::Kind::closed, protocol_, id_, place.names.front(),
               text});
  }
}

// Politely, in the protocol's own words, or at once. The feed hears it, and that it is over.
bool Connection::close(const std::shared_ptr<TraceFeed>& feed, bool at_once) {
  if (phase_ == Phase::ending || phase_ == Phase::closed) return false;
  const bool open = phase_ == Phase::open;
  watch(feed, true);
  if (at_once || !open) cut("closed by the operator");
  else drain();
  if (!open)
    feed->put({hall_->clock.utc(), TraceLine::Kind::closed, protocol_, id_, {},
               "it was not up yet"});
  finish_later();
  return true;
}

ConnectionDetail Connection::detail() const {
  ConnectionDetail out;
  out.row = row();
  switch (phase_) {
    case Phase::connecting: out.phase = "connecting"; break;
    case Phase::detecting: out.phase = "waiting for the first octet"; break;
    case Phase::securing: out.phase = "TLS handshake"; break;
    case Phase::open: out.phase = securing() ? "TLS handshake" : "open"; break;
    case Phase::ending: out.phase = "ending"; break;
    case Phase::closed: out.phase = "closed"; break;
  }
  if (dialled_) out.lanes.push_back(dialled_->request.lane);
  if (served_)
    for (const Served::Berth& berth : served_->berths) out.lanes.push_back(berth.lane);
  if (dialled_) out.endpoint = to_text(dialled_->request.endpoint);
  if (tls_ && tls_->up) {
    out.alpn = tls_->facts.alpn;
    out.server_name = tls_->facts.server_name;
    out.certificate_sha256 = tls_->facts.certificate_sha256;
    out.verified = tls_->facts.verified;
    // Who comes to us is asked for no name here: whose the certificate is its protocol judges.
    if (dialled_)
      out.verify_error = tls_->facts.verify_error;
  }
  if (session_) out.trust = session_->judged();
  out.works = dialled_ ? dialled_->under_way.size() : served_ ? served_->under_way.size() : 0;
  out.unwritten_bytes = unwritten();
  out.memory_bytes = memory_bytes();
  out.paused = paused_;
  return out;
}

}  // namespace hanse::net
