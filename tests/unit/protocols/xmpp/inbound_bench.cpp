// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/xmpp/inbound_bench.h"

#include "protocols/xmpp/component_inbound.h"
#include "protocols/xmpp/inbound.h"

namespace hanse::xmpp::test {

namespace {

struct FixedClock final : Clock {
  Instant now() const override { return {}; }
  UtcTime utc() const override { return from_unix_ms(1'700'000'000'000); }
};
const FixedClock fixed_clock;

}  // namespace

std::shared_ptr<const XmppSettings> inbound_settings(Trust trust, const std::string& pinned) {
  XmppSettings out;
  if (!pinned.empty()) out.peer_pinned.insert(pinned);
  out.node_domain = "a.example";
  out.hosts = {"a.example"};
  out.components["gw.a.example"] = {"gw.a.example", Component::Role::accept, "127.0.0.1:5347",
                                    std::string("a secret of the gateway")};
  out.faces = {{"f.example", "192.0.2.80:5269"},
               {"g.example", "192.0.2.80:5269"},
               {"h.example", "192.0.2.81:5269"},
               {"far.example", "203.0.113.5:5269"}};
  out.relay_from = {*parse_network("192.0.2.0/24")};
  out.trust = trust;
  out.dialback_secret = std::string("s3cr3tf0rd14lb4ck");
  out.name = "hanse";
  out.abuse_addresses = {"mailto:abuse@a.example"};
  out.clock = &fixed_clock;
  out.started = fixed_clock.utc() - std::chrono::seconds(90);
  out.before_trust = {8192, 16, 64, 32, 256, 1024, 64, 8192};
  out.after_trust = {262144, 64, 20000, 64, 256, 1024, 64, 8192};
  out.negotiation_max = std::chrono::seconds(90);
  out.features_wait_max = std::chrono::seconds(30);
  out.answer_wait_max = std::chrono::seconds(60);
  out.idle_ping_after = std::chrono::minutes(10);
  out.idle_close_after = std::chrono::hours(1);
  return std::make_shared<const XmppSettings>(std::move(out));
}

std::unique_ptr<Engine> make_inbound(const hanse::test::Settings& settings) {
  InboundContext context;
  context.tls_available = true;
  context.busy = settings.contains("busy");
  context.tls_first = settings.contains("tls_first");
  const auto pinned = settings.find("pinned");
  XmppSettings own =
      *inbound_settings(settings.contains("trust") ? Trust::dialback : Trust::verify,
                        pinned == settings.end() ? std::string() : pinned->second);
  if (settings.contains("slow")) own.bytes_per_second_max = 1000;
  return std::make_unique<Inbound>(context, std::make_shared<const XmppSettings>(std::move(own)));
}

std::unique_ptr<Engine> make_component(const hanse::test::Settings&) {
  InboundContext context;
  context.listener = "component";
  return std::make_unique<ComponentInbound>(context, inbound_settings());
}

std::string open_head() {
  return "<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
         "xmlns:stream='http://etherx.jabber.org/streams' from='b.example' to='a.example' "
         "version='1.0'>";
}

void no_names(hanse::test::EngineBench& bench) {
  DnsAnswer nothing;
  nothing.status = DnsStatus::no_name;
  while (!bench.open_.empty() && std::holds_alternative<Lookup>(bench.open_.front().ask))
    bench.answer_first(nothing);
}

hanse::test::EngineBench trusted(std::string_view before_proof, hanse::test::Settings settings) {
  settings["tls_first"] = "1";
  hanse::test::EngineBench bench(make_inbound(settings));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  TlsFacts facts;
  facts.version = "TLSv1.3";
  facts.cipher = "TLS_AES_256_GCM_SHA384";
  auto chain = std::make_shared<CertificateChain>();
  chain->valid = true;
  chain->certificates.emplace_back().dns_names = {"b.example"};
  facts.chain = std::move(chain);
  bench.event(TlsUp{facts});
  bench.feed(open_head());
  no_names(bench);
  bench.answer_first(TrustDecision{Verdict::accept, "b.example", "", {}});
  bench.feed(before_proof);
  bench.feed("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
  bench.feed(open_head());
  bench.take_output();
  return bench;
}

}  // namespace hanse::xmpp::test
