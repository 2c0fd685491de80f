// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/protocol.h"

#include "protocols/smtp/discover.h"
#include "protocols/smtp/inbound.h"
#include "protocols/smtp/outbound.h"
#include "protocols/smtp/records.h"
#include "protocols/smtp/redactor.h"
#include "protocols/smtp/report.h"

namespace hanse::smtp {

namespace {

constexpr Listen listens[] = {
    {.table = "listen.smtp", .address_key = "addr", .default_port = 25},
    {.table = "listen.smtp", .address_key = "tls_addr", .default_port = 465, .implicit_tls = true,
     .ask_certificate = true},
};

std::shared_ptr<const LaneTraits> read_traits(const Settings& table,
                                              std::shared_ptr<const SmtpSettings> settings) {
  auto out = std::make_shared<LaneTraits>();
  const auto count = [&table](std::string_view key) {
    return static_cast<std::size_t>(table.integer(key));
  };
  out->protocol = "smtp";
  out->link_window = table.boolean("pipeline_messages") ? deliveries_open_max : 1;
  out->links_first = count("connections_first");
  out->links_max = count("connections_max");
  out->works_per_link_max = count("messages_per_connection");
  out->link_age_max = table.duration("connection_age_max");
  out->idle_keep = table.duration("idle_keep");
  out->endpoints_tried_max = addresses_enough;
  out->retry = table.durations("retry");
  out->retry_slow = table.durations("retry_slow");
  out->retry_jitter_percent = static_cast<unsigned>(count("retry_jitter"));
  out->lifetime = table.duration("lifetime");
  out->report_lifetime = table.duration("report_lifetime");
  out->breaker_failures = static_cast<unsigned>(count("breaker_failures"));
  out->breaker_first = table.duration("breaker_first");
  out->breaker_last = table.duration("breaker_last");
  out->breaker_jitter_percent = static_cast<unsigned>(count("breaker_jitter"));
  out->startup_spread = table.duration("startup_spread");
  out->discover = [settings = std::move(settings)](const std::string& lane, Random& random) {
    return std::make_unique<MailDiscovery>(lane, settings, random);
  };
  return out;
}

class Room final : public ProtocolRoom {
 public:
  Room(std::shared_ptr<const SmtpSettings> settings, std::shared_ptr<const LaneTraits> traits,
       std::vector<std::string> hosts)
      : settings_(std::move(settings)), traits_(std::move(traits)), hosts_(std::move(hosts)) {}

  std::unique_ptr<Engine> inbound(const InboundContext& context) const override {
    return std::make_unique<Inbound>(settings_, context);
  }
  std::unique_ptr<Engine> outbound(const OutboundContext& context) const override {
    return std::make_unique<Outbound>(context, settings_);
  }
  std::shared_ptr<const LaneTraits> lane_traits() const override { return traits_; }
  std::string greeting_name() const override { return settings_->out.helo_name; }
  std::unique_ptr<Redactor> redactor(const RedactorWish& wish) const override {
    return std::make_unique<MailRedactor>(wish);
  }
  std::vector<DnsWish> dns_records() const override {
    return wished_records(hosts_, settings_->out.helo_name);
  }
  Result<Submission> report(const Reportable& failed, std::string_view head,
                            UtcTime now) const override {
    return make_report(*settings_, failed, head, now);
  }

 private:
  const std::shared_ptr<const SmtpSettings> settings_;
  const std::shared_ptr<const LaneTraits> traits_;
  const std::vector<std::string> hosts_;
};

Result<std::shared_ptr<const ProtocolRoom>> open_room(const Configuration& configuration,
                                                      const NodeFacts& node) {
  Result<SmtpSettings> read = read_settings(configuration, node);
  if (!read) return read.error();
  const auto settings = std::make_shared<const SmtpSettings>(std::move(read).value());
  return std::shared_ptr<const ProtocolRoom>(
      std::make_shared<Room>(settings, read_traits(configuration.table("smtp"), settings),
                             configuration.table("smtp").list("hosts")));
}

}  // namespace

const Protocol& protocol() {
  static const Protocol mail{"smtp", option_tables(), listens, peer_options(), open_room};
  return mail;
}

}  // namespace hanse::smtp
