// SPDX-License-Identifier: Apache-2.0
// The receiving side of an authenticated stream against any bytes in any segmentation: what is
// handed on was proved, is canonical, and does not depend on the segmentation.

#include <deque>
#include <utility>
#include <vector>

#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/stanza.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

struct SteadyClock final : Clock {
  Instant now() const override { return {}; }
  UtcTime utc() const override { return from_unix_ms(1'700'000'000'000); }
};
const SteadyClock steady_clock;

std::shared_ptr<const xmpp::XmppSettings> make_settings() {
  xmpp::XmppSettings out;
  out.node_domain = "a.example";
  out.hosts = {"a.example"};
  out.components["gw.a.example"] = {"gw.a.example", xmpp::Component::Role::accept, "",
                                    std::string("secret")};
  out.trust = xmpp::Trust::dialback;
  out.dialback_secret = std::string("s3cr3t");
  out.clock = &steady_clock;
  out.before_trust = {8192, 16, 64, 32, 256, 1024, 64, 8192};
  out.after_trust = {65536, 64, 20000, 64, 256, 1024, 64, 64};
  out.negotiation_max = out.features_wait_max = out.answer_wait_max = std::chrono::seconds(60);
  out.idle_ping_after = std::chrono::minutes(10);
  out.idle_close_after = std::chrono::hours(1);
  return std::make_shared<const xmpp::XmppSettings>(std::move(out));
}

bool ours(std::string_view domain) { return domain == "a.example" || domain == "gw.a.example"; }

// One connection; every question is answered with a yes as soon as the engine has returned.
class Peer final : public Outbox {
 public:
  Peer() {
    InboundContext context;
    context.tls_first = true;
    engine_ = std::make_unique<xmpp::Inbound>(context, make_settings());
    event(Opened{"192.0.2.1", "192.0.2.7", 40000});
    TlsFacts facts;
    auto chain = std::make_shared<CertificateChain>();
    chain->valid = true;
    chain->certificates.emplace_back().dns_names = {"b.example"};
    facts.chain = std::move(chain);
    event(TlsUp{std::move(facts)});
    const std::string_view head =
        "<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
        "xmlns:stream='http://etherx.jabber.org/streams' from='b.example' to='a.example' "
        "version='1.0'>";
    event(Received{head});
    event(Received{"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>"});
    event(Received{head});
    require(!hung_up_, "the way to trust is open");
  }

  void event(Event event) {
    engine_->on(std::move(event), Instant(std::chrono::hours(1)), *this);
    while (!questions_.empty()) {
      const auto [id, answer] = std::move(questions_.front());
      questions_.pop_front();
      engine_->on(Answered{id, answer}, Instant(std::chrono::hours(1)), *this);
    }
  }

  void send(std::string_view bytes) override {
    require(!hung_up_, "nothing is said behind the end");
    written_ += bytes;
  }
  void start_tls(TlsWish) override { require(false, "TLS is up already"); }
  void set_timer(TimerId, Instant) override {}
  void cancel_timer(TimerId) override {}
  AskId ask(Ask ask) override {
    ++last_ask_;
    if (std::holds_alternative<Verify>(ask)) {
      questions_.push_back({last_ask_, TrustDecision{Verdict::accept, "", "", {}}});
    } else if (std::holds_alternative<Permit>(ask)) {
      questions_.push_back({last_ask_, Permission{Permission::Answer::yes, "", {}}});
    } else if (const Submit* submit = std::get_if<Submit>(&ask)) {
      handed_on("kept ", submit->submission);
      questions_.push_back({last_ask_, Submitted{"01"}});
    } else if (std::holds_alternative<Lookup>(ask)) {
      questions_.push_back({last_ask_, DnsAnswer{DnsStatus::no_name, {}, {}, 0, false}});
    } else {
      Outcome outcome;
      outcome.disposition = Disposition::delivered;
      outcome.reply = "invalid";   // dialback proves nobody here
      questions_.push_back({last_ask_, Conveyed{std::move(outcome)}});
    }
    return last_ask_;
  }
  void discard(std::int64_t) override {}
  void pass(Submission submission) override { handed_on("passed ", submission); }
  void ready() override {}
  void serve(std::string_view, bool) override {}
  void wake(std::string_view) override {}
  void settle(DeliveryId, Outcome) override {}
  void hang_up() override { hung_up_ = true; }
  void fail(LinkEnd) override {}
  void note(Level, std::string_view, std::string_view) override {}

  bool hung_up_ = false;
  std::string story_, written_;

 private:
  void handed_on(std::string_view how, const Submission& submission) {
    const std::string& bytes = *submission.body.bytes;
    const Result<xml::Element> read = xmpp::read_stanza(bytes);
    require(read.has_value(), "what is handed on can be read");
    require(xmpp::is_stanza(*read), "it is a stanza");
    require(xmpp::stanza_bytes(*read) == bytes, "it is canonical");
    const std::string& from = submission.envelope.from.domain;
    const std::string& to = submission.envelope.to.front().domain;
    require((from == "b.example" && ours(to)) || (ours(from) && to == "b.example"),
            "only what was proved is believed");
    story_.append(how).append(bytes).append("\n");
  }

  std::unique_ptr<Engine> engine_;
  std::deque<std::pair<AskId, Answer>> questions_;
  AskId last_ask_ = 0;
};

std::string played(std::string_view bytes, std::size_t piece) {
  Peer peer;
  while (!bytes.empty() && !peer.hung_up_) {
    const std::string segment(bytes.substr(0, piece));   // an own copy: the sanitizer sees its end
    peer.event(Received{segment});
    bytes.remove_prefix(segment.size());
  }
  peer.event(Drain{});
  peer.event(Closed{false, "gone"});
  return peer.story_ + (peer.hung_up_ ? "hung up" : "");
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse::fuzz;
  const std::string_view input = as_text(data, size);
  const std::string whole = played(input, input.size());
  require(whole == played(input, 1), "the segmentation decides nothing");
  require(whole == played(input, 7), "the segmentation decides nothing");
  return 0;
}
