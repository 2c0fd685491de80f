// SPDX-License-Identifier: Apache-2.0
// The receiving side of a stream whose peer has no certificate and proves its domains by dialback,
// against any bytes: only what the authoritative server has said yes to, and trust as well, is
// believed; answers that nobody asked for never are; no key of ours is told to anybody.

#include <deque>
#include <set>
#include <utility>

#include "protocols/xmpp/dialback.h"
#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/stanza.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

struct SteadyClock final : Clock {
  Instant now() const override { return {}; }
  UtcTime utc() const override { return from_unix_ms(1'700'000'000'000); }
};
const SteadyClock steady_clock;

constexpr const char* secret = "s3cr3tf0rd14lb4ck";

std::shared_ptr<const xmpp::XmppSettings> make_settings() {
  xmpp::XmppSettings out;
  out.node_domain = "a.example";
  out.hosts = {"a.example"};
  out.components["gw.a.example"] = {"gw.a.example", xmpp::Component::Role::accept, "",
                                    std::string("secret")};
  out.trust = xmpp::Trust::dialback;
  out.dialback_secret = std::string(secret);
  out.clock = &steady_clock;
  out.before_trust = {8192, 16, 64, 32, 256, 1024, 64, 8192};
  out.after_trust = {65536, 64, 20000, 64, 256, 1024, 64, 64};
  out.negotiation_max = out.features_wait_max = out.answer_wait_max = std::chrono::seconds(60);
  out.idle_ping_after = std::chrono::minutes(10);
  out.idle_close_after = std::chrono::hours(1);
  return std::make_shared<const xmpp::XmppSettings>(std::move(out));
}

// One connection; what is asked is answered as the script says, as soon as the engine returns.
class Peer final : public Outbox {
 public:
  explicit Peer(Script script) : script_(script) {
    InboundContext context;
    context.tls_first = true;
    engine_ = std::make_unique<xmpp::Inbound>(context, make_settings());
    event(Opened{"192.0.2.1", "192.0.2.7", 40000});
    event(TlsUp{});
    event(Received{"<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
                   "xmlns:stream='http://etherx.jabber.org/streams' from='b.example' "
                   "to='a.example' version='1.0'>"});
    require(!hung_up_, "dialback is offered");
    begun_ = true;
  }

  void event(Event event) {
    engine_->on(std::move(event), Instant(std::chrono::hours(1)), *this);
    while (!questions_.empty()) {
      auto [id, answer] = std::move(questions_.front());
      questions_.pop_front();
      engine_->on(Answered{id, std::move(answer)}, Instant(std::chrono::hours(1)), *this);
    }
  }

  AskId ask(Ask ask) override {
    questions_.push_back({++last_ask_, answer_to(ask)});
    return last_ask_;
  }
  void send(std::string_view) override {
    require(!hung_up_, "nothing is said behind the end");
  }
  void start_tls(TlsWish) override { require(false, "TLS is up already"); }
  void set_timer(TimerId, Instant) override {}
  void cancel_timer(TimerId) override {}
  void discard(std::int64_t) override {}
  void pass(Submission submission) override { handed_on(submission); }
  void ready() override {}
  void serve(std::string_view, bool) override {}
  void wake(std::string_view) override {}
  void settle(DeliveryId, Outcome) override {}
  void hang_up() override { hung_up_ = true; }
  void fail(LinkEnd) override {}
  void note(Level, std::string_view, std::string_view) override {}

  bool hung_up_ = false;

 private:
  using Pair = std::pair<std::string, std::string>;   // ours, theirs

  Answer answer_to(const Ask& ask) {
    if (const Verify* verify = std::get_if<Verify>(&ask)) {
      // The first is about the header, of which a peer without a certificate is not refused.
      const bool refused = begun_ && script_.next() % 4 == 3;
      const Verdict verdict = refused ? Verdict::refuse : Verdict::accept;
      if (verdict == Verdict::accept && begun_) trusted_.insert(verify->claim.domain);
      return TrustDecision{verdict, "", "", {}};
    }
    if (const Convey* convey = std::get_if<Convey>(&ask)) return authority(convey->submission);
    if (std::holds_alternative<Permit>(ask)) return Permission{Permission::Answer::yes, "", {}};
    if (std::holds_alternative<Lookup>(ask))
      return DnsAnswer{DnsStatus::no_name, {}, {}, 0, false};
    if (const Submit* submit = std::get_if<Submit>(&ask)) handed_on(submit->submission);
    return Submitted{"01"};
  }

  Answer authority(const Submission& submission) {
    const Envelope& envelope = submission.envelope;
    const Pair pair{xmpp::domain_key(envelope.from.domain),
                    xmpp::domain_key(envelope.to.front().domain)};
    require(pair.first == "a.example" || pair.first == "gw.a.example", "we ask as ourselves");
    require(pair.second != "a.example" && pair.second != "gw.a.example", "and not about us");
    Outcome outcome;
    outcome.disposition = Disposition::delivered;
    switch (script_.next() % 4) {
      case 0:
        valid_.insert(pair);
        outcome.reply = "valid";
        break;
      case 1: outcome.reply = "invalid"; break;
      case 2: outcome.reply = "item-not-found"; break;
      default: outcome.disposition = Disposition::deferred;
    }
    return Conveyed{std::move(outcome)};
  }

  void handed_on(const Submission& submission) {
    const std::string from = xmpp::domain_key(submission.envelope.from.domain);
    const std::string to = xmpp::domain_key(submission.envelope.to.front().domain);
    const bool inward = valid_.contains({to, from}) && trusted_.contains(from);
    const bool answer = valid_.contains({from, to}) && trusted_.contains(to);
    require(inward || answer, "only what was proved is believed");
  }

  Script script_;
  std::unique_ptr<Engine> engine_;
  std::deque<std::pair<AskId, Answer>> questions_;
  std::set<Pair> valid_;
  std::set<std::string> trusted_;
  AskId last_ask_ = 0;
  bool begun_ = false;
};

void play(const Script& script, std::string_view bytes, std::size_t piece) {
  Peer peer(script);
  while (!bytes.empty() && !peer.hung_up_) {
    const std::string segment(bytes.substr(0, piece));   // an own copy: the sanitizer sees its end
    peer.event(Received{segment});
    bytes.remove_prefix(segment.size());
  }
  peer.event(Drain{});
  peer.event(Closed{false, "gone"});
}

// The key of XEP-0185 for any three texts: the right one is known, and none that differs.
void check_keys(std::string_view bytes) {
  const std::string id(bytes.substr(0, 24)), key = xmpp::dialback_key(secret, "b.example",
                                                                      "a.example", id);
  const xmpp::DialbackSecret secrets{"another", secret};
  require(xmpp::is_dialback_key(secrets, "b.example", "a.example", id, key), "ours is known");
  require(bytes == key || !xmpp::is_dialback_key(secrets, "b.example", "a.example", id, bytes),
          "no other one is");
  require(!xmpp::is_dialback_key(secrets, "c.example", "a.example", id, key), "nor for others");
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse::fuzz;
  std::string_view input = as_text(data, size);
  const Script script(input);
  // What follows a claim before its answer is there is refused: how the octets are cut decides
  // what comes of them, but never that something passes which was not proved.
  for (const std::size_t piece : {input.size(), std::size_t{1}, std::size_t{7}})
    play(script, input, piece);
  check_keys(input);
  return 0;
}
