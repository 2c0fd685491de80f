// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/component_outbound.h"

#include <utility>

#include "federation/lane_name.h"
#include "protocols/xmpp/component_names.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/protocol.h"
#include "protocols/xmpp/services.h"
#include "protocols/xmpp/stanza.h"
#include "protocols/xmpp/stanza_check.h"
#include "protocols/xmpp/stream_head.h"
#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::xmpp {

const Component* component_of(const XmppSettings& settings, std::string_view lane) {
  const LaneName name = split_lane(lane);
  const auto found = settings.components.find(name.target);
  const bool ours = found != settings.components.end() && name.sender == "*" &&
                    name.purpose.empty() && found->second.role == Component::Role::connect;
  return ours ? &found->second : nullptr;
}

ComponentOutbound::ComponentOutbound(Component component, std::string remote,
                                     std::shared_ptr<const XmppSettings> settings)
    : component_(std::move(component)), remote_(std::move(remote)),
      settings_(std::move(settings)), reader_(settings_->before_trust),
      sending_(*settings_, taken_timer) {
  sending_.set_remote(remote_);
}

void ComponentOutbound::on(Event event, Instant now, Outbox& out) {
  now_ = now;
  out_ = &out;
  if (std::holds_alternative<Opened>(event)) {
    out.set_timer(negotiation_timer, now + settings_->negotiation_max);
    StreamHead head;
    head.to = component_.domain;
    head.component = true;
    out.send(write_head(head));
  } else if (const auto* bytes = std::get_if<Received>(&event)) {
    received(bytes->bytes, out);
  } else if (auto* work = std::get_if<Deliver>(&event)) {
    deliver(std::move(work->work), out);
  } else if (const auto* answer = std::get_if<hanse::Answered>(&event)) {
    sending_.answered(answer->id, answer->answer, wire_, out);
  } else if (const auto* rung = std::get_if<Rang>(&event)) {
    rang(rung->timer, out);
  } else if (std::holds_alternative<Drain>(event)) {
    draining_ = true;
    sending_.give_all_back("closing", out);
    if (state_ != State::up) end_in_order(out);
  } else if (const auto* reload = std::get_if<Reloaded>(&event)) {
    reloaded(settings_of(*reload->room), out);
  } else if (const auto* closed = std::get_if<Closed>(&event)) {
    state_ = State::ended;
    if (closed->peer_ended) sending_.settle_taken(now_, out);
    sending_.give_all_back("the connection was lost", out);
    sending_.lose(out);
  }
  if (state_ == State::up) {
    sending_.write(wire_, out);
    sending_.flush(wire_, out);
    if (!sending_.look(now_, draining_, out)) end_hung(out);
    if (draining_ && sending_.empty()) end_in_order(out);
  }
  out_ = nullptr;
}

void ComponentOutbound::rang(TimerId timer, Outbox& out) {
  if (timer == negotiation_timer) return end("4.4.2", "no answer to the handshake", out);
  if (timer == taken_timer) {
    if (!sending_.look_again(now_, out)) end_hung(out);
    return;
  }
  wire_ += ' ';                        // finds out whether the path is still there
  out.set_timer(idle_timer, now_ + settings_->idle_ping_after);
}

void ComponentOutbound::end_hung(Outbox& out) {
  end("4.4.2", "the server takes nothing of what is sent", out);
}

void ComponentOutbound::received(std::string_view bytes, Outbox& out) {
  while (!bytes.empty() && state_ != State::ended) {
    const xml::StreamReader::Fed fed = reader_.feed(bytes, *this);
    if (fed.fault) return end("4.5.0", "the server sent what is no XML stream", out);
    bytes.remove_prefix(fed.consumed);
  }
}

bool ComponentOutbound::on_open(xml::Element header, std::vector<xml::Declaration>) {
  // The id exactly as sent: it is part of what is hashed.
  const Secret both(std::string(header.attribute("id")) + component_.secret.text());
  out_->send("<handshake>" + hex(sha1(both.text())) + "</handshake>");
  state_ = State::proving;
  return true;
}

bool ComponentOutbound::on_element(xml::Element&& element) {
  Outbox& out = *out_;
  if (element.is(ns::stream, "error")) {
    const StreamError error = read_stream_error(element);
    end("4.7.0", "the server ended the stream: " + escape_text(error.condition), out);
  } else if (state_ == State::proving && element.is(ns::component, "handshake")) {
    state_ = State::up;
    reader_.set_limits(settings_->after_trust);
    out.cancel_timer(negotiation_timer);
    out.set_timer(idle_timer, now_ + settings_->idle_ping_after);
    out.ready();
  } else if (state_ == State::up) {
    stanza(std::move(element), out);
  } else {
    end("4.5.0", "the server sent something before the handshake", out);
  }
  return state_ != State::ended;
}

bool ComponentOutbound::on_close() {
  end("4.4.2", "the server closed the stream", *out_);
  return false;
}

// xmpp 13 b: what the server has for the domain, from whomever. It has asked them who they are.
void ComponentOutbound::stanza(xml::Element&& one, Outbox& out) {
  rename(one, ns::component, ns::server);
  if (!is_stanza(one)) return;
  Checked checked = check_stanza(std::move(one));
  if (checked.fault || (checked.to_key != component_.domain && !checked.to_key.empty()))
    return out.note(Level::warning, "conn.protocol_error", "a stanza for somebody else");
  if (checked.to_key.empty() || checked.refusal) {
    const auto reply = error_reply(
        checked.stanza, checked.refusal.value_or(StanzaError{"jid-malformed", "modify", {}, {}}));
    if (reply) wire_ += stanza_bytes(*reply);
  } else if (settings_->home_of(component_.domain) == Home::node) {
    const auto reply = serve(checked, *settings_, settings_->clock->utc());
    if (reply) wire_ += stanza_bytes(*reply);
  } else {
    carry(std::move(checked), out);
  }
}

void ComponentOutbound::carry(Checked&& checked, Outbox& out) {
  Submission submission = to_submission({checked.stanza, checked.from, checked.to, false,
                                         settings_->peer_bounce.contains(checked.to_key)});
  Hop hop;
  hop.by_node = settings_->node_domain;
  hop.protocol = "xmpp-component";
  hop.from_name = component_.domain;
  hop.from_address = remote_;
  hop.at = settings_->clock->utc();
  submission.envelope.trace.push_back(std::move(hop));
  out.pass(std::move(submission));
}

void ComponentOutbound::deliver(Work work, Outbox& out) {
  // The server takes nothing from us that is not of the component's own domain.
  if (domain_key(work.envelope->from.domain) != component_.domain) {
    Outcome outcome;
    outcome.disposition = Disposition::failed;
    outcome.fault = Fault::never;
    outcome.status = "5.7.1";
    outcome.reply = "a component speaks for itself alone";
    outcome.remote = remote_;
    for (const Target& target : work.targets) out.settle(target.id, outcome);
    return;
  }
  if (state_ != State::up || draining_)
    return sending_.give_back(work, "the stream is closing", out);
  sending_.add(std::move(work));
}

void ComponentOutbound::end(std::string status, std::string what, Outbox& out) {
  if (state_ == State::ended) return;
  LinkEnd end;
  end.status = std::move(status);
  end.what = std::move(what);
  leave(std::move(end), out);
}

void ComponentOutbound::end_in_order(Outbox& out) {
  if (state_ == State::ended) return;
  LinkEnd done;
  done.orderly = true;
  done.what = "closed by us";
  leave(std::move(done), out);
}

void ComponentOutbound::reloaded(std::shared_ptr<const XmppSettings> now, Outbox& out) {
  if (!now->has_still(&component_))
    return end("4.4.2", "the component is configured otherwise now", out);
  settings_ = std::move(now);
  sending_.apply(*settings_);
}

void ComponentOutbound::leave(LinkEnd end, Outbox& out) {
  state_ = State::ended;
  sending_.flush(wire_, out);
  sending_.settle_taken(now_, out);
  sending_.give_all_back("closing", out);
  sending_.lose(out);
  out.fail(std::move(end));
  out.send(stream_end);
  out.hang_up();
}

}  // namespace hanse::xmpp
