// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/stream.h"

#include <algorithm>
#include <utility>

#include "tests/sim/network.h"

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration again_first = 200ms;   // retransmission of what did not get through
constexpr Duration again_last = 60s;
constexpr Duration give_up_after = 15min;  // unanswered for so long: the kernel ends it
constexpr Duration linger_max = 60s;      // of output after the owner has closed
constexpr std::size_t segment_bytes_max = 16 * 1024;
constexpr std::size_t crumbs_until_bytes = 2000;   // carried: by then all commands were cut up
constexpr std::size_t slow_segment_bytes = 256;
constexpr std::size_t joined_bytes_max = 64 * 1024;

bool names_match(const Host& host, const std::string& name, const std::vector<std::string>& also) {
  const auto has = [&host](const std::string& wanted) {
    return std::find(host.names.begin(), host.names.end(), wanted) != host.names.end();
  };
  return has(name) || std::any_of(also.begin(), also.end(), has);
}

// What a machine shows of itself in a handshake.
std::shared_ptr<const CertificateChain> chain_of(const Host& host) {
  auto chain = std::make_shared<CertificateChain>();
  CertificateFacts& leaf = chain->certificates.emplace_back();
  leaf.dns_names = host.names;
  leaf.sha256 = host.address;
  chain->valid = host.tls == TlsManner::valid;
  if (!chain->valid) chain->error = "self-signed certificate";
  return chain;
}

}  // namespace

Stream::Stream(Timeline& timeline, Random& random, Network& network, Host& client, Host& server,
               std::uint64_t number, Manner manner)
    : timeline_(timeline), random_(random), network_(network), number_(number), manner_(manner) {
  sides_[0].host = &client;
  sides_[1].host = &server;
}

bool Stream::open() const { return sides_[0].events != nullptr || sides_[1].events != nullptr; }

void Stream::cut() {
  disturbed_ = true;
  for (Side& each : sides_) {
    each.outgoing.clear();
    each.front_sent = 0;
    each.flying.clear();
  }
  reset(0, "connection reset");
  reset(1, "connection reset");
}

void Stream::silence() {
  silent_ = disturbed_ = true;
}

// ---- what an owner does ----

void Stream::write(int from, std::string_view bytes) {
  Side& own = side(from);
  if (bytes.empty() || own.closing || own.gone) return;
  own.unwritten += bytes.size();
  queue(from, {Chunk::Kind::data, std::string(bytes), {}});
}

void Stream::start_tls(int from, const TlsWish& wish) {
  Side& own = side(from);
  own.tls = Tls::handshaking;
  own.tls_asks = wish.ask_certificate;
  if (from == 1) return drain_soon(from);   // the hello may be here already
  queue(from, {Chunk::Kind::hello, wish.name, wish.also});
}

void Stream::read(int to, bool wanted) {
  side(to).reading = wanted;
  if (wanted) drain_soon(to);
}

void Stream::close_after_write(int from) {
  Side& own = side(from);
  if (own.closing || own.gone) return;
  own.closing = true;
  queue(from, {Chunk::Kind::fin, {}, {}});
  timeline_.at(timeline_.now(), [self = shared_from_this(), from] {
    self->finish(from, false, "closed by us");
  });
  timeline_.after(linger_max, [self = shared_from_this(), from] {
    if (!self->side(from).fin_taken) self->cut();
  });
}

void Stream::leave(int from) {
  Side& own = side(from);
  own.events = nullptr;
  own.gone = true;
  if (own.closing) return;
  own.outgoing.clear();
  own.front_sent = 0;
  if (own.host->powered) reset(1 - from, "connection reset by peer");
}

// ---- from here to there ----

void Stream::queue(int from, Chunk chunk) {
  side(from).outgoing.push_back(std::move(chunk));
  pump_soon(from);
}

void Stream::pump_soon(int from) {
  if (side(from).outgoing.empty() || std::exchange(side(from).pump_due, true)) return;
  timeline_.at(timeline_.now(), [self = shared_from_this(), from] {
    self->side(from).pump_due = false;
    self->pump(from);
  });
}

// Puts on the line what the window allows.
void Stream::pump(int from) {
  Side& own = side(from);
  const Side& other = side(1 - from);
  bool moved = false;
  while (!own.outgoing.empty()) {
    const std::size_t used = own.flying_bytes + other.arrived_bytes;
    Chunk piece;
    if (used >= manner_.window_bytes || !take_piece(own, manner_.window_bytes - used, piece)) break;
    const std::size_t size = piece.bytes.size() + 40;
    own.line_free = std::max(own.line_free, timeline_.now()) +
                    Duration(1'000'000 * size / manner_.bytes_per_second);
    if (piece.kind == Chunk::Kind::fin) own.fin_taken = true;
    own.flying_bytes += piece.bytes.size();
    own.flying.push_back({std::move(piece), own.line_free + manner_.latency});
    moved = true;
  }
  arrive_soon(from);
  if (moved && own.events != nullptr) own.events->end_written();
}

bool Stream::take_piece(Side& own, std::size_t room, Chunk& piece) {
  Chunk& front = own.outgoing.front();
  if (front.kind != Chunk::Kind::data) {
    piece = std::move(front);
    own.outgoing.pop_front();
    return true;
  }
  const std::size_t left = front.bytes.size() - own.front_sent;
  if (!worth_sending(room, left)) return false;
  const bool crumbs = manner_.crumb_bytes_max != 0 && bytes_carried_ < crumbs_until_bytes;
  const std::size_t segment = crumbs ? manner_.crumb_bytes_max : segment_bytes_max;
  const std::size_t most = std::min({left, room, segment});
  const bool whole = random_.below(3) != 0;
  const std::size_t size = whole ? most : 1 + random_.below(most);
  own.unwritten -= size;
  piece.kind = Chunk::Kind::data;
  piece.bytes = front.bytes.substr(own.front_sent, size);
  own.front_sent += size;
  if (size == left) {
    own.outgoing.pop_front();
    own.front_sent = 0;
  }
  return true;
}

// A window that opens a little is not filled at once, or pieces get ever smaller (RFC 1122
// 4.2.3.4).
bool Stream::worth_sending(std::size_t room, std::size_t left) const {
  return room >= std::min(left, manner_.window_bytes / 2);
}

void Stream::arrive_soon(int from) {
  Side& own = side(from);
  if (own.flying.empty() || std::exchange(own.arrival_due, true)) return;
  timeline_.at(own.flying.front().arrives, [self = shared_from_this(), from] {
    self->side(from).arrival_due = false;
    self->arrive(from);
  });
}

void Stream::arrive(int from) {
  Side& own = side(from);
  Side& other = side(1 - from);
  if (own.flying.empty()) return;
  if (silent_ || !other.host->powered || network_.parted(own.host->address, other.host->address)) {
    disturbed_ = true;
    own.wait_again = std::clamp(own.wait_again * 2, again_first, again_last);
    own.waited += own.wait_again;
    if (own.waited > give_up_after) return finish(from, false, "connection timed out");
    own.flying.front().arrives = timeline_.now() + own.wait_again;
    return arrive_soon(from);
  }
  own.wait_again = own.waited = Duration(0);
  Chunk chunk = std::move(own.flying.front().chunk);
  own.flying.pop_front();
  own.flying_bytes -= chunk.bytes.size();
  arrive_soon(from);
  count(chunk.bytes.size());
  if (other.closing) return pump_soon(from);       // read and thrown away until it is gone
  if (other.gone) return reset(from, "connection reset by peer");
  other.arrived_bytes += chunk.bytes.size();
  other.arrived.push_back(std::move(chunk));
  if (!other.drain_due) drain(1 - from);
}

void Stream::count(std::size_t bytes) {
  bytes_carried_ += bytes;
  if (manner_.cut_after_bytes != 0 && bytes_carried_ >= manner_.cut_after_bytes) {
    manner_.cut_after_bytes = 0;
    cut();
  }
  if (manner_.silent_after_bytes != 0 && bytes_carried_ >= manner_.silent_after_bytes) silence();
}

// ---- to the owner over there ----

void Stream::drain_soon(int to, Duration wait) {
  if (std::exchange(side(to).drain_due, true)) return;
  timeline_.after(wait, [self = shared_from_this(), to] {
    self->side(to).drain_due = false;
    self->drain(to);
  });
}

void Stream::drain(int to) {
  Side& own = side(to);
  while (own.events != nullptr && !own.arrived.empty()) {
    if (own.tls != Tls::handshaking && !own.reading) return;
    if (timeline_.now() < own.reads_again) return drain_soon(to, own.reads_again - timeline_.now());
    if (!hand_over(to, own)) return;
  }
}

bool Stream::hand_over(int to, Side& own) {
  if (own.arrived.front().kind == Chunk::Kind::data) {
    if (own.tls == Tls::handshaking) {
      finish(to, true, "no TLS record");
      return false;
    }
    hand_bytes(to, own);
    return true;
  }
  const Chunk chunk = std::move(own.arrived.front());
  own.arrived.pop_front();
  own.arrived_bytes -= chunk.bytes.size();
  switch (chunk.kind) {
    case Chunk::Kind::hello: on_hello(to, chunk); break;
    case Chunk::Kind::answer: on_answer(to, chunk); break;
    default: finish(to, own.tls == Tls::handshaking, "closed by peer");
  }
  return true;
}

void Stream::hand_bytes(int to, Side& own) {
  std::string bytes = std::move(own.arrived.front().bytes);
  own.arrived.pop_front();
  const bool slow = to == 1 && manner_.read_rate != 0;
  if (slow && bytes.size() > slow_segment_bytes) {
    own.arrived.push_front({Chunk::Kind::data, bytes.substr(slow_segment_bytes), {}});
    bytes.resize(slow_segment_bytes);
  }
  const bool join = !slow && random_.below(2) == 0;
  while (join && !own.arrived.empty() && own.arrived.front().kind == Chunk::Kind::data &&
         bytes.size() < joined_bytes_max) {
    bytes += own.arrived.front().bytes;
    own.arrived.pop_front();
  }
  own.arrived_bytes -= bytes.size();
  if (slow) {
    const std::size_t time = 1'000'000 * bytes.size() / manner_.read_rate;
    own.reads_again = timeline_.now() + Duration(time);
  }
  pump_soon(1 - to);
  own.events->end_received(bytes);
}

void Stream::on_hello(int to, const Chunk& hello) {
  Side& own = side(to);
  if (own.tls != Tls::handshaking) return own.events->end_received("\x16\x03\x01");
  if (own.host->tls == TlsManner::stalls) return;
  Chunk answer{Chunk::Kind::answer, {}, {}};
  answer.good = own.host->tls != TlsManner::fails;
  answer.valid = own.host->tls == TlsManner::valid &&
                 names_match(*own.host, hello.bytes, hello.names);
  const bool good = answer.good;
  queue(to, std::move(answer));
  if (!good) return finish(to, true, "handshake failure");
  own.tls = Tls::up;
  TlsFacts facts{"TLSv1.3", "TLS_AES_256_GCM_SHA384", {}, false, "no certificate"};
  if (own.tls_asks) facts.chain = chain_of(*side(1 - to).host);
  own.events->end_tls_up(std::move(facts));
}

void Stream::on_answer(int to, const Chunk& answer) {
  Side& own = side(to);
  if (!answer.good) return finish(to, true, "alert handshake failure");
  own.tls = Tls::up;
  TlsFacts facts{"TLSv1.3", "TLS_AES_256_GCM_SHA384", side(1 - to).host->address,
                 answer.valid, answer.valid ? "" : "self-signed certificate"};
  facts.chain = chain_of(*side(1 - to).host);
  own.events->end_tls_up(std::move(facts));
}

void Stream::reset(int to, const char* why) {
  if (silent_ && !side(to).over) return;
  timeline_.after(manner_.latency, [self = shared_from_this(), to, why] {
    self->side(to).arrived.clear();
    self->side(to).arrived_bytes = 0;
    self->finish(to, self->side(to).tls == Tls::handshaking, why);
  });
}

void Stream::finish(int to, bool tls_failed, const std::string& why) {
  side(to).over = true;
  EndEvents* events = std::exchange(side(to).events, nullptr);
  if (events != nullptr) events->end_closed(tls_failed, why);
}

// ---- the handle ----

End& End::operator=(End&& other) noexcept {
  if (this != &other) {
    leave();
    stream_ = std::move(other.stream_);
    side_ = other.side_;
  }
  return *this;
}

void End::attach(EndEvents& events) {
  Stream::Side& own = stream_->side(side_);
  own.events = &events;
  if (own.over) return stream_->reset(side_, "connection reset by peer");  // before anybody looked
  stream_->drain_soon(side_);
}

void End::leave() {
  if (stream_ == nullptr) return;
  stream_->leave(side_);
  stream_.reset();
}

const std::string& End::local() const { return stream_->host(side_).address; }
const std::string& End::remote() const { return stream_->host(1 - side_).address; }

}  // namespace hanse::sim
