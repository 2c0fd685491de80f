// SPDX-License-Identifier: Apache-2.0
// The lane of a network: where it leads is written in the configuration.
#include "protocols/irc/settings.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/look.h"

namespace hanse::irc {
namespace {

class Fixed final : public Discovery {
 public:
  explicit Fixed(const NetworkSettings* network) : network_(network) {}

  std::optional<Ask> next() override { return std::nullopt; }
  void on(const DnsQuestion&, const Result<DnsAnswer>&) override {}
  bool done() const override { return true; }
  Result<std::vector<Endpoint>> endpoints() override {
    if (network_ == nullptr) return Error{Fault::never, "no such network is configured"};
    std::vector<Endpoint> out;
    for (const NetworkSettings::Place& place : network_->places) {
      Endpoint one;
      one.host = network_->peer;   // the same for all: they race (docs/decisions/009)
      one.address = place.address;
      one.port = place.port;
      one.tls_first = network_->tls != LinkTls::off;
      out.push_back(std::move(one));
    }
    return out;
  }
  // An empty one says: nothing to dial, the peer comes by itself.
  std::string status() const override { return network_ == nullptr ? "5.1.10" : ""; }
  std::string story() const override {
    if (network_ == nullptr) return "not configured";
    return network_->places.empty() ? "waits for the server to connect" : "as configured";
  }

 private:
  const NetworkSettings* network_;
};

}  // namespace

std::shared_ptr<const LaneTraits> read_traits(const Configuration& configuration,
                                              std::shared_ptr<const IrcSettings> settings) {
  const Settings& table = configuration.table("irc");
  auto out = std::make_shared<LaneTraits>();
  out->protocol = "irc";
  out->ordered = true;
  out->links_first = out->links_max = 1;
  out->link_window = limits::late_works_max;
  out->works_per_link_max = SIZE_MAX;
  out->link_age_max = std::chrono::hours(24 * 365);
  out->endpoints_tried_max = out->sessions_tried_max = limits::places_max;
  out->retry = out->breaker_waits = table.durations("retry");
  out->breaker_failures = 1;
  out->refused_least = table.duration("retry_refused");
  out->startup_spread = std::chrono::seconds(1);
  std::int64_t late = 0;
  for (const NetworkSettings& one : settings->networks) {
    if (one.autoconnect) out->standing.insert(one.name);
    else if (one.is_called()) out->on_wish.insert(one.name);
    late = std::max(late, one.late_seconds);
  }
  // What waits longer than its own network allows is dropped by the link.
  if (late > 0) out->lifetime = out->report_lifetime = std::chrono::seconds(late);
  out->discover = [settings = std::move(settings)](const std::string& lane,
                                                   Random&) -> std::unique_ptr<Discovery> {
    const NetworkSettings* network = settings->network(lane);
    NextHop hop = parse_next_hop(lane);
    if (network == nullptr && is_place(hop)) return look_at(std::move(hop));   // for a probe
    return std::make_unique<Fixed>(network);
  };
  return out;
}

}  // namespace hanse::irc
