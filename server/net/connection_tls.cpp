// SPDX-License-Identifier: Apache-2.0
#include "server/net/connection_tls.h"

#include "server/base/limits.h"
#include "server/net/connection_dialled.h"

namespace hanse::net {

namespace {

constexpr char tls_handshake_octet = 0x16;   // RFC 8446 5.1

}  // namespace

void Connection::start_tls(TlsWish wish) {
  if (phase_ == Phase::open) make_tls(std::move(wish));
}

// The engine has seen to it that nothing of the peer is waiting to be read as plain text.
void Connection::make_tls(TlsWish wish) {
  const std::shared_ptr<const TlsContext>& context = hall_->setup->tls;
  if (tls_ || !context || (!dialled_ && !context->can_serve())) {
    hall_->shard.post([self = shared_from_this()] {
      self->tls_failed("TLS is not configured, or is up already");
      self->finish();
    });
    return;
  }
  const std::string door = protocol_ + ' ' + std::string(listen_.address_key);
  tls_ = std::make_unique<Tls>(context, dialled_ == nullptr, std::move(wish), door);
  own_deadline_ = hall_->clock.now() + hall_->setup->limits.handshake_timeout;
  update_deadline();
  if (dialled_) tls_->channel.version_min(dialled_->request.endpoint.tls_min);
  if (dialled_ && tls_->channel.start(output_) == TlsChannel::State::failed)
    hall_->shard.post([self = shared_from_this()] {
      self->tls_failed(self->tls_->channel.error());
      self->finish();
    });
}

void Connection::secure_first() {
  phase_ = Phase::securing;
  make_tls({.alpn = std::string(listen_.alpn), .ask_certificate = listen_.ask_certificate,
            .strong_only = listen_.strong_only});
}

// The peer speaks first here, and its first octet says how: a TLS record of a handshake begins
// with 22, and no text of a protocol does (xmpp 1.8).
void Connection::detect(std::string_view bytes) {
  own_deadline_ = Instant::max();
  update_deadline();
  if (bytes.front() == tls_handshake_octet) {
    secure_first();
  } else {
    open_inbound(false);
  }
  if (tls_ || (phase_ == Phase::open && !closing_)) take(bytes);
}

void Connection::take_secured(std::string_view bytes) {
  std::string plain = std::move(hall_->plain);
  plain.clear();
  const TlsChannel::State state = tls_->channel.receive(bytes, plain, output_);
  const bool handshaking = state == TlsChannel::State::handshaking;
  if (!tls_->up && !handshaking && (state != TlsChannel::State::failed || !plain.empty()))
    secured();
  if (!plain.empty() && phase_ == Phase::open && !closing_)
    turn([&] { session_->on_received(plain); });
  hall_->plain = std::move(plain);
  if (state == TlsChannel::State::failed) {
    tls_failed(tls_->channel.error());
  } else if (state == TlsChannel::State::peer_closed) {
    peer_ended("the peer closed the connection");
  }
}

void Connection::secured() {
  tls_->up = true;
  tls_->facts = tls_->channel.facts();
  own_deadline_ = Instant::max();
  update_deadline();
  const TlsFacts& facts = tls_->facts;
  hall_->count_handshake(protocol_, dialled_ != nullptr, true, facts.version);
  if (hall_->log.enabled(Level::debug, "conn.tls"))
    hall_->log.write(Level::debug, "conn.tls", facts.version + " " + facts.cipher,
                     {{"proto", protocol_}, {"conn", id_}, {"peer", to_text(remote_)},
                      {"verified", facts.verified}});
  if (phase_ == Phase::securing) open_inbound(true);
  turn([this] { session_->on_tls_up(tls_->facts); });
  if (tls_) tls_->facts.chain.reset();  // the engine keeps what it needs of it
}

void Connection::tls_failed(const std::string& why) {
  if (phase_ != Phase::open && phase_ != Phase::securing) return;
  const bool was_up = tls_ && tls_->up;
  if (!was_up) hall_->count_handshake(protocol_, dialled_ != nullptr, false, "none");
  hall_->log.write(Level::info, "conn.tls", why,
                   {{"proto", protocol_}, {"conn", id_}, {"peer", address_text(remote_)}});
  end_session(!was_up, why);
}

void Connection::write_secured(std::string_view bytes) { tls_->plain.append(bytes); }

// All that was written in one turn becomes as few records as possible.
void Connection::encrypt_output() {
  if (!tls_ || !tls_->up) return;
  if (!tls_->plain.empty()) {
    if (tls_->channel.send(tls_->plain, output_) == TlsChannel::State::failed) {
      tls_failed(tls_->channel.error());
      return;
    }
    tls_->plain.clear();
    if (tls_->plain.capacity() > limits::output_kept_bytes_max) tls_->plain = std::string();
  }
  if ((closing_ || phase_ == Phase::ending) && !tls_->said_goodbye) {
    tls_->said_goodbye = true;
    tls_->channel.shut_down(output_);
  }
}

bool Connection::securing() const {
  return tls_ && !tls_->up && (phase_ == Phase::open || phase_ == Phase::securing);
}

std::size_t Connection::plain_unwritten() const { return tls_ ? tls_->plain.size() : 0; }

std::string Connection::tls_text() const {
  if (!tls_ || !tls_->up) return {};
  return tls_->facts.version + " " + tls_->facts.cipher;
}

}  // namespace hanse::net
