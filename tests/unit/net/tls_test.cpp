// SPDX-License-Identifier: Apache-2.0
#include "server/net/tls.h"

#include <set>

#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

using State = TlsChannel::State;

std::shared_ptr<const TlsContext> context(std::string ca = tls_files().ca_path,
                                          std::string least = "1.2") {
  auto loaded = TlsContext::load(
      {tls_files().certificate_pem, tls_files().key_pem, std::move(ca), std::move(least)});
  REQUIRE(loaded);
  return *loaded;
}

// Two machines, joined back to back in pieces of a given size.
struct Joined {
  Joined(std::string_view name, std::vector<std::string> also = {},
         std::shared_ptr<const TlsContext> of_client = context(), std::size_t piece = 65536)
      : server_(context(), true, {}, "door"),
        client_(std::move(of_client), false,
                {.name = std::string(name), .also = std::move(also)}, {}),
        piece_(piece) {
    client_.start(to_server_);
    carry();
  }
  void carry() {
    while (!to_server_.empty() || !to_client_.empty()) {
      step(to_server_, server_, server_got_, to_client_, server_state_);
      step(to_client_, client_, client_got_, to_server_, client_state_);
    }
  }
  void step(std::string& from, TlsChannel& channel, std::string& plain, std::string& cipher,
            State& state) const {
    const std::string part = from.substr(0, piece_);
    from.erase(0, part.size());
    if (!part.empty()) state = channel.receive(part, plain, cipher);
  }
  std::string to_server_, to_client_, server_got_, client_got_;
  State server_state_ = State::handshaking, client_state_ = State::handshaking;
  TlsChannel server_, client_;
  std::size_t piece_;
};

TEST_CASE("T-1 both sides speak TLS 1.2 or newer and know what they got, in any segmentation") {
  const std::size_t piece = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{1500});
  Joined joined("mx.a.example", {}, context(), piece);
  REQUIRE(joined.server_state_ == State::up);
  REQUIRE(joined.client_state_ == State::up);
  const TlsFacts facts = joined.client_.facts();
  CHECK(facts.version == "TLSv1.3");
  CHECK(facts.certificate_sha256.size() == 64);
  CHECK(facts.verified);
  CHECK(facts.verify_error.empty());
  CHECK(joined.server_.facts().certificate_sha256.empty());
  CHECK_FALSE(joined.server_.facts().verified);
  const std::string much(100'000, 'x');
  CHECK(joined.client_.send(much, joined.to_server_) == State::up);
  CHECK(joined.server_.send("back", joined.to_client_) == State::up);
  joined.carry();
  CHECK(joined.server_got_ == much);
  CHECK(joined.client_got_ == "back");
}

// What a client offers for TLS 1.2, by the numbers of the registry (RFC 8446 4.1.2).
std::vector<unsigned> suites_offered(bool strong_only, TlsVersion least = TlsVersion::usual) {
  TlsChannel client(context(), false, {.strong_only = strong_only}, {});
  client.version_min(least);
  std::string hello;
  client.start(hello);
  const auto octet = [&hello](std::size_t at) {
    return unsigned{static_cast<unsigned char>(hello.at(at))};
  };
  constexpr std::size_t session_at = 5 + 4 + 2 + 32;   // record, handshake, version, random
  std::size_t at = session_at + 1 + octet(session_at);
  std::vector<unsigned> out;
  const std::size_t end = at + 2 + (octet(at) << 8 | octet(at + 1));
  for (at += 2; at < end; at += 2) {
    const unsigned suite = octet(at) << 8 | octet(at + 1);
    if (suite >> 8 != 0x13 && suite != 0xff) out.push_back(suite);   // TLS 1.3; RFC 5746
  }
  return out;
}

TEST_CASE("xmpp 3.2 to whom we demand a proof of only suites of RFC 9325 are offered") {
  const std::set<unsigned> strong{0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9};
  std::size_t others = 0;
  for (const unsigned suite : suites_offered(false)) others += !strong.contains(suite);
  CHECK(others > 0);
  const std::vector<unsigned> offered = suites_offered(true);
  CHECK(offered.size() == strong.size());
  for (const unsigned suite : offered) {
    CAPTURE(suite);
    CHECK(strong.contains(suite));
  }
  // Whoever lets TLS 1.0 in lets in what it has.
  CHECK(suites_offered(true, TlsVersion::v1_0).size() > strong.size());
}

TEST_CASE("T-1 a certificate is checked for chain and name, and the handshake goes on") {
  struct Row { std::string_view name; std::vector<std::string> also; bool verified; };
  const Row row = GENERATE(Row{"mx.a.example", {}, true}, Row{"MX.A.example", {}, true},
                           Row{"mx.b.example", {}, false}, Row{"a.example", {}, false},
                           Row{"mx.b.example", {"mx.a.example"}, true}, Row{"leaf", {}, false},
                           Row{"127.0.0.1", {}, true}, Row{"127.0.0.2", {}, false});
  Joined joined(row.name, row.also);
  REQUIRE(joined.client_state_ == State::up);
  CAPTURE(row.name, joined.client_.facts().verify_error);
  CHECK(joined.client_.facts().verified == row.verified);
  CHECK(joined.client_.facts().verify_error.empty() == row.verified);
}

TEST_CASE("T-1 a chain that leads to no anchor is told, not hidden") {
  Joined joined("mx.a.example", {}, context("system"));
  REQUIRE(joined.client_state_ == State::up);
  CHECK_FALSE(joined.client_.facts().verified);
  CHECK(joined.client_.facts().verify_error.find("local issuer") != std::string::npos);
}

TEST_CASE("close_notify reaches the other side") {
  Joined joined("mx.a.example");
  joined.client_.send("last", joined.to_server_);
  joined.client_.shut_down(joined.to_server_);
  joined.carry();
  CHECK(joined.server_got_ == "last");
  CHECK(joined.server_state_ == State::peer_closed);
}

TEST_CASE("bytes that are no TLS fail with a reason, and nothing comes after") {
  TlsChannel server(context(), true, {}, "door");
  std::string plain, cipher;
  CHECK(server.receive("EHLO mx.b.example\r\n", plain, cipher) == State::failed);
  CHECK_FALSE(server.error().empty());
  CHECK(plain.empty());
  CHECK(server.receive("more", plain, cipher) == State::failed);
}

TEST_CASE("a record changed on the way fails the connection") {
  Joined joined("mx.a.example");
  joined.client_.send("text", joined.to_server_);
  joined.to_server_.back() = static_cast<char>(joined.to_server_.back() ^ 1);
  joined.carry();
  CHECK(joined.server_state_ == State::failed);
  CHECK(joined.server_got_.empty());
}

TEST_CASE("a context says what is wrong with its files") {
  const TlsFiles& files = tls_files();
  const auto why = [](const TlsSettings& settings) {
    const auto loaded = TlsContext::load(settings);
    return loaded ? std::string("good") : loaded.error().what;
  };
  CHECK(why({files.certificate_pem, files.key_pem, files.ca_path, "1.2"}) == "good");
  CHECK(why({"nonsense", files.key_pem, "system", "1.2"}).starts_with("certificate: "));
  CHECK(why({files.certificate_pem, Secret("nonsense"), "system", "1.2"}).starts_with("key: "));
  CHECK(why({"", Secret(), "/no/such/file", "1.2"}).starts_with("trust anchors /no/such/file: "));
}

TEST_CASE("a context without a certificate only dials; one with it knows when it ends") {
  const auto client_only = TlsContext::load({"", Secret(), "system", "1.2"});
  REQUIRE(client_only);
  CHECK_FALSE((*client_only)->can_serve());
  CHECK((*client_only)->certificates().empty());
  const auto certificates = context()->certificates();
  REQUIRE(certificates.size() == 1);
  CHECK(certificates[0].name == "mx.a.example");
  const auto left = certificates[0].at - SystemClock().utc();
  CHECK(left > 6 * 24h);
  CHECK(left < 8 * 24h);
}

}  // namespace
}  // namespace hanse::net::test
