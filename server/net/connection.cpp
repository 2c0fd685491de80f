// SPDX-License-Identifier: Apache-2.0
#include "server/net/connection.h"

#include <algorithm>

#include "server/base/digest.h"
#include "server/base/limits.h"
#include "server/net/connection_dialled.h"
#include "server/net/connection_served.h"
#include "server/net/connection_tls.h"

namespace hanse::net {

Connection::Connection(std::shared_ptr<Hall> hall)
    : hall_(std::move(hall)), id_(hall_->next_id()) {}
Connection::~Connection() = default;

// ---- the beginning ----

bool Connection::enter(const std::string& protocol) {
  protocol_ = protocol;
  since_ = hall_->clock.utc();
  const auto& rooms = hall_->setup->rooms;
  const auto found = rooms.find(protocol_);
  if (found != rooms.end()) room_ = found->second;
  hall_->enrol(shared_from_this());
  hall_->sessions_open.fetch_add(1, std::memory_order_relaxed);
  hall_->count_open(protocol_, dialled_ != nullptr, 1);
  return room_ != nullptr;
}

void Connection::start_inbound(int native, const Listen& listen, std::string protocol) {
  listen_ = listen;
  socket_ = Descriptor(hall_->shard, native);
  remote_ = net::remote_address(native);
  const Census::Ticket ticket =
      hall_->census->enter(remote_, hall_->setup->limits, hall_->clock.now());
  if (ticket.admission != Admission::welcome) hall_->count_rejected(protocol, ticket.reason);
  if (ticket.admission == Admission::turned_away) {
    phase_ = Phase::closed;
    socket_.close();
    return;
  }
  prefix_ = ticket.prefix;
  busy_ = ticket.admission == Admission::busy;
  too_often_ = ticket.too_often;
  crowded_ = ticket.crowded;
  if (!enter(protocol)) {
    close_socket();
    return;
  }
  if (hall_->log.enabled(Level::debug, "conn.open"))
    hall_->log.write(Level::debug, "conn.open", "connection accepted",
                     {{"proto", protocol_}, {"conn", id_}, {"peer", to_text(remote_)}});
  if (listen.detect_tls) {
    phase_ = Phase::detecting;
    own_deadline_ = hall_->clock.now() + hall_->setup->limits.handshake_timeout;
    update_deadline();
  } else if (listen.implicit_tls) {
    secure_first();
  } else {
    open_inbound(false);
  }
  if (hall_->draining) drain();
  finish();
}

void Connection::open_inbound(bool tls_first) {
  const std::shared_ptr<const TlsContext>& tls = hall_->setup->tls;
  const bool tls_available = tls_first || (tls != nullptr && tls->can_serve());
  open_session(room_->inbound({busy_, tls_available, crowded_, tls_first, listen_.table,
                               random_octets(limits::nonce_bytes), too_often_}));
}

void Connection::open_session(std::unique_ptr<Engine> engine) {
  phase_ = Phase::open;
  session_ = std::make_unique<Session>(std::move(engine), *this, *this, hall_->clock, hall_->log,
                                       protocol_, id_, this);
  watch_from_start();
  Opened opened;
  opened.local_address = address_text(local_address(socket_.native()));
  opened.remote_address = address_text(remote_);
  opened.remote_port = port_of(remote_);
  turn([&] { session_->open(std::move(opened)); });
}

// ---- the end ----

void Connection::drain() {
  if (phase_ == Phase::open) {
    turn([this] { session_->drain(); });
    finish_later();
  } else if (phase_ != Phase::ending && phase_ != Phase::closed) {
    if (dialled_) dialled_->end_unconnected(Fault::try_later, "drained before it was up", true);
    close_socket();
  }
}

// The room of its birth stays: engines may refer to it.
void Connection::reload() {
  const auto found = hall_->setup->rooms.find(protocol_);
  if (found == hall_->setup->rooms.end() || room_ == nullptr) return;
  if (session_ == nullptr) {
    room_ = found->second;
  } else if (phase_ == Phase::open || phase_ == Phase::securing) {
    turn([&] { session_->reload(found->second); });
    finish_later();
  }
}

void Connection::crowded(bool crowded) {
  crowded_ = crowded;
  if (phase_ != Phase::open || dialled_) return;
  turn([&] { session_->crowded(crowded); });
  finish_later();
}

void Connection::cut(const std::string& why) {
  if (in_turn_) {
    hall_->shard.post([self = shared_from_this(), why] { self->cut(why); });
    return;
  }
  if (phase_ == Phase::closed) return;
  output_.clear();
  sent_ = 0;
  if (dialled_ && phase_ == Phase::connecting) dialled_->end_unconnected(Fault::try_later, why);
  end_session(false, why);
  close_socket();
}

void Connection::end_session(bool tls_failed, const std::string& why, bool peer_ended) {
  const bool had_session = phase_ == Phase::open;
  if (!had_session && phase_ != Phase::securing) return;
  phase_ = Phase::ending;
  note_closed(why);
  session_deadline_ = Instant::max();
  own_deadline_ = hall_->clock.now() + limits::linger_wait_max;
  update_deadline();
  if (had_session) turn([&] { session_->on_closed(tls_failed, why, peer_ended); });
  if (dialled_) dialled_->end(session_->end());
  if (served_) served_->end(session_->end());
  finish_later();
}

void Connection::note_closed(const std::string& why) {
  hall_->sessions_open.fetch_sub(1, std::memory_order_relaxed);
  if (!hall_->log.enabled(Level::debug, "conn.close")) return;
  hall_->log.write(Level::debug, "conn.close", why,
                   {{"proto", protocol_}, {"conn", id_}, {"peer", to_text(remote_)},
                    {"bytes_in", static_cast<std::int64_t>(bytes_in_)},
                    {"bytes_out", static_cast<std::int64_t>(bytes_out_)},
                    {"dur_ms", to_unix_ms(hall_->clock.utc()) - to_unix_ms(since_)}});
}

// An exception in an engine is a bug: this one connection pays for it.
void Connection::engine_failed(const std::string& what) {
  hall_->engine_failures.add();
  hall_->log.write(Level::error, "conn.protocol_error", what,
                   {{"proto", protocol_}, {"conn", id_}, {"peer", address_text(remote_)}});
  if (dialled_ || served_) {
    LinkEnd end;
    end.stage = LinkEnd::Stage::ready;
    end.fault = Fault::broken;
    end.status = "4.3.0";
    end.what = "internal error: " + what;
    if (served_) served_->end(end);
    if (dialled_) dialled_->end(std::move(end));
  }
  close_socket();
}

void Connection::close_socket() {
  if (phase_ == Phase::closed) return;
  if (phase_ != Phase::ending) note_closed("closed before the session began or by a failure");
  pause(false);
  phase_ = Phase::closed;
  socket_.close();
  session_deadline_ = own_deadline_ = Instant::max();
  update_deadline();
  leave_place();
  hall_->census->leave(prefix_);
  if (!peer_.empty()) hall_->census->leave_peer(peer_);
  hall_->count_open(protocol_, dialled_ != nullptr, -1);
  finish_later();
  hall_->forget(*this);
}

void Connection::release() {
  socket_.close();
  session_.reset();
  tls_.reset();
  if (dialled_) dialled_->lane = nullptr;
  phase_ = Phase::closed;
}

// ---- turns ----

void Connection::turn(const std::function<void()>& call) {
  if (in_turn_) {
    call();
    return;
  }
  in_turn_ = true;
  try {
    call();
  } catch (const std::exception& failure) {
    in_turn_ = false;
    engine_failed(failure.what());
    return;
  }
  in_turn_ = false;
}

void Connection::finish() {
  flush();
  wait_read();
  tell_lane();
}

void Connection::finish_later() {
  if (finish_posted_) return;
  finish_posted_ = true;
  hall_->shard.post([self = shared_from_this()] {
    self->finish_posted_ = false;
    self->finish();
  });
}

void Connection::answer(Ask ask, std::function<void(Answer)> reply) {
  const bool judges = dialled_ == nullptr && std::holds_alternative<Verify>(ask);
  // A bell is its room's, which connections hold: it may never ring, and must keep none of them.
  const std::shared_ptr<Connection> kept =
      std::holds_alternative<Heed>(ask) ? nullptr : shared_from_this();
  hall_->services.answer(std::move(ask), [weak = weak_from_this(), kept, judges,
                                          reply = std::move(reply)](Answer answer) {
    const std::shared_ptr<Connection> self = weak.lock();
    if (self == nullptr) return;
    if (judges) self->count_for_peer(answer);
    if (const auto* permission = std::get_if<Permission>(&answer))
      self->route_ = permission->route.route;
    self->turn([&] { reply(std::move(answer)); });
    self->finish_later();
  });
}

// It counts for the first peer it turns out to be. One too many is told so by its engine.
void Connection::count_for_peer(Answer& answer) {
  TrustDecision* const decision = std::get_if<TrustDecision>(&answer);
  if (decision == nullptr || decision->verdict != Verdict::accept || decision->peer.empty() ||
      !peer_.empty() || phase_ == Phase::closed)
    return;
  if (hall_->census->enter_peer(decision->peer, hall_->setup->limits)) {
    peer_ = decision->peer;
    return;
  }
  hall_->count_rejected(protocol_, "peer");
  hall_->log.write(Level::warning, "peer.limit_reached", "too many connections of one peer",
                   {{"proto", protocol_}, {"conn", id_}, {"peer", decision->peer}});
  decision->verdict = Verdict::defer;
  decision->fault = Fault::overloaded;
  decision->why = "too many connections of " + decision->peer;
  decision->evidence.push_back({"connections", false, decision->why});
}

// An engine says so when its peer has proved who it is: from then on it counts no more among those
// of whom only the address is known (xmpp 9.3).
void Connection::wake(const std::string& protocol, const std::string& lane) {
  if (!dialled_) hall_->census->leave_prefix(std::exchange(prefix_, {}));
  hall_->services.wake(protocol, lane);
}

void Connection::promise(const LegacyKey& key, std::function<void()> wanted) {
  hall_->services.promise(key, [token = weak_from_this(), wanted = std::move(wanted)] {
    const std::shared_ptr<Connection> self = token.lock();
    if (self == nullptr) return;
    self->turn(wanted);
    self->finish_later();
  });
}

void Connection::leave(const LegacyKey& key, std::shared_ptr<const Legacy> legacy) {
  if (!hall_->gone) hall_->services.leave(key, std::move(legacy));
}

void Connection::discard(std::int64_t blob) {
  if (!hall_->gone) hall_->services.discard(blob);
}

// ---- deadlines ----

void Connection::set_deadline(std::optional<Instant> at) {
  session_deadline_ = at.value_or(Instant::max());
  update_deadline();
}

void Connection::update_deadline() {
  hall_->set_deadline(*this, deadline_, std::min(session_deadline_, own_deadline_));
}

void Connection::overdue() {
  const std::shared_ptr<Connection> self = shared_from_this();
  const bool own = own_deadline_ <= hall_->clock.now();
  if (phase_ == Phase::connecting) {
    connect_failed("connect to " + to_text(remote_) + ": no answer within " +
                   format_duration(hall_->setup->limits.connect_timeout));
  } else if (phase_ == Phase::detecting) {
    note_handshake_timeout("the peer said nothing");
    cut("the peer said nothing");
  } else if (own && securing()) {
    note_handshake_timeout("the TLS handshake was not over in time");
    tls_failed("TLS handshake timeout");
  } else if (own) {
    cut("the peer did not take the end of the output");
  } else if (phase_ == Phase::open) {
    session_deadline_ = Instant::max();
    update_deadline();
    turn([this] { session_->on_deadline(); });
  }
  finish();
}

void Connection::note_handshake_timeout(std::string_view what) const {
  hall_->log.write(Level::info, "conn.handshake_timeout", what,
                   {{"proto", protocol_}, {"conn", id_}, {"peer", address_text(remote_)}});
}

ConnectionRow Connection::row() const {
  ConnectionRow row;
  row.connection = id_;
  row.protocol = protocol_;
  row.remote = to_text(remote_);
  if (dialled_) row.peer = dialled_->request.lane;
  if (served_) row.peer = served_->berths.front().lane;
  row.tls = tls_text();
  if (row.peer.empty()) row.peer = peer_;
  if (session_) row.claims = session_->claimed();
  if (session_) row.messages = session_->messages();
  row.outgoing = dialled_ != nullptr;
  row.since = since_;
  row.bytes_in = bytes_in_;
  row.bytes_out = bytes_out_;
  return row;
}

}  // namespace hanse::net
