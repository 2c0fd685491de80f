// SPDX-License-Identifier: Apache-2.0
#include "federation/trust.h"

#include "tests/catch.h"

using namespace hanse;

namespace {

const std::string pin_b(64, 'b'), pin_x(64, 'f');

PeerPolicy peer(const std::string& domain, PeerState state = PeerState::active) {
  PeerPolicy out;
  out.domain = domain;
  out.state = state;
  out.scopes = {"smtp"};
  return out;
}

Claim from(const std::string& address, const std::string& certificate = "") {
  Claim out;
  out.protocol = "smtp";
  out.address = address;
  out.certificate_sha256 = certificate;
  return out;
}

Claim to(const std::string& domain, TlsLevel level, const std::string& certificate = "") {
  Claim out = from("192.0.2.9", certificate);
  out.domain = domain;
  out.outgoing = true;
  out.level = level;
  return out;
}

const Evidence tls{"tls", true, "TLSv1.3"};
const Evidence pkix{"pkix", true, ""};
const Evidence no_pkix{"pkix", false, "self-signed"};

std::string name_of(const PeerPolicy* found) { return found == nullptr ? "" : found->domain; }

}  // namespace

TEST_CASE("a peer is recognised by pin, by proven name, by network, in that order") {
  std::vector<PeerPolicy> peers = {peer("b.example"), peer("c.example"), peer("d.example")};
  peers[0].fingerprints = {pin_b};
  peers[1].addresses = {*parse_network("192.0.2.0/24")};
  Claim named = from("203.0.113.1");
  named.domain = "D.example";

  CHECK(name_of(recognise(peers, from("203.0.113.1"), {})) == "");
  CHECK(name_of(recognise(peers, from("192.0.2.7"), {})) == "c.example");
  CHECK(name_of(recognise(peers, from("192.0.2.7", pin_b), {})) == "b.example");
  CHECK(name_of(recognise(peers, from("203.0.113.1", pin_x), {})) == "");
  CHECK(name_of(recognise(peers, named, {})) == "");
  CHECK(name_of(recognise(peers, named, std::vector{no_pkix})) == "");
  CHECK(name_of(recognise(peers, named, std::vector{pkix})) == "d.example");
  CHECK(name_of(recognise(peers, to("d.example", TlsLevel::may), {})) == "d.example");
  CHECK(name_of(recognise(peers, to("other.example", TlsLevel::may), {})) == "");
}

TEST_CASE("incoming: policy, claim and evidence lead to a decision") {
  struct Row {
    std::string name;
    std::function<void(PeerPolicy&)> change;
    Claim claim;
    std::vector<Evidence> evidence;
    Verdict verdict;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"active", [](auto&) {}, from("192.0.2.1"), {}, Verdict::accept, "peer b.example, active"},
      {"no scope", [](auto& p) { p.scopes.clear(); }, from("192.0.2.1"), {}, Verdict::refuse,
       "peer has no scope smtp"},
      {"other scope", [](auto& p) { p.scopes = {"xmpp"}; }, from("192.0.2.1"), {},
       Verdict::refuse, "peer has no scope smtp"},
      {"blocked", [](auto& p) { p.state = PeerState::blocked; }, from("192.0.2.1"), {},
       Verdict::refuse, "peer is blocked"},
      {"suspended", [](auto& p) { p.state = PeerState::suspended; }, from("192.0.2.1"), {},
       Verdict::defer, "peer is suspended"},
      {"probation", [](auto& p) { p.state = PeerState::probation; }, from("192.0.2.1"), {},
       Verdict::accept, "peer b.example, probation"},
      {"pinned", [](auto& p) { p.fingerprints = {pin_b}; }, from("192.0.2.1", pin_b), {tls},
       Verdict::accept, "peer b.example, active"},
      {"another certificate", [](auto& p) { p.fingerprints = {pin_b}; },
       from("192.0.2.1", pin_x), {tls}, Verdict::refuse,
       "peer shows another certificate than the pinned one"},
      {"T-4 no TLS", [](auto& p) { p.require_tls_in = true; }, from("192.0.2.1"), {},
       Verdict::refuse, "TLS is required of this peer"},
      {"T-4 with TLS", [](auto& p) { p.require_tls_in = true; }, from("192.0.2.1"), {tls},
       Verdict::accept, "peer b.example, active"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    PeerPolicy policy = peer("b.example");
    row.change(policy);
    const TrustDecision decision = decide(&policy, UnknownPeers::open, row.claim, row.evidence);
    CHECK(decision.verdict == row.verdict);
    CHECK(decision.why == row.why);
    CHECK(decision.peer == "b.example");
  }
}

// xmpp 3.5: pin before everything else.
TEST_CASE("a pin binds whoever comes in the name of its peer") {
  std::vector<PeerPolicy> peers = {peer("b.example"), peer("c.example")};
  peers[0].fingerprints = {pin_b};
  peers[1].fingerprints = {pin_x};
  const std::vector<Evidence> asked_back = {tls, {"dialback", true, ""}};
  const auto judge = [&](const Claim& claim, const std::vector<Evidence>& evidence) {
    const PeerPolicy* found = recognise(peers, claim, evidence);
    return decide(found, UnknownPeers::open, claim, evidence);
  };
  Claim claim = from("192.0.2.7");
  claim.domain = "b.example";
  SECTION("no certificate, and dialback") {
    const TrustDecision decision = judge(claim, asked_back);
    CHECK(decision.verdict == Verdict::refuse);
    CHECK(decision.why == "peer does not show its pinned certificate");
    CHECK(decision.evidence.back().kind == "pin");
    CHECK_FALSE(decision.evidence.back().passed);
  }
  SECTION("another certificate, and an authority or dialback for the name") {
    claim.certificate_sha256 = std::string(64, 'a');
    CHECK(judge(claim, asked_back).verdict == Verdict::refuse);
    CHECK(judge(claim, {tls, pkix}).verdict == Verdict::refuse);
  }
  SECTION("the pinned certificate of somebody else, and dialback for the name") {
    claim.certificate_sha256 = pin_x;
    CHECK(judge(claim, asked_back).peer == "b.example");
    CHECK(judge(claim, asked_back).verdict == Verdict::refuse);
  }
  SECTION("the pinned certificate needs nobody else") {
    claim.certificate_sha256 = pin_b;
    CHECK(judge(claim, {tls, no_pkix}).verdict == Verdict::accept);
  }
  SECTION("a new certificate of the pinned key") {
    claim.certificate_sha256 = std::string(64, 'a');
    claim.key_sha256 = pin_b;
    CHECK(judge(claim, {tls, no_pkix}).verdict == Verdict::accept);
  }
  SECTION("outgoing, where a certificate is demanded") {
    Claim dialled = to("b.example", TlsLevel::verify, std::string(64, 'a'));
    CHECK(judge(dialled, {tls, pkix}).verdict == Verdict::defer);
    dialled.key_sha256 = pin_b;
    CHECK(judge(dialled, {tls, no_pkix}).verdict == Verdict::accept);
  }
}

TEST_CASE("T-4 a demand for TLS shows in the evidence, so that a server can say so") {
  PeerPolicy policy = peer("b.example");
  policy.require_tls_in = true;
  const TrustDecision decision = decide(&policy, UnknownPeers::open, from("192.0.2.1"), {});
  REQUIRE(decision.evidence.size() == 1);
  CHECK(decision.evidence[0].kind == "tls");
  CHECK_FALSE(decision.evidence[0].passed);
}

TEST_CASE("unknown peers are treated as the policy says") {
  const auto verdict = [](UnknownPeers unknown) {
    return decide(nullptr, unknown, from("192.0.2.1"), {}).verdict;
  };
  CHECK(verdict(UnknownPeers::reject) == Verdict::refuse);
  CHECK(verdict(UnknownPeers::probation) == Verdict::accept);
  CHECK(verdict(UnknownPeers::open) == Verdict::accept);
}

TEST_CASE("X-9 outgoing: the level of the hop decides") {
  struct Row {
    TlsLevel level;
    std::vector<Evidence> evidence;
    Verdict verdict;
  };
  const std::vector<Row> rows = {
      {TlsLevel::off, {}, Verdict::accept},
      {TlsLevel::may, {}, Verdict::accept},
      {TlsLevel::may, {tls, no_pkix}, Verdict::accept},
      {TlsLevel::encrypt, {}, Verdict::defer},
      {TlsLevel::encrypt, {tls, no_pkix}, Verdict::accept},
      {TlsLevel::verify, {}, Verdict::defer},
      {TlsLevel::verify, {tls, no_pkix}, Verdict::defer},
      {TlsLevel::verify, {tls, pkix}, Verdict::accept},
  };
  for (const Row& row : rows) {
    CAPTURE(tls_level_name(row.level), row.evidence.size());
    const Claim claim = to("b.example", row.level);
    CHECK(decide(nullptr, UnknownPeers::reject, claim, row.evidence).verdict == row.verdict);
  }
}

TEST_CASE("outgoing: a pin proves the peer, and another certificate disproves it") {
  PeerPolicy policy = peer("b.example");
  policy.fingerprints = {pin_b};
  const auto verdict = [&](const std::string& shown, const Evidence& name) {
    return decide(&policy, UnknownPeers::reject, to("b.example", TlsLevel::verify, shown),
                  std::vector{tls, name})
        .verdict;
  };
  CHECK(verdict(pin_b, no_pkix) == Verdict::accept);
  CHECK(verdict(pin_x, pkix) == Verdict::defer);
}

TEST_CASE("xmpp 1.7 outgoing: the key a route pins counts, and nothing makes up for another") {
  const auto ask = [](const std::string& key, const Evidence& name, const PeerPolicy* policy) {
    Claim claim = to("b.example", TlsLevel::verify, pin_x);
    claim.key_sha256 = key;
    claim.hop_pin = "00ff";
    return decide(policy, UnknownPeers::reject, claim, std::vector{tls, name});
  };
  CHECK(ask("00ff", no_pkix, nullptr).verdict == Verdict::accept);
  CHECK(ask("00aa", pkix, nullptr).verdict == Verdict::defer);
  CHECK(ask("00aa", pkix, nullptr).why == "the next hop shows another key than its route pins");
  CHECK(ask("", pkix, nullptr).verdict == Verdict::defer);
  PeerPolicy pinned = peer("b.example");   // what its own table demands as well
  pinned.fingerprints = {pin_b};
  CHECK(ask("00ff", pkix, &pinned).verdict == Verdict::defer);
  CHECK(ask("00aa", pkix, &pinned).verdict == Verdict::defer);
}

TEST_CASE("outgoing: what is for a suspended or blocked peer waits") {
  for (const PeerState state : {PeerState::suspended, PeerState::blocked}) {
    const PeerPolicy policy = peer("b.example", state);
    CHECK(decide(&policy, UnknownPeers::open, to("b.example", TlsLevel::may), {}).verdict ==
          Verdict::defer);
  }
}
