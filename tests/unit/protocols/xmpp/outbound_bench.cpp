// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/xmpp/outbound_bench.h"

#include <utility>

#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/stanza.h"
#include "tests/catch.h"

namespace hanse::xmpp::test {

XmppSettings OutboundBench::sample_settings() {
  XmppSettings out;
  out.node_domain = "node.a.example";
  out.hosts = {"a.example"};
  out.dialback_secret = std::string("s3cr3tf0rd14lb4ck");
  out.before_trust = {8192, 16, 64, 32, 256, 1024, 64, 8192};
  out.after_trust = {262144, 64, 20000, 64, 256, 1024, 64, 8192};
  out.negotiation_max = std::chrono::seconds(90);
  out.features_wait_max = std::chrono::seconds(30);
  out.answer_wait_max = std::chrono::seconds(60);
  out.idle_ping_after = std::chrono::minutes(10);
  out.idle_close_after = std::chrono::hours(1);
  return out;
}

OutboundContext OutboundBench::sample_context() {
  OutboundContext out;
  out.lane = "a.example>b.example";
  out.endpoint.host = "xmpp.b.example";
  out.endpoint.address = "192.0.2.7";
  out.endpoint.port = 5269;
  out.nonce = std::string(32, 'n');
  return out;
}

OutboundBench::OutboundBench(OutboundContext context, XmppSettings settings) {
  timers_.fill(Instant::max());
  settings.clock = &clock_;
  settings_ = std::make_shared<const XmppSettings>(std::move(settings));
  if (context.lane.empty()) context = sample_context();
  engine_ = std::make_unique<Outbound>(context, settings_);
}

void OutboundBench::event(Event one) {
  const std::size_t before = asked_.size();
  engine_->on(std::move(one), clock_.now_, *this);
  if (asked_.size() == before || finds_late_) return;
  if (std::holds_alternative<Inherit>(asked_.back())) answer(Inherited{inherited_});
}
void OutboundBench::open() { event(Opened{"192.0.2.1", "192.0.2.7", 5269}); }
void OutboundBench::feed(std::string_view bytes) { event(Received{bytes}); }
void OutboundBench::deliver(Work work) { event(Deliver{std::move(work)}); }
void OutboundBench::drain() { event(Drain{}); }
void OutboundBench::close() { event(Closed{false, "reset"}); }

void OutboundBench::tls_up() {
  TlsFacts facts;
  facts.version = "TLSv1.3";
  facts.cipher = "TLS_AES_256_GCM_SHA384";
  auto chain = std::make_shared<CertificateChain>();
  chain->valid = true;
  chain->certificates.emplace_back();
  chain->certificates.back().dns_names = {"b.example"};
  facts.chain = std::move(chain);
  event(TlsUp{std::move(facts)});
}

void OutboundBench::trust(Verdict verdict, std::string why) {
  TrustDecision decision;
  decision.verdict = verdict;
  decision.why = std::move(why);
  answer(std::move(decision));
}

void OutboundBench::answer(Answer answer) {
  event(hanse::Answered{static_cast<AskId>(asked_.size()), std::move(answer)});
}

AskId OutboundBench::ask(Ask ask) {
  asked_.push_back(std::move(ask));
  return static_cast<AskId>(asked_.size());
}

void OutboundBench::pass(Duration time) {
  const Instant end = clock_.now_ + time;
  for (;;) {
    const auto next = std::min_element(timers_.begin(), timers_.end());
    if (*next > end) break;
    clock_.now_ = *next;
    *next = Instant::max();
    event(Rang{static_cast<TimerId>(next - timers_.begin())});
  }
  clock_.now_ = end;
}

std::string OutboundBench::take() { return std::exchange(sent_, {}); }

void OutboundBench::note(Level, std::string_view event, std::string_view text) {
  log_.append(event).append(": ").append(text).append("\n");
}

std::string OutboundBench::head(std::string_view id) {
  return "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
         "xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' "
         "from='b.example' to='a.example' id='" + std::string(id) + "' version='1.0'>";
}

std::string OutboundBench::features(std::string_view inside) {
  return "<stream:features>" + std::string(inside) + "</stream:features>";
}

void OutboundBench::negotiate(std::string_view offered) {
  open();
  feed(head("one") + features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
                              "</starttls>"));
  feed("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  tls_up();
  trust(Verdict::accept);
  feed(head("two") + features("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                              "<mechanism>EXTERNAL</mechanism></mechanisms>"));
  feed("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  feed(head("three") + features(offered));
  REQUIRE((ready_ == 1 || offered.find("sm:3") != std::string_view::npos));
}

Work OutboundBench::message(DeliveryId id, std::string_view body, Flow flow) {
  xml::Element stanza("jabber:server", "message");
  stanza.set("from", "one@a.example/x");
  stanza.set("to", "two@b.example");
  stanza.add("jabber:server", "body").add_text(body);
  const Jid from{"one", "a.example", "x"}, to{"two", "b.example", ""};
  Submission submission = to_submission({stanza, from, to, true});
  submission.envelope.flow = flow;
  submission.envelope.accepted = from_unix_ms(1'700'000'000'000);
  Work work;
  work.body = submission.body;
  work.targets.push_back({id, submission.envelope.to.front(), 1});
  work.envelope = std::make_shared<const Envelope>(std::move(submission.envelope));
  return work;
}

}  // namespace hanse::xmpp::test
