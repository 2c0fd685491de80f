// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "protocols/engine.h"
#include "protocols/wire/xml_stream.h"
#include "protocols/xmpp/component_sending.h"
#include "protocols/xmpp/settings.h"
#include "protocols/xmpp/stanza_check.h"

namespace hanse::xmpp {

// This node as a component of somebody's server (XEP-0114, xmpp 13 b): that server's users reach
// the component's domain through it, and all that the domain says goes there. Who the domain is,
// a gateway, a server or the node itself, is behind the node.
class ComponentOutbound final : public Engine, private xml::StreamHandler {
 public:
  ComponentOutbound(Component component, std::string remote,
                    std::shared_ptr<const XmppSettings> settings);
  void on(Event event, Instant now, Outbox& out) override;

 private:
  enum class State : std::uint8_t { opening, proving, up, ended };
  enum : TimerId { negotiation_timer, idle_timer, taken_timer };

  bool on_open(xml::Element header, std::vector<xml::Declaration> declared) override;
  bool on_element(xml::Element&& element) override;
  bool on_close() override;
  void received(std::string_view bytes, Outbox& out);
  void stanza(xml::Element&& one, Outbox& out);
  void carry(Checked&& checked, Outbox& out);
  void deliver(Work work, Outbox& out);
  void end_hung(Outbox& out);
  void rang(TimerId timer, Outbox& out);
  void end(std::string status, std::string what, Outbox& out);
  void end_in_order(Outbox& out);
  void reloaded(std::shared_ptr<const XmppSettings> now, Outbox& out);
  void leave(LinkEnd end, Outbox& out);

  const Component component_;
  const std::string remote_;           // where it is
  std::shared_ptr<const XmppSettings> settings_;
  xml::StreamReader reader_;
  ComponentSending sending_;
  std::string wire_;                   // leaves as one write a turn
  State state_ = State::opening;
  bool draining_ = false;              // waits until what is under way is taken
  Instant now_{};
  Outbox* out_ = nullptr;              // during on() only
};

// The component a lane belongs to when it is one we connect as; else null.
const Component* component_of(const XmppSettings& settings, std::string_view lane);

}  // namespace hanse::xmpp
