// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/link.h"

#include <utility>

#include "protocols/irc/limits.h"
#include "protocols/irc/remedy.h"
#include "server/base/digest.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::string_view tls_alert = "\x15\x03";   // how a record of TLS begins that refuses us

}  // namespace

ServerLink::ServerLink(std::shared_ptr<Hub> hub, const NetworkSettings* dialled,
                       const std::string& nonce)
    : hub_(std::move(hub)), dialled_(dialled), known_(dialled), nonce_(nonce),
      splitter_(hub_->settings().line_bytes_max) {}

ServerLink::~ServerLink() {
  call_over();
  let_go("the link ended");
}

void ServerLink::open(std::string remote_address, std::uint16_t remote_port, Instant now,
                      Outbox& out) {
  remote_ = {std::move(remote_address), remote_port};
  heard_at_ = now;
  out.set_timer(progress_timer, now + hub_->settings().handshake_wait);
}

void ServerLink::tls_up(TlsFacts facts) { tls_ = std::make_unique<TlsFacts>(std::move(facts)); }

void ServerLink::start(Outbox& out) {
  if (Result<void> good = tls_suffices(*dialled_); !good)
    return end(good.error().fault, good.error().what, false, out);
  Side& side = *hub_->side(dialled_->name);
  if (side.phase() != Side::Phase::down)   // it has called us meanwhile
    return end(Fault::try_later, "already linked to " + dialled_->name, false, out);
  calling_ = &side;
  ++side.crossing().calls;
  dialect_ = make_dialect(dialled_->dialect, nonce_);
  std::string text;
  dialect_->greet(*dialled_, text);
  out.send(text);
}

Result<const NetworkSettings*> ServerLink::admit(std::string_view peer_name) {
  const NetworkSettings* network = hub_->settings().network_of_peer(peer_name);
  if (network == nullptr)
    return Error{Fault::refused, "no [irc.network] has the peer " + escape_text(peer_name, 64)};
  known_ = network;
  if (Result<void> may = may_link(*network); !may) return may.error();
  if (hub_->side(network->name)->crossing().calls == 0) return network;
  if (must_wait_for_call(*network)) held_by_ = hub_->side(network->name);
  return Error{Fault::refused, "our own call to " + network->name + " comes first"};
}

// ---- reading ----

void ServerLink::received(std::string_view bytes, Instant now, Outbox& out) {
  if (state_ == State::ended) return;
  heard_at_ = now;
  pings_missed_ = 0;
  if (side_ != nullptr) side_->crossing().silent = false;
  if (dialled_ != nullptr && tls_ == nullptr && handshake_lines_ == 0 &&
      bytes.starts_with(tls_alert))
    return end(Fault::refused, "it speaks TLS there", false, out);
  splitter_.add(bytes);
  if (turn_asked_ != 0) return;
  budget_.new_turn();
  read_lines(now, out);
  finish_turn(now, out);
}

void ServerLink::read_lines(Instant now, Outbox& out) {
  if (state_ == State::bursting)
    out.set_timer(progress_timer, now + hub_->settings().burst_wait);
  while (state_ != State::ended && held_by_ == nullptr) {
    if (state_ != State::handshake && !budget_.take(now)) return pause(out, now);
    std::string_view text;
    switch (splitter_.next(text)) {
      case LineSplitter::Found::nothing: return;
      case LineSplitter::Found::line:
        if (state_ == State::handshake) shake(text, now, out);
        else take(text, now, out);
        break;
      // irc 1.1, 1.2
      case LineSplitter::Found::nul: return end(Fault::never, "a NUL in a line", true, out);
      case LineSplitter::Found::stray_cr: return end(Fault::never, "a CR in a line", true, out);
      case LineSplitter::Found::oversize: return end(Fault::never, "a line too long", true, out);
    }
  }
}

void ServerLink::shake(std::string_view text, Instant now, Outbox& out) {
  Line line;
  if (!parse_line(text, limits::parameters_max, line)) return;
  if (++handshake_lines_ > limits::handshake_lines_max)
    return end(Fault::refused, "a handshake without end", true, out);
  if (dialect_ == nullptr) dialect_ = dialect_of(line, nonce_);
  if (dialect_ == nullptr)
    return end(Fault::refused, "this speaks to servers only, in a protocol we know", true, out);
  std::string answer;
  Result<bool> done = dialect_->shake(line, *this, answer);
  if (!answer.empty()) out.send(answer);
  if (held_by_ != nullptr) return hold(*held_by_, text, out);
  if (!done) {
    // What it says of the reason is for us to read, not for it to hear again.
    const bool tell = !done.error().what.starts_with(its_words);
    return end(done.error().fault, done.error().what, tell, out);
  }
  if (*done) agreed(now, out);
}

Result<void> ServerLink::may_link(const NetworkSettings& network) const {
  if (Result<void> good = tls_suffices(network); !good) return good;
  const auto refuse = [](std::string what) { return Error{Fault::refused, std::move(what)}; };
  if (network.dialect != DialectKind::automatic &&
      make_dialect(network.dialect, nonce_)->name() != dialect_->name())
    return refuse("it speaks " + std::string(dialect_->name()) + ", which is not configured");
  Side& side = *hub_->side(network.name);
  if (side.phase() != Side::Phase::down && !side.crossing().silent)
    return Error{Fault::try_later, "already linked to " + network.name};
  return {};
}

// irc 8
Result<void> ServerLink::tls_suffices(const NetworkSettings& network) const {
  const auto refuse = [](std::string what) { return Error{Fault::refused, std::move(what)}; };
  if (network.tls == LinkTls::off) {
    if (tls_ == nullptr && !is_loopback(remote_.address))
      return refuse("a link in plain text from another machine");
    return {};
  }
  if (tls_ == nullptr) return refuse("TLS is wanted here");
  if (network.tls == LinkTls::pin) {
    if (equal_constant_time(tls_->certificate_sha256, network.fingerprint)) return {};
    return refuse("its certificate is another one: sha256:" + tls_->certificate_sha256);
  }
  if (dialled_ != nullptr)
    return tls_->verified ? Result<void>() : refuse("its certificate: " + tls_->verify_error);
  if (tls_->chain == nullptr || tls_->chain->certificates.empty())
    return refuse("it showed no certificate");
  if (!tls_->chain->valid) return refuse("its certificate: " + tls_->chain->error);
  for (const std::string& name : tls_->chain->certificates.front().dns_names) {
    if (equal_ascii_case(name, network.peer)) return {};
  }
  return refuse("its certificate is not one of " + network.peer);
}

void ServerLink::agreed(Instant now, Outbox& out) {
  const NetworkSettings& network = *dialect_->network();
  // Once more: since it was admitted, another one may have come.
  if (Result<void> may = may_link(network); !may)
    return end(may.error().fault, may.error().what, true, out);
  for (const NetworkSettings& one : hub_->settings().networks) {
    const std::string& sid = dialect_->peer().sid;
    const auto is_ours = [&](const std::string& ours) {
      return !sid.empty() && sid == sid_here(dialect_->facts(), ours);
    };
    if (is_ours(one.sid) || is_ours(one.pseudo_sid))
      return end(Fault::refused, "its server id " + sid + " is one of ours", true, out);
  }
  Side& side = *hub_->side(network.name);
  if (side.phase() != Side::Phase::down) {   // silent: it has lost that link
    side.crossing().replaced = true;
    side.outgoing().touched();
    return hold(side, {}, out);
  }
  side_ = &side;
  side_->begin(dialect_, dialled_ != nullptr ? to_text(remote_) : "calls from " + remote_.address);
  call_over();
  if (side_->peer() == no_id) {
    let_go("refused");
    return end(Fault::refused, "its name or id is one of ours", true, out);
  }
  mirror_ = std::make_unique<Mirror>(*side_, hub_->relay(),
                                     hub_->settings().clock_skew_seconds_max);
  state_ = State::bursting;
  std::string burst;
  dialect_->write_burst_start(hub_->now(), burst);
  dialect_->write_burst_end(burst);
  out.send(burst);
  if (dialect_->facts().burst_asks) ++pings_;
  more_asked_ = out.ask(Heed{side_->outgoing().more()});
  out.set_timer(progress_timer, now + hub_->settings().burst_wait);
  out.set_timer(ping_timer, now + hub_->settings().ping_after);
  out.set_timer(upkeep_timer, now + limits::upkeep_wait);
  taken_at_ = now;
  const PeerServer& peer = dialect_->peer();
  out.note(Level::info, "irc.link", network.name + ": " + escape_text(peer.name) + " (" +
                                        escape_text(peer.sid, 16) + ") speaks " +
                                        std::string(dialect_->name()));
  for (const std::string& one :
       channels_that_fold(hub_->settings(), side_->index(), dialect_->facts().casemap))
    out.note(Level::warning, "irc.same_name", one);
  if (dialled_ != nullptr) out.ready();
  else out.serve(network.name, false);
}

void ServerLink::take(std::string_view text, Instant now, Outbox& out) {
  Line line;
  if (!parse_line(text, dialect_->facts().parameters_max, line)) return;
  const NetworkEvent event = dialect_->read(line);
  const Mirror::Verdict verdict = mirror_->take(event, hub_->now());
  if (verdict.kind == Mirror::Verdict::Kind::odd) note_drop(verdict.why, line, out);
  if (verdict.kind == Mirror::Verdict::Kind::noted)
    out.note(Level::warning, "irc.clock", side_->settings().name + ": " + std::string(verdict.why));
  if (verdict.kind == Mirror::Verdict::Kind::dropped) return dropped(verdict.why, line, now, out);
  if (verdict.kind == Mirror::Verdict::Kind::fatal) {
    if (const auto* error = std::get_if<LinkError>(&event))
      return end(Fault::try_later, heard_from_it(error->text), false, out);
    if (const auto* left = std::get_if<ServerLeft>(&event))
      return sent_away(left->reason, verdict.why, out);
    return end(Fault::never, verdict.why, true, out);
  }
  if (std::holds_alternative<Ponged>(event)) ponged(now, out);
  if (state_ == State::bursting && side_->linked()) {
    state_ = State::linked;
    budget_.begin(side_->settings().lines_per_second, now);   // a burst has no rate
    out.cancel_timer(progress_timer);
    out.note(Level::info, "irc.linked",
             side_->settings().name + ": " + std::to_string(side_->model().users()) + " users, " +
                 std::to_string(side_->model().channels()) + " channels");
  }
}

void ServerLink::note_drop(std::string_view why, const Line& line, Outbox& out) {
  side_->note_desync(why);
  out.note(Level::info, "irc.dropped", std::string(why) + ": " + escape_text(line.command, 32));
}

// irc 7: what must not be is left out and counted; a peer that goes on with it is not in order.
void ServerLink::dropped(std::string_view why, const Line& line, Instant now, Outbox& out) {
  if (now - drops_since_ > std::chrono::minutes(1)) {
    drops_since_ = now;
    drops_ = 0;
  }
  note_drop(why, line, out);
  if (++drops_ > limits::drops_per_minute_max)
    end(Fault::never, "too many lines that must not be", true, out);
}

// ---- writing ----

void ServerLink::finish_turn(Instant now, Outbox& out) {
  hand_over(out);
  if (side_ == nullptr) return;
  ask_what_is_wanted(out);
  if (room_asked_ == 0) wait_for_room(now, out);
}

// What the relay has for the queue and for the log.
void ServerLink::hand_over(Outbox& out) {
  for (Submission& one : hub_->relay().take_kept()) out.pass(std::move(one));
  for (const RelayNote& one : hub_->relay().take_notes())
    out.note(one.level, one.event, escape_text(one.text));
}

void ServerLink::heard(AskId id, Instant now, Outbox& out) {
  if (state_ == State::ended) return;
  if (id == held_asked_) return go_on(now, out);
  if (id == room_asked_) return read_again(now, out);
  if (id == turn_asked_) return read_on(now, out);
  if (id != more_asked_) return;
  more_asked_ = 0;
  write_more(now, out);
}

void ServerLink::write_more(Instant now, Outbox& out) {
  if (replaced(out)) return;
  Outgoing& outgoing = side_->outgoing();
  if (outgoing.overflown())
    return end(Fault::overloaded, sendq_exceeded, true, out);
  if (side_->facts().paced) return write_paced(now, out);
  if (!outgoing.empty()) out.send(outgoing.take(limits::outgoing_piece_bytes));
  if (!outgoing.empty()) outgoing.touched();
  ask_what_is_wanted(out);
  more_asked_ = out.ask(Heed{outgoing.more()});
}

// While there is no room nothing is asked for: the answer to a PING goes on here.
void ServerLink::write_paced(Instant now, Outbox& out) {
  Outgoing& outgoing = side_->outgoing();
  const bool waited = pacer_.waits();
  while (!outgoing.empty() && pacer_.room() > 0) {
    const std::string piece = outgoing.take(pacer_.room());
    out.send(piece);
    if (pacer_.sent(piece.size())) ask(out);
  }
  ask_what_is_wanted(out);
  if (pacer_.waits() && !waited) out.set_timer(pace_timer, now + pacer_.wait());
  if (pacer_.room() > 0 && more_asked_ == 0) more_asked_ = out.ask(Heed{outgoing.more()});
}

void ServerLink::ask(Outbox& out) {
  std::string text;
  dialect_->write(Pinged{side_->ourselves(), side_->party_of_server(side_->peer())}, text);
  out.send(text);
  ++pings_;
  pacer_.pinged();
}

void ServerLink::ask_what_is_wanted(Outbox& out) {
  const std::optional<std::uint64_t> position = side_->wanted_answer();
  if (!position || mark_.ping != 0 || side_->outgoing().gone() < *position) return;
  ask(out);
  mark_ = {pings_, *position};
  side_->asked();
}

void ServerLink::ponged(Instant now, Outbox& out) {
  if (pongs_ < pings_) ++pongs_;
  if (mark_.ping != 0 && pongs_ >= mark_.ping) {
    const std::uint64_t position = std::exchange(mark_, {}).position;
    hub_->relay().answered(*side_, position);
    prove_late(position, out);
  }
  if (pacer_.answered() && more_asked_ == 0) write_more(now, out);
}

void ServerLink::rang(TimerId timer, Instant now, Outbox& out) {
  if (state_ == State::ended) return;
  if (timer == progress_timer) {
    if (room_asked_ != 0)   // it is we who do not read
      return out.set_timer(progress_timer, now + hub_->settings().burst_wait);
    if (securing())
      return end(Fault::try_later, how_it_closed("it did not answer"), false, out);
    const bool shaking = state_ == State::handshake;
    return end(Fault::try_later, shaking ? "the handshake took too long" : "its burst got stuck",
               true, out);
  }
  if (replaced(out)) return;
  if (timer == pace_timer) {   // irc 3.4: it may sleep on what it has not read
    if (side_ == nullptr || !pacer_.waits()) return;
    ask(out);
    out.set_timer(pace_timer, now + pacer_.wait());
    return;
  }
  if (timer == late_timer) return tell_late(now, out);
  if (timer == room_timer) {
    if (crowded_ != nullptr) crowded_->outgoing().wait_no_more();
    return;
  }
  if (timer == flow_timer) return turn_->ring();
  if (timer == upkeep_timer) return look_after(now, out);
  look_whether_it_answers(now, out);
  if (state_ == State::ended) return;
  hub_->relay().claim_again(*side_);
  hand_over(out);
  out.set_timer(ping_timer, now + hub_->settings().ping_after);
}

}  // namespace hanse::irc
