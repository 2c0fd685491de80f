// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/component_inbound.h"

#include <utility>

#include "protocols/xmpp/component_names.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/protocol.h"
#include "protocols/xmpp/services.h"
#include "protocols/xmpp/stanza.h"
#include "protocols/xmpp/stream_event.h"
#include "protocols/xmpp/stream_head.h"
#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

constexpr Duration drain_delay_max = std::chrono::seconds(1);   // on its way from the lane

}  // namespace

ComponentInbound::ComponentInbound(const InboundContext& context,
                                   std::shared_ptr<const XmppSettings> settings)
    : settings_(std::move(settings)), reader_(settings_->before_trust), nonce_(context.nonce),
      sending_(*settings_, taken_timer) {}

ComponentInbound::~ComponentInbound() = default;

void ComponentInbound::on(Event event, Instant now, Outbox& out) {
  if (state_ == State::ended) {
    // Works that were on their way to us when we hung up.
    if (const Deliver* late = std::get_if<Deliver>(&event))
      sending_.give_back(late->work, "closing", out);
    return;
  }
  now_ = now;
  std::visit([this, &out](auto& one) { handle(one, out); }, event);
  finish_turn(out);
}

void ComponentInbound::handle(Opened& event, Outbox& out) {
  remote_address_ = std::move(event.remote_address);
  out.set_timer(negotiation_timer, now_ + settings_->negotiation_max);
}

void ComponentInbound::handle(Received& event, Outbox& out) {
  std::string_view input = event.bytes;
  if (std::exchange(asked_, false)) answer_contest(out);
  while (!input.empty() && !hang_up_) {
    StreamEvent taken;
    const xml::StreamReader::Fed fed = reader_.feed(input, taken);
    input.remove_prefix(fed.consumed);
    if (taken.head) {
      head(*taken.head, taken.declared, out);
    } else if (taken.one) {
      element(*std::move(taken.one), out);
    } else if (taken.closed) {
      output_ += stream_end;
      hang_up_ = true;
    } else if (fed.fault) {
      close_with(from_fault(*fed.fault), out);
    }
  }
}

void ComponentInbound::handle(Rang& event, Outbox& out) {
  if (event.timer == idle_timer) {
    output_ += ' ';   // keeps the path open, and finds out whether it is
    out.set_timer(idle_timer, now_ + settings_->idle_ping_after);
  } else if (event.timer == taken_timer) {
    if (!sending_.look_again(now_, out)) cut_hung(out);
  } else if (event.timer == contest_timer) {
    close_with({"connection-timeout", "no answer, and another connection is here", {}}, out);
  } else if (state_ != State::up) {
    close_with({"connection-timeout", "no handshake", {}}, out);
  }
}

// xmpp 13: another connection has the secret too. Who still hears us answers a ping, be it by an
// error; and whatever comes is a sign of life.
void ComponentInbound::handle(Contested& event, Outbox& out) {
  if (event.newcomer) {
    newcomer_until_ = now_ + limits::contest_wait_max + drain_delay_max;
    return;
  }
  if (state_ != State::up || hang_up_ || std::exchange(asked_, true)) return;
  question_ = make_id(nonce_, 1, settings_->node_secret.text());
  xml::Element ping(ns::server, "iq");
  ping.set("from", settings_->node_domain);
  ping.set("to", component_->domain);
  ping.set("id", question_);
  ping.set("type", "get");
  ping.add("urn:xmpp:ping", "ping");
  output_ += stanza_bytes(ping);
  out.set_timer(contest_timer, now_ + limits::contest_answer_max);
}

void ComponentInbound::answer_contest(Outbox& out) {
  out.cancel_timer(contest_timer);
  out.wake(lane_to_gateway(*component_));
}

// Let go while it waits for its place: the connection that has it is alive, and stays (XEP-0114).
void ComponentInbound::handle(Drain&, Outbox& out) {
  draining_ = true;
  if (state_ == State::up && sending_.all_written() && now_ < newcomer_until_)
    close_with({"conflict", "this component is connected already", {}}, out);
}

void ComponentInbound::handle(Reloaded& event, Outbox& out) {
  std::shared_ptr<const XmppSettings> now = settings_of(*event.room);
  if (!now->has_still(component_)) return close_with({"host-gone", {}, {}}, out);
  if (component_ != nullptr) component_ = &now->components.find(component_->domain)->second;
  settings_ = std::move(now);
  sending_.apply(*settings_);
}

void ComponentInbound::handle(Closed& event, Outbox& out) {
  if (event.peer_ended) sending_.settle_taken(now_, out);
  sending_.give_all_back("the component left", out);
  sending_.lose(out);
  state_ = State::ended;
}

// ---- who it is ----

void ComponentInbound::head(const xml::Element& header,
                            const std::vector<xml::Declaration>& declared, Outbox& out) {
  const ReadHead read = read_head(header, declared, ns::component);
  const auto found = settings_->components.find(domain_key(read.to));
  const bool known = found != settings_->components.end() && found->second.gateway_comes();
  StreamHead head;
  head.component = true;
  head.from = known ? read.to : settings_->node_domain;
  head.id = id_ = make_id(nonce_, 0, settings_->node_secret.text());
  output_ += write_head(head);
  head_said_ = true;
  if (read.fault && read.fault->condition != "unsupported-version")
    return close_with(*read.fault, out);
  if (!known) return close_with({"host-unknown", "no such component", {}}, out);
  component_ = &found->second;
  sending_.set_remote(component_->domain);
  state_ = State::proving;
}

void ComponentInbound::handshake(const xml::Element& one, Outbox& out) {
  const std::string expected = hex(sha1(id_ + component_->secret.text()));
  if (!one.is(ns::component, "handshake") ||
      !equal_constant_time(lower_ascii(trim(one.text())), expected)) {
    out.note(Level::warning, "xmpp.auth_failed", component_->domain + ": wrong secret");
    return close_with({"not-authorized", {}, {}}, out);
  }
  state_ = State::up;
  reader_.set_limits(settings_->after_trust);
  output_ += "<handshake/>";
  out.cancel_timer(negotiation_timer);
  out.set_timer(idle_timer, now_ + settings_->idle_ping_after);
  out.serve(lane_to_gateway(*component_), false);
}

// ---- what it sends ----

void ComponentInbound::element(xml::Element&& one, Outbox& out) {
  if (one.is(ns::stream, "error")) {
    const StreamError error = read_stream_error(one);
    out.note(Level::info, "xmpp.peer_error", escape_text(error.condition + ": " + error.text));
    output_ += stream_end;
    hang_up_ = true;
    return;
  }
  if (state_ != State::up) return handshake(one, out);
  rename(one, ns::component, ns::server);
  const bool pong = one.name == "iq" && (one.attribute("type") == "result" ||
                                         one.attribute("type") == "error") &&
                    !question_.empty() && one.attribute("id") == question_;
  if (pong) return;
  if (!is_stanza(one)) return close_with({"unsupported-stanza-type", {}, {}}, out);
  stanza(std::move(one), out);
}

void ComponentInbound::stanza(xml::Element&& one, Outbox& out) {
  Checked checked = check_stanza(std::move(one));
  if (checked.fault) return close_with(*checked.fault, out);
  if (checked.from_key != component_->domain)   // its domain, and none below it
    return close_with({"invalid-from", {}, {}}, out);
  if (checked.to_key.empty())
    return send_back(checked, {"jid-malformed", "modify", {}, settings_->node_domain});
  if (checked.refusal) return send_back(checked, *checked.refusal);
  const UtcTime utc = settings_->clock != nullptr ? settings_->clock->utc() : UtcTime{};
  if (settings_->home_of(checked.to_key) == Home::node) {
    if (const auto reply = serve(checked, *settings_, utc)) output_ += stanza_bytes(*reply);
    return;
  }
  Submission submission = to_submission({checked.stanza, checked.from, checked.to, false,
                                         settings_->peer_bounce.contains(checked.to_key)});
  Hop hop;
  hop.by_node = settings_->node_domain;
  hop.protocol = "xmpp-component";
  hop.from_name = component_->domain;
  hop.from_address = remote_address_;
  hop.at = utc;
  submission.envelope.trace.push_back(std::move(hop));
  out.pass(std::move(submission));
}

// Canonical text names no namespace that is the default: here that is the component's.
void ComponentInbound::send_back(const Checked& refused, const StanzaError& error) {
  if (const auto reply = error_reply(refused.stanza, error)) output_ += stanza_bytes(*reply);
}

// ---- what goes to it ----

void ComponentInbound::handle(Deliver& event, Outbox& out) {
  if (draining_ || hang_up_ || state_ != State::up)
    return sending_.give_back(event.work, "closing", out);
  sending_.add(std::move(event.work));
}

void ComponentInbound::handle(hanse::Answered& event, Outbox& out) {
  sending_.answered(event.id, event.answer, output_, out);
}

// ---- the end ----

void ComponentInbound::close_with(const StreamError& error, Outbox& out) {
  if (hang_up_) return;
  if (!head_said_) {
    StreamHead head;
    head.component = true;
    head.from = settings_->node_domain;
    head.id = make_id(nonce_, 0, settings_->node_secret.text());
    output_ += write_head(head);
  }
  out.note(Level::info, "xmpp.closed", error.condition + ": " + error.text);
  output_ += write_stream_error(error);
  hang_up_ = true;
}

void ComponentInbound::finish_turn(Outbox& out) {
  if (state_ == State::ended) return;
  if (!hang_up_) sending_.write(output_, out);
  sending_.flush(output_, out);
  if (!sending_.look(now_, draining_ || hang_up_, out)) cut_hung(out);
  if (draining_ && sending_.empty()) close_with({"system-shutdown", {}, {}}, out);
  if (!hang_up_) return;
  sending_.flush(output_, out);
  sending_.give_all_back("closing", out);
  sending_.lose(out);
  state_ = State::ended;
  out.hang_up();
}

void ComponentInbound::cut_hung(Outbox& out) {
  close_with({"connection-timeout", "nothing is taken of what is sent", {}}, out);
}

}  // namespace hanse::xmpp
