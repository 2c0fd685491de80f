// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/protocol.h"

#include "protocols/irc/hub.h"
#include "protocols/irc/inbound.h"
#include "protocols/irc/look.h"
#include "protocols/irc/outbound.h"
#include "protocols/irc/redactor.h"
#include "protocols/irc/settings.h"
#include "protocols/irc/views.h"

namespace hanse::irc {
namespace {

constexpr Listen listens[] = {
    {.table = "listen.irc", .address_key = "addr", .default_port = 7000},
    {.table = "listen.irc", .address_key = "tls_addr", .default_port = 7001, .implicit_tls = true,
     .ask_certificate = true},
};

class Room final : public ProtocolRoom {
 public:
  Room(std::shared_ptr<Hub> hub, std::shared_ptr<const LaneTraits> traits)
      : hub_(std::move(hub)), traits_(std::move(traits)) {}

  std::unique_ptr<Engine> inbound(const InboundContext& context) const override {
    return std::make_unique<Inbound>(context, hub_);
  }
  std::unique_ptr<Engine> outbound(const OutboundContext& context) const override {
    if (context.probe && hub_->settings().network(context.lane) == nullptr)
      return std::make_unique<Look>(context);
    return std::make_unique<Outbound>(context, hub_);
  }
  std::shared_ptr<const LaneTraits> lane_traits() const override { return traits_; }
  std::unique_ptr<Redactor> redactor(const RedactorWish& wish) const override {
    return std::make_unique<LineRedactor>(wish);
  }
  StatePage state(std::string_view view, std::size_t from, std::size_t most) const override {
    return view_page(*hub_, view, from, most);
  }
  std::vector<std::string> explain(std::string_view what) const override {
    return explain_channel(*hub_, what);
  }
  Result<std::string> peer_config(const PeerConfigWish& wish) const override {
    return write_peer_config(hub_->settings(), wish);
  }
  Result<Submission> report(const Reportable&, std::string_view, UtcTime) const override {
    return Error{Fault::never, "nobody on IRC is told of failures"};
  }

 private:
  const std::shared_ptr<Hub> hub_;
  const std::shared_ptr<const LaneTraits> traits_;
};

Result<std::shared_ptr<const ProtocolRoom>> open_room(const Configuration& configuration,
                                                      const NodeFacts& node) {
  Result<IrcSettings> read = read_settings(configuration, node);
  if (!read) return read.error();
  // Every setting here counts from the next start on: a network is a state, and its links stay up.
  if (node.before != nullptr) return node.before;
  const auto settings = std::make_shared<const IrcSettings>(*std::move(read));
  auto hub = std::make_shared<Hub>(settings);
  auto traits = std::make_shared<LaneTraits>(*read_traits(configuration, settings));
  traits->unreachable = [hub](const std::string& lane, const std::string& why) {
    note_unreachable(*hub, lane, why);
  };
  return std::shared_ptr<const ProtocolRoom>(
      std::make_shared<Room>(std::move(hub), std::move(traits)));
}

}  // namespace

const Protocol& protocol() {
  static const Protocol servers{.name = "irc", .tables = option_tables(), .listens = listens,
                                .peer_options = {}, .open = open_room, .one_home = true,
                                .views = views(), .peer_software = peer_software()};
  return servers;
}

}  // namespace hanse::irc
