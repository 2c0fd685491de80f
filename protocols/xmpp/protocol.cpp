// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/protocol.h"

#include "protocols/xmpp/component_inbound.h"
#include "protocols/xmpp/component_outbound.h"
#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/outbound.h"
#include "protocols/xmpp/records.h"
#include "protocols/xmpp/redactor.h"
#include "protocols/xmpp/report.h"
#include "protocols/xmpp/settings.h"

namespace hanse::xmpp {

namespace {

constexpr Listen listens[] = {
    {.table = "listen.xmpp", .address_key = "addr", .default_port = 5269, .detect_tls = true,
     .alpn = "xmpp-server", .ask_certificate = true, .strong_only = true},
    {.table = "component", .address_key = "addr", .default_port = 5347, .when_key = "role",
     .when = "accept"},
    {.table = "component", .address_key = "gateway", .default_port = 5347, .when_key = "role",
     .when = "connect"},
};

// Of a component, a look: there is nothing to see before the secret is shown, and showing it would
// send away the connection that stands (XEP-0114 has one).
class ComponentLook final : public Engine {
 public:
  void on(Event event, Instant, Outbox& out) override {
    if (std::holds_alternative<Opened>(event)) {
      out.note(Level::debug, "probe.proof", "would prove itself by the component's secret");
      out.ready();
    } else if (std::holds_alternative<Drain>(event)) {
      LinkEnd end;
      end.orderly = true;
      end.what = "closed by us";
      out.fail(std::move(end));
      out.hang_up();
    }
  }
};

class Room final : public ProtocolRoom {
 public:
  Room(std::shared_ptr<const XmppSettings> settings, std::shared_ptr<const LaneTraits> traits)
      : settings_(std::move(settings)), traits_(std::move(traits)) {}

  std::unique_ptr<Engine> inbound(const InboundContext& context) const override {
    if (context.listener == "component")
      return std::make_unique<ComponentInbound>(context, settings_);
    return std::make_unique<Inbound>(context, settings_);
  }

  std::unique_ptr<Engine> outbound(const OutboundContext& context) const override {
    const Component* component = component_of(*settings_, context.lane);
    if (component != nullptr && context.look_only) return std::make_unique<ComponentLook>();
    if (component != nullptr)
      return std::make_unique<ComponentOutbound>(*component, to_text(context.endpoint),
                                                 settings_);
    return std::make_unique<Outbound>(context, settings_);
  }

  std::shared_ptr<const LaneTraits> lane_traits() const override { return traits_; }

  std::unique_ptr<Redactor> redactor(const RedactorWish& wish) const override {
    return std::make_unique<StreamRedactor>(wish);
  }

  const std::shared_ptr<const XmppSettings>& settings() const { return settings_; }

  void hand_over(XmppSettings& to) const {
    if (to.public_peers != nullptr) to.public_peers = settings_->public_peers;
    to.sources = settings_->sources;
    to.recent = settings_->recent;
    to.pings = settings_->pings;
  }

  std::vector<DnsWish> dns_records() const override { return wished_records(*settings_); }

  Result<Submission> report(const Reportable& failed, std::string_view head,
                            UtcTime) const override {
    return make_report(*settings_, failed, head);
  }

 private:
  const std::shared_ptr<const XmppSettings> settings_;
  const std::shared_ptr<const LaneTraits> traits_;
};

Result<std::shared_ptr<const ProtocolRoom>> open_room(const Configuration& configuration,
                                                      const NodeFacts& node) {
  Result<XmppSettings> read = read_settings(configuration, node);
  if (!read) return read.error();
  // The streams that stand are counted there, and wait for answers.
  const Room* before = dynamic_cast<const Room*>(node.before.get());
  if (before != nullptr) before->hand_over(*read);
  const auto settings = std::make_shared<const XmppSettings>(*std::move(read));
  return std::shared_ptr<const ProtocolRoom>(
      std::make_shared<Room>(settings, read_traits(configuration, settings)));
}

}  // namespace

std::shared_ptr<const XmppSettings> settings_of(const ProtocolRoom& room) {
  return dynamic_cast<const Room&>(room).settings();
}

const Protocol& protocol() {
  static const Protocol streams{"xmpp", option_tables(), listens, peer_options(), open_room};
  return streams;
}

}  // namespace hanse::xmpp
