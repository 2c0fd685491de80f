// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/component_outbound.h"

#include <utility>

#include "federation/lane_name.h"
#include "protocols/xmpp/component_names.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/services.h"
#include "protocols/xmpp/stanza.h"
#include "protocols/xmpp/stanza_check.h"
#include "protocols/xmpp/stream_head.h"
#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "server/base/text.h"

namespace hanse::xmpp {

const Component* component_of(const XmppSettings& settings, std::string_view lane) {
  const LaneName name = split_lane(lane);
  const auto found = settings.components.find(name.target);
  const bool ours = found != settings.components.end() && name.sender == "*" &&
                    found->second.role == Component::Role::connect;
  return ours ? &found->second : nullptr;
}

ComponentOutbound::ComponentOutbound(Component component, std::string remote,
                                     std::shared_ptr<const XmppSettings> settings)
    : component_(std::move(component)), remote_(std::move(remote)),
      settings_(std::move(settings)), reader_(settings_->before_trust) {}

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
  } else if (const auto* work = std::get_if<Deliver>(&event)) {
    deliver(work->work, out);
  } else if (const auto* rung = std::get_if<Rang>(&event)) {
    if (rung->timer == negotiation_timer) return end("4.4.2", "no answer to the handshake", out);
    out.send(" ");                     // finds out whether the path is still there
    out.set_timer(idle_timer, now + settings_->idle_ping_after);
  } else if (std::holds_alternative<Drain>(event) && state_ != State::ended) {
    LinkEnd done;
    done.orderly = true;
    done.what = "closed by us";
    out.fail(std::move(done));
    out.send(stream_end);
    out.hang_up();
    state_ = State::ended;
  } else if (std::holds_alternative<Closed>(event)) {
    state_ = State::ended;
  }
  out_ = nullptr;
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

bool ComponentOutbound::on_element(xml::Element element) {
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

// xmpp 13 b: the domain has nobody but the node behind it.
void ComponentOutbound::stanza(xml::Element one, Outbox& out) {
  rename(one, ns::component, ns::server);
  if (!is_stanza(one)) return;
  const Checked checked = check_stanza(std::move(one));
  if (checked.fault || checked.to_key != component_.domain) {
    return out.note(Level::warning, "conn.protocol_error", "a stanza for somebody else");
  }
  const UtcTime utc = settings_->clock->utc();
  if (const auto reply = serve(checked, *settings_, utc)) out.send(stanza_bytes(*reply));
}

// The protocol has no acknowledgement: what is written counts as delivered.
void ComponentOutbound::deliver(const Work& work, Outbox& out) {
  // The server takes nothing from us that is not of the component's own domain.
  const bool own = domain_key(work.envelope->from.domain) == component_.domain;
  const bool good = state_ == State::up && own && work.body.bytes != nullptr;
  if (good) {
    std::string bytes;
    append_stanza(*work.envelope, *work.body.bytes, settings_->node_domain,
                  settings_->clock->utc(), bytes);
    out.send(bytes);
  }
  Outcome outcome;
  outcome.disposition = good ? Disposition::delivered : Disposition::returned;
  outcome.status = good ? "2.0.0" : "4.4.2";
  outcome.reply = good ? "written" : "the stream is closing";
  outcome.remote = remote_;
  if (!own || work.body.bytes == nullptr) {
    outcome.disposition = Disposition::failed;
    outcome.fault = Fault::never;
    outcome.status = own ? "5.3.0" : "5.7.1";
    outcome.reply = own ? "its bytes are not in memory" : "a component speaks for itself alone";
  }
  for (const Target& target : work.targets) out.settle(target.id, outcome);
}

void ComponentOutbound::end(std::string status, std::string what, Outbox& out) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  LinkEnd end;
  end.status = std::move(status);
  end.what = std::move(what);
  out.fail(std::move(end));
  out.send(stream_end);
  out.hang_up();
}

}  // namespace hanse::xmpp
