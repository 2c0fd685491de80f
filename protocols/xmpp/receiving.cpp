// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/receiving.h"

#include <algorithm>
#include <utility>

#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/permission_error.h"
#include "protocols/xmpp/services.h"
#include "protocols/xmpp/stanza.h"
#include "server/base/limits.h"

namespace hanse::xmpp {

void Receiving::set_tls(const TlsFacts& facts) {
  tls_ = facts.version + " " + facts.cipher;
  certificate_sha256_ = facts.certificate_sha256;
  key_sha256_ = key_sha256(facts.chain.get());
}

// xmpp 7.4: every stanza that names none is in it, also where it goes on; ours are in English.
void Receiving::set_lang(std::string_view lang) {
  lang_ = lang.size() > limits::stream_lang_octets_max || lang == "en" ? "" : lang;
}

Claim Receiving::claim(std::string_view key) const {
  Claim out;
  out.protocol = "xmpp";
  out.domain = out.name = key;
  out.address = address_;
  out.certificate_sha256 = certificate_sha256_;
  out.key_sha256 = key_sha256_;
  out.needs_no_disk = true;   // presence, iq, dialback; messages are refused one by one
  return out;
}

UtcTime Receiving::utc() const {
  return settings_->clock != nullptr ? settings_->clock->utc() : UtcTime{};
}

Receiving::Pair& Receiving::add_pair(const DomainPair& pair) {
  const bool fresh = !pairs_.contains(pair);
  if (fresh && settings_->public_peers != nullptr && settings_->home_of(pair.local) == Home::node &&
      settings_->home_of(pair.remote) == Home::none)
    public_.emplace_back(settings_->public_peers, pair, PublicPeers::Way::incoming);
  return pairs_[pair];
}

void Receiving::ask_whether_public(const DomainPair& pair, Outbox& out) const {
  if (settings_->public_peers == nullptr) return;
  const auto id = settings_->public_peers->ask(pair, utc());
  if (id) out.pass(to_submission({whether_public(pair, *id), {{}, pair.local, {}},
                                  {{}, pair.remote, {}}, false}));
}

// Of a question that this node has asked in the name of one of its domains.
bool Receiving::heard_answer(const Checked& checked) {
  const xml::Element& iq = checked.stanza;
  if (iq.name != "iq" || !is_domain(checked.from) || !is_domain(checked.to)) return false;
  const std::string_view type = iq.attribute("type"), id = iq.attribute("id");
  if (type != "result" && type != "error") return false;
  const DomainPair pair{checked.to_key, checked.from_key};
  return settings_->pings->answered(pair, id) ||
         (settings_->public_peers != nullptr &&
          settings_->public_peers->answered(pair, id, agrees_to_be_public(iq)));
}

std::optional<StreamError> Receiving::take(xml::Element&& stanza, Instant now, Outbox& out) {
  Checked checked = check_stanza(std::move(stanza));
  if (checked.fault) return checked.fault;
  if (!lang_.empty() && checked.stanza.attribute(xml::xml_ns, "lang").empty())   // xmpp 7.4
    checked.stanza.set(xml::xml_ns, "lang", lang_);
  // xmpp 4.3: the two domains are believed only together, and a domain speaks for none below it.
  Pair* pair = find(checked);
  if (pair == nullptr) return stranger(checked, out);
  if (!checked.refusal) checked.refusal = objection(checked, now);
  was_answer_ = !checked.refusal && heard_answer(checked);
  const bool decided = checked.refusal || was_answer_ || now < pair->permitted_until;
  // xmpp 6.3: one whose permission is still asked is not routed yet, and not counted.
  if (counted_ && decided) counted_->taken();
  if (was_answer_) return std::nullopt;
  if (checked.refusal) send_back(checked, *checked.refusal, out);
  else if (decided) carry(std::move(checked), pair->peer, now, out);
  else ask_permission(std::move(checked), pair->peer, out);
  return std::nullopt;
}

bool Receiving::is_for_node(const Checked& checked) const {
  return settings_->home_of(checked.to_key) == Home::node;
}

// What it is refused for before anybody is asked.
std::optional<StanzaError> Receiving::objection(const Checked& checked, Instant now) const {
  if (leads_back(checked))
    return StanzaError{"policy-violation", "cancel", "this would go round in a circle",
                       settings_->node_domain};
  if (!settings_->sources->may_knock(checked, now))
    return StanzaError{"resource-constraint", "wait", "too many of your domain want that at once",
                       settings_->node_domain};
  return std::nullopt;
}

// Stanzas mostly come from where the one before came from.
Receiving::Pair* Receiving::find(const Checked& checked) {
  if (last_ == nullptr || last_->first.local != checked.to_key ||
      last_->first.remote != checked.from_key) {
    const auto found = pairs_.find({checked.to_key, checked.from_key});
    if (found == pairs_.end()) return nullptr;
    last_ = &*found;
  }
  return &last_->second;
}

// xmpp 4.3, in its order: whether the peer may speak for that domain at all comes first, whether
// the other one is here comes second. Somebody else's name is never answered by what is not here.
StreamError Receiving::stranger(const Checked& checked, Outbox& out) const {
  const bool proved = std::any_of(pairs_.begin(), pairs_.end(), [&](const auto& each) {
    return each.first.remote == checked.from_key;
  });
  const bool here = settings_->home_of(checked.to_key) != Home::none ||
                    settings_->is_behind(checked.from_key, address_);
  if (proved && !here) return {"host-unknown", {}, {}};
  out.note(Level::warning, "xmpp.spoof", "a stanza of another domain");
  return {"invalid-from", {}, {}};
}

// xmpp 4.6, 4.8: nobody needs us to speak to itself, and what a server behind us would get back
// from us was at its end of the way when it came.
bool Receiving::leads_back(const Checked& checked) const {
  if (checked.from_key == checked.to_key) return true;
  if (!settings_->is_behind(checked.from_key, address_)) return false;
  const XmppSettings::Face* from = settings_->face_of(checked.from_key);
  const XmppSettings::Face* to = settings_->face_of(checked.to_key);
  return to != nullptr && to->via == from->via;
}

void Receiving::ask_permission(Checked&& checked, const std::string& peer, Outbox& out) {
  Permit permit;
  permit.question.claim = claim(checked.from_key);
  permit.question.peer = peer;
  permit.question.from = {"xmpp", checked.from.local, checked.from.domain};
  permit.question.to = {"xmpp", checked.to.local, checked.to.domain};
  permit.question.answered_here = is_for_node(checked);
  permit.question.served = settings_->home_of(checked.to_key) != Home::none ||
                           settings_->is_behind(checked.from_key, address_);
  current_ = std::make_unique<Checked>(std::move(checked));
  asked_ = out.ask(std::move(permit));
}

bool Receiving::answered(AskId id, const Answer& answer, Instant now, Outbox& out) {
  const bool held = asked_ != 0 && id == asked_;
  if (held) asked_ = 0;
  if (submitted(id, answer, now, out)) return true;
  if (held && current_ != nullptr) permit_decided(answer, now, out);
  return held;
}

void Receiving::permit_decided(const Answer& answer, Instant now, Outbox& out) {
  const Permission* permission = std::get_if<Permission>(&answer);
  const std::unique_ptr<Checked> checked = std::move(current_);
  Pair* pair = find(*checked);
  if (counted_) counted_->taken();
  if (permission != nullptr && permission->answer == Permission::Answer::yes) {
    if (!permission->counted) pair->permitted_until = now + limits::permission_kept_max;
    return carry(std::move(*checked), pair->peer, now, out);
  }
  if (permission != nullptr)
    out.note(Level::info, "route.refused",
             checked->from.domain + " to " + checked->to.domain + ": " + permission->why);
  send_back(*checked, permission_error(permission, settings_->node_domain), out);
}

void Receiving::carry(Checked&& checked, const std::string& peer, Instant now, Outbox& out) {
  if (is_for_node(checked)) {
    if (const auto reply = serve(checked, *settings_, utc())) pass_reply(checked, *reply, out);
    return;
  }
  Submission submission =
      to_submission({checked.stanza, checked.from, checked.to, counted_.has_value(),
                     settings_->peer_bounce.contains(checked.to_key)});
  // Written anew it may be larger than it came: every foreign element names its namespace.
  if (submission.body.size > settings_->after_trust.element_bytes_max)
    return send_back(checked, {"policy-violation", "modify", {}, {}}, out);
  submission.envelope.trace.push_back(hop(peer));
  if (submission.envelope.flow != Flow::durable) return out.pass(std::move(submission));
  submit(std::move(submission), std::move(checked), now, out);
}

// xmpp 6.3: acknowledged once it is committed. Input goes on meanwhile, up to a bound; the last
// question that fits holds it up.
void Receiving::submit(Submission submission, Checked original, Instant now, Outbox& out) {
  const auto which = settings_->recent->digest(original.stanza, *submission.body.bytes);
  if (which && settings_->recent->has(*which, stream_, now))   // xmpp 5.3
    return out.note(Level::debug, "xmpp.duplicate", escape_text(original.stanza.attribute("id")));
  const std::size_t bytes = submission.body.size;
  const bool more = submits_.count() + 1 < limits::stream_submits_open_max &&
                    submits_.bytes() + bytes < limits::stream_submit_bytes_open_max;
  const AskId id = out.ask(Submit{std::move(submission), more, outlives_});
  if (!more) asked_ = id;
  counted_->waits_for(id);
  submits_.add(id, {bytes, std::move(original), which});
}

bool Receiving::submitted(AskId id, const Answer& answer, Instant now, Outbox& out) {
  const std::optional<SubmitsOpen::Open> done = submits_.remove(id);
  if (!done) return false;
  const Error* error = std::get_if<Error>(&answer);
  if (error != nullptr) out.note(Level::warning, "xmpp.not_accepted", error->what);
  if (error != nullptr && error->fault == Fault::broken) {
    // It may be on the disk or not. Whoever hears neither sends it again.
    fault_ = StreamError{"internal-server-error", {}, {}};
    return true;
  }
  counted_->committed(id);
  if (error == nullptr && done->which) settings_->recent->add(*done->which, stream_, now);
  if (error == nullptr) return true;
  const bool full = error->fault == Fault::overloaded;
  send_back(done->original, {full ? "resource-constraint" : "internal-server-error", "wait", {},
                             settings_->node_domain}, out);
  return true;
}

void Receiving::send_back(const Checked& refused, const StanzaError& error, Outbox& out) {
  std::optional<xml::Element> reply = error_reply(refused.stanza, error);
  if (!reply) return;
  // What could not be read as an address is none to send from.
  if (error.condition == "jid-malformed") reply->set("from", to_text(refused.to));
  pass_reply(refused, *reply, out);
}

// Answers go where every stanza for the peer goes, whichever stream that is.
void Receiving::pass_reply(const Checked& to, const xml::Element& reply, Outbox& out) {
  Submission answer = to_submission({reply, to.to, to.from, false});
  tell_for_sure(to.stanza, answer);
  out.pass(std::move(answer));
}

Hop Receiving::hop(const std::string& peer) const {
  Hop out;
  out.by_node = settings_->node_domain;
  out.protocol = "xmpp";
  out.from_name = name_;
  out.from_address = address_;
  out.tls = tls_;
  out.peer = peer;
  out.at = utc();
  return out;
}

}  // namespace hanse::xmpp
