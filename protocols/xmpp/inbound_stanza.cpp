// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/permission_error.h"
#include "protocols/xmpp/services.h"
#include "protocols/xmpp/stanza.h"
#include "server/base/limits.h"

namespace hanse::xmpp {

namespace {

constexpr Duration permission_kept_max = std::chrono::seconds(1);

}  // namespace

void Inbound::stanza(xml::Element one, Outbox& out) {
  if (state_ != State::trusted) return close_with({"not-authorized", {}, {}}, out);  // xmpp 4.1
  if (!is_stanza(one)) return close_with({"unsupported-stanza-type", {}, {}}, out);
  last_stanza_ = now_;
  serve_pairs(out);   // a peer that wants XEP-0198 has said so before
  Checked checked = check_stanza(std::move(one));
  if (checked.fault) return close_with(*checked.fault, out);
  // xmpp 4.3: the two domains are believed only together, and a domain speaks for none below it.
  Proved* proved = find_proved(checked);
  if (proved == nullptr) {
    const bool ours = settings_->home_of(checked.to_key) != Home::none;
    if (ours) out.note(Level::warning, "xmpp.spoof", "a stanza of another domain");
    return close_with({ours ? "invalid-from" : "host-unknown", {}, {}}, out);
  }
  const bool for_node = settings_->home_of(checked.to_key) == Home::node;
  const bool decided = checked.refusal || for_node || now_ < proved->permitted_until;
  // xmpp 6.3: one whose permission is still asked is not routed yet, and not counted.
  if (managed_ && decided) managed_->taken();
  if (checked.refusal) return send_back(checked, *checked.refusal, out);
  if (for_node) {
    const UtcTime utc = settings_->clock != nullptr ? settings_->clock->utc() : UtcTime{};
    if (const auto reply = serve(checked, *settings_, utc)) pass_reply(checked, *reply, out);
    return;
  }
  if (decided) return carry(std::move(checked), proved->peer, out);
  Permit permit;
  permit.question.claim = claim(checked.from_key);
  permit.question.peer = proved->peer;
  permit.question.from = {"xmpp", checked.from.local, checked.from.domain};
  permit.question.to = {"xmpp", checked.to.local, checked.to.domain};
  permit.question.served = settings_->home_of(checked.to_key) != Home::none ||
                           settings_->is_behind(checked.from_key, remote_address_);
  current_ = std::make_unique<Checked>(std::move(checked));
  ask(Asked::permit, std::move(permit), out);
}

// Stanzas mostly come from where the one before came from.
Inbound::Proved* Inbound::find_proved(const Checked& checked) {
  if (last_proved_ == nullptr || last_proved_->first.local != checked.to_key ||
      last_proved_->first.remote != checked.from_key) {
    const auto found = proved_.find({checked.to_key, checked.from_key});
    if (found == proved_.end()) return nullptr;
    last_proved_ = &*found;
  }
  return &last_proved_->second;
}

void Inbound::permit_decided(const Answer& answer, Outbox& out) {
  const Permission* permission = std::get_if<Permission>(&answer);
  const std::unique_ptr<Checked> checked = std::move(current_);
  Proved* proved = find_proved(*checked);
  if (managed_) managed_->taken();
  if (permission != nullptr && permission->answer == Permission::Answer::yes) {
    proved->permitted_until = now_ + permission_kept_max;
    return carry(std::move(*checked), proved->peer, out);
  }
  if (permission != nullptr)
    out.note(Level::info, "route.refused",
             checked->from.domain + " to " + checked->to.domain + ": " + permission->why);
  send_back(*checked, permission_error(permission, settings_->node_domain), out);
}

void Inbound::carry(Checked checked, const std::string& peer, Outbox& out) {
  Submission submission =
      to_submission({checked.stanza, checked.from, checked.to, managed_.has_value()});
  // Written anew it may be larger than it came: every foreign element names its namespace.
  if (submission.body.size > settings_->after_trust.element_bytes_max)
    return send_back(checked, {"policy-violation", "modify", {}, {}}, out);
  submission.envelope.trace.push_back(hop(peer));
  if (submission.envelope.flow != Flow::durable) return out.pass(std::move(submission));
  submit(std::move(submission), std::move(checked), out);
}

// xmpp 6.3: acknowledged once it is committed. Input goes on meanwhile, up to a bound; the last
// question that fits holds it up.
void Inbound::submit(Submission submission, Checked original, Outbox& out) {
  const std::size_t bytes = submission.body.size;
  const bool more = submits_.count() + 1 < limits::stream_submits_open_max &&
                    submits_.bytes() + bytes < limits::stream_submit_bytes_open_max;
  const AskId id = out.ask(Submit{std::move(submission), more});
  if (!more) {
    asked_ = Asked::submit;
    ask_ = id;
  }
  managed_->waits_for(id);
  submits_.add(id, bytes, std::move(original));
}

bool Inbound::submitted(AskId id, const Answer& answer, Outbox& out) {
  const std::optional<Checked> original = submits_.remove(id);
  if (!original) return false;
  const Error* error = std::get_if<Error>(&answer);
  if (error != nullptr) out.note(Level::warning, "xmpp.not_accepted", error->what);
  if (error != nullptr && error->fault == Fault::broken) {
    // It may be on the disk or not. Whoever hears neither sends it again.
    close_with({"internal-server-error", {}, {}}, out);
    return true;
  }
  managed_->committed(id);
  if (error == nullptr) return true;
  const bool full = error->fault == Fault::overloaded;
  send_back(*original, {full ? "resource-constraint" : "internal-server-error", "wait", {},
                        settings_->node_domain}, out);
  return true;
}

void Inbound::send_back(const Checked& refused, const StanzaError& error, Outbox& out) {
  std::optional<xml::Element> reply = error_reply(refused.stanza, error);
  if (!reply) return;
  // What could not be read as an address is none to send from.
  if (error.condition == "jid-malformed") reply->set("from", refused.to.domain);
  pass_reply(refused, *reply, out);
}

// Answers go where every stanza for the peer goes: this stream carries but one direction.
void Inbound::pass_reply(const Checked& to, const xml::Element& reply, Outbox& out) {
  out.pass(to_submission({reply, to.to, to.from, false}));
}

Hop Inbound::hop(const std::string& peer) const {
  Hop out;
  out.by_node = settings_->node_domain;
  out.protocol = "xmpp";
  out.from_name = from_key_;
  out.from_address = remote_address_;
  if (tls_ != nullptr) out.tls = tls_->version + " " + tls_->cipher;
  out.peer = peer;
  if (settings_->clock != nullptr) out.at = settings_->clock->utc();
  return out;
}

}  // namespace hanse::xmpp
