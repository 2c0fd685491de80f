// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/sending.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/stanza.h"
#include "protocols/xmpp/stream_head.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

constexpr std::string_view question_mark = "hanse-";                 // before its number

}  // namespace

namespace {

// The same however often it comes, from memory or from the store; nothing for what has no name.
std::string which_of(const Work& work) {
  if (work.envelope->id.empty()) return {};
  return work.envelope->id + ' ' + to_text(work.targets.front().to);
}

// An iq that wants an answer: its sender is told if it has none to expect.
bool is_question(const Envelope& envelope) {
  return envelope.flow == Flow::live && !envelope.is_report;
}

// Whether it is worth knowing that a stanza has arrived that is kept nowhere. Where nothing is ever
// answered, nothing would be learnt.
bool follows(const Envelope& envelope, Sending::Proof proof) {
  return proof == Sending::Proof::acknowledged ||
         (proof == Sending::Proof::answered && is_question(envelope));
}

}  // namespace

std::uint64_t announced_bytes_max(const xml::Element& features) {
  const xml::Element* limits = features.child(ns::limits, "limits");
  const xml::Element* bytes = limits == nullptr ? nullptr : limits->child(ns::limits, "max-bytes");
  if (bytes == nullptr) return 0;
  const Result<std::int64_t> most = parse_integer(trim(bytes->text()));
  return most && *most > 0 ? static_cast<std::uint64_t>(*most) : 0;
}

void announce_limits(const XmppSettings& settings, xml::Element& features) {
  xml::Element& limits = features.add(ns::limits, "limits");
  limits.add(ns::limits, "max-bytes")
      .add_text(std::to_string(settings.after_trust.element_bytes_max));
  const auto idle =
      std::chrono::duration_cast<std::chrono::seconds>(settings.idle_close_after).count();
  if (idle > 0) limits.add(ns::limits, "idle-seconds").add_text(std::to_string(idle));
}

void Sending::set_domains(std::string local, std::string remote) {
  local_ = std::move(local);
  remote_ = std::move(remote);
}

void Sending::set_place(std::string endpoint, std::string tls) {
  endpoint_ = std::move(endpoint);
  tls_ = std::move(tls);
}

Outcome Sending::outcome(Disposition disposition) const {
  Outcome out;
  out.disposition = disposition;
  out.fault = disposition == Disposition::failed ? Fault::never : Fault::try_later;
  out.remote = endpoint_;
  out.tls = tls_;
  return out;
}

void Sending::give_back(const Work& work, std::string_view why, Outbox& out) const {
  Outcome back = outcome(Disposition::returned);
  back.reply = why;
  for (const Target& target : work.targets) out.settle(target.id, back);
}

void Sending::fail(const Work& work, std::string status, std::string reply, Outbox& out) const {
  Outcome failed = outcome(Disposition::failed);
  failed.status = std::move(status);
  failed.reply = std::move(reply);
  for (const Target& target : work.targets) out.settle(target.id, failed);
}

void Sending::deliver(const Work& work, Instant now, std::string& wire, Outbox& out) {
  // Stanzas are far below the size from which bodies live in files only.
  if (work.body.bytes == nullptr) return fail(work, "5.3.0", "the stanza is not in memory", out);
  if (!arrived_.empty() && arrived_before(work, out)) return;
  const bool kept = is_kept(*work.envelope);
  if (!kept && work.targets.front().attempt > 1 && too_late_for(work, out)) return;
  const std::string_view bytes = *work.body.bytes;
  if (bytes_max_ != 0 && bytes.size() > bytes_max_)        // xmpp 9.2
    return fail(work, "5.3.4",
                "larger than the " + std::to_string(bytes_max_) + " octets the peer takes", out);
  const std::size_t before = wire.size();
  append_stanza(*work.envelope, bytes, settings_->node_domain, settings_->clock->utc(), wire);
  written_ += wire.size() - before;
  std::vector<DeliveryId> targets;
  for (const Target& target : work.targets) targets.push_back(target.id);
  if (!kept && !follows(*work.envelope, proof_)) {
    unacknowledged_.sent({});
    return settle(targets, out);
  }
  unacknowledged_.sent(std::move(targets), which_of(work), !kept);
  // xmpp 6.2: what is not acknowledged when a stream breaks comes twice, so ask often.
  if (asked_.empty() ||
      unacknowledged_.count() - asked_.back().at >= limits::stanzas_per_question_max)
    ask(now, wire, out);
}

// A question covers all that was sent before it. Peers without XEP-0198 are asked
// whether a key is theirs: the answer comes on this stream, after they have read what came before.
void Sending::ask(Instant now, std::string& wire, Outbox& out) {
  const bool first = asked_.empty();
  if (!first && proof_ == Proof::quiet) return;   // the quiet wait covers all
  asked_.push_back({++last_question_, unacknowledged_.count(), written_});
  if (first) taken_ = std::numeric_limits<std::int64_t>::min();
  if (proof_ == Proof::acknowledged) {
    wire += write_request();
  } else if (proof_ == Proof::answered) {
    xml::Element question(ns::dialback, "verify");
    question.set("from", local_);
    question.set("to", remote_);
    question.set("id", std::string(question_mark) + std::to_string(last_question_));
    question.add_text("0");
    write_element(question, wire);
  } else {
    return out.set_timer(answer_timer_, now + limits::quiet_wait);
  }
  if (first) out.set_timer(answer_timer_, now + settings_->answer_wait_max);   // xmpp 6.2
}

void Sending::count_from_here(Instant now, std::string& wire, Outbox& out) {
  proof_ = Proof::acknowledged;
  unacknowledged_.count_anew();
  asked_.clear();
  out.cancel_timer(answer_timer_);
  if (busy()) ask(now, wire, out);
}

bool Sending::answered(std::string_view id, Instant now, std::string& wire, Outbox& out) {
  if (!id.starts_with(question_mark)) return false;
  const Result<std::int64_t> number = parse_integer(id.substr(question_mark.size()));
  if (!number || *number < 1 || static_cast<std::uint64_t>(*number) > last_question_) return false;
  has_answered_ = true;
  const auto asked = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& one) {
    return one.number == static_cast<std::uint64_t>(*number);
  });
  if (asked != asked_.end()) (void)acknowledged(asked->at, now, wire, out);   // never too many
  return true;
}

std::optional<StreamError> Sending::acknowledged(std::uint32_t handled, Instant now,
                                                 std::string& wire, Outbox& out) {
  const auto settled = unacknowledged_.acknowledged(handled);
  if (!settled) return handled_too_high(handled, unacknowledged_.count());
  settle(*settled, out);
  // A question stays open until all it was about is acknowledged.
  while (!asked_.empty() && static_cast<std::int32_t>(handled - asked_.front().at) >= 0)
    asked_.pop_front();
  if (!asked_.empty()) {
    if (!settled->empty()) out.set_timer(answer_timer_, now + settings_->answer_wait_max);
    return std::nullopt;
  }
  out.cancel_timer(answer_timer_);
  if (unacknowledged_.keeps_any()) ask(now, wire, out);
  return std::nullopt;
}

// xmpp 5.3 (b): nothing broke for a while after the last stanza, and the peer's host has confirmed
// that it has it: it has arrived. So too for a peer that says it would answer questions, and has
// never answered one.
bool Sending::timed_out(Instant now, std::string& wire, Outbox& out) {
  if (!is_mute()) return false;
  if (asked_.empty()) return true;
  const std::size_t untaken = out.untaken();
  if (untaken <= written_ - asked_.front().written) {
    proof_ = Proof::quiet;
    asked_.erase(asked_.begin() + 1, asked_.end());
    (void)acknowledged(asked_.front().at, now, wire, out);
    return true;
  }
  const auto taken = static_cast<std::int64_t>(written_) - static_cast<std::int64_t>(untaken);
  if (taken > taken_) {
    taken_ = taken;
    give_up_ = now + settings_->answer_wait_max;
  } else if (now >= give_up_) {
    return false;
  }
  out.set_timer(answer_timer_, now + limits::taken_wait);
  return true;
}

void Sending::settle(const std::vector<DeliveryId>& ids, Outbox& out) const {
  for (const DeliveryId id : ids) {
    Outcome each = outcome(Disposition::delivered);
    each.status = "2.0.0";
    each.reply = proof_ == Proof::acknowledged ? "acknowledged" : "taken";
    out.settle(id, std::move(each));
  }
}

bool Sending::arrived_before(const Work& work, Outbox& out) {
  if (arrived_.erase(which_of(work)) == 0) return false;
  Outcome arrived = outcome(Disposition::delivered);
  arrived.status = "2.0.0";
  arrived.reply = known_later;
  for (const Target& target : work.targets) out.settle(target.id, arrived);
  return true;
}

// xmpp 5, 6.4: it was under way when a stream was lost, and whether it has arrived nobody can say.
// What is kept nowhere never comes twice: whoever asks a question is told, and nobody waits for the
// rest.
bool Sending::too_late_for(const Work& work, Outbox& out) {
  if (absent_.erase(which_of(work)) > 0) return false;
  fail(work, "4.4.2", "the stream that had it was lost, and no other went on from there", out);
  return true;
}

Sent Sending::left() const {
  Sent out = unacknowledged_.left();
  out.arrived.assign(arrived_.begin(), arrived_.end());
  return out;
}

bool Sending::learn(const Sent& before, std::uint32_t handled, bool certain) {
  const std::optional<Handled> arrived = handled_of(before, handled);
  for (const std::string& which : arrived && certain ? arrived->no : std::vector<std::string>())
    if (!which.empty() && absent_.size() < limits::stream_remembered_max) absent_.insert(which);
  for (const auto* known : {&before.arrived, arrived ? &arrived->yes : nullptr}) {
    if (known == nullptr) continue;
    for (const std::string& which : *known)
      if (!which.empty() && arrived_.size() < limits::stream_remembered_max) arrived_.insert(which);
  }
  return arrived.has_value();
}

void Sending::refused(std::string_view status, const std::string& why, Outbox& out) {
  Outcome failed = outcome(Disposition::failed);
  failed.status = status;
  failed.reply = why;
  for (const auto& [id, fleeting] : unacknowledged_.take_only()) out.settle(id, failed);
}

void Sending::gone(std::string_view status, const std::string& why, Outbox& out) {
  Outcome failed = outcome(Disposition::failed);
  failed.status = status;
  failed.reply = why;
  for (const auto& [id, fleeting] : unacknowledged_.rest()) out.settle(id, failed);
}

void Sending::lose(bool resumable, Outbox& out) {
  asked_.clear();
  Outcome lost = outcome(Disposition::deferred);
  lost.status = "4.4.2";
  lost.reply = "the stream ended before the peer had acknowledged it";
  lost.ambiguous = true;
  Outcome again = lost;
  again.disposition = Disposition::returned;
  for (const auto& [id, fleeting] : unacknowledged_.rest())
    out.settle(id, fleeting && resumable ? again : lost);
}

}  // namespace hanse::xmpp
