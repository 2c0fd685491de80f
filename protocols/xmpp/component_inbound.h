// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocols/engine.h"
#include "protocols/protocol.h"
#include "protocols/wire/xml_stream.h"
#include "protocols/xmpp/component_sending.h"
#include "protocols/xmpp/errors.h"
#include "protocols/xmpp/settings.h"
#include "protocols/xmpp/stanza_check.h"

namespace hanse::xmpp {

// A component that connects to us and speaks for its one domain (XEP-0114, xmpp 13).
class ComponentInbound final : public Engine {
 public:
  ComponentInbound(const InboundContext& context, std::shared_ptr<const XmppSettings> settings);
  ~ComponentInbound() override;
  void on(Event event, Instant now, Outbox& out) override;

 private:
  // opening -> proving (our header is said) -> up -> ended
  enum class State : std::uint8_t { opening, proving, up, ended };
  enum : TimerId { negotiation_timer, idle_timer, contest_timer, taken_timer };

  void handle(Opened& event, Outbox& out);
  void handle(Received& event, Outbox& out);
  void handle(TlsUp&, Outbox&) {}
  void handle(Rang& event, Outbox& out);
  void handle(hanse::Answered& event, Outbox& out);
  void handle(Deliver& event, Outbox& out);
  void handle(Drain& event, Outbox& out);
  void handle(Contested& event, Outbox& out);
  void handle(Crowded&, Outbox&) {}
  void handle(Reloaded& event, Outbox& out);
  void handle(Succeeded&, Outbox&) {}
  void handle(Closed& event, Outbox& out);

  void head(const xml::Element& header, const std::vector<xml::Declaration>& declared,
            Outbox& out);
  void element(xml::Element&& one, Outbox& out);
  void handshake(const xml::Element& one, Outbox& out);
  void stanza(xml::Element&& one, Outbox& out);
  void send_back(const Checked& refused, const StanzaError& error);
  void close_with(const StreamError& error, Outbox& out);
  void answer_contest(Outbox& out);
  void finish_turn(Outbox& out);
  void cut_hung(Outbox& out);

  std::shared_ptr<const XmppSettings> settings_;
  xml::StreamReader reader_;
  const Component* component_ = nullptr;   // of settings_, once the header named it
  std::string nonce_, id_, remote_address_, output_;
  ComponentSending sending_;
  Instant now_{}, newcomer_until_ = Instant::min();
  std::string question_;                   // id of the ping to one whose place is wanted
  State state_ = State::opening;
  bool head_said_ = false, draining_ = false, hang_up_ = false;
  bool asked_ = false;                     // that ping, and nothing has come since
};

}  // namespace hanse::xmpp
