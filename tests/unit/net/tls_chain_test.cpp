// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <sstream>

#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "server/base/text.h"
#include "server/net/tls.h"
#include "tests/unit/net/bench.h"

namespace hanse::net::test {
namespace {

using State = TlsChannel::State;
using Made = TlsFiles::Made;

Made made(const std::string& names, const std::string& more = "",
          const std::string& options = "") {
  return tls_files().make(names, more, options);
}

std::shared_ptr<const TlsContext> context(std::vector<Made> all,
                                          const std::string& ca = tls_files().ca_path) {
  TlsSettings settings{"", Secret(), ca, "1.2", {}};
  for (Made& one : all) settings.further.push_back({std::move(one.pem), std::move(one.key)});
  auto loaded = TlsContext::load(settings);
  REQUIRE(loaded);
  return *loaded;
}

// One handshake, to its end or to its failure.
struct Handshake {
  Handshake(std::shared_ptr<const TlsContext> at_server, TlsWish of_server,
            std::shared_ptr<const TlsContext> at_client, TlsWish of_client)
      : server_(std::move(at_server), true, std::move(of_server), "door"),
        client_(std::move(at_client), false, std::move(of_client), {}) {
    std::string to_server, to_client, plain;
    client_.start(to_server);
    while (!to_server.empty() || !to_client.empty()) {
      if (!to_server.empty())
        server_state_ = server_.receive(std::exchange(to_server, {}), plain, to_client);
      if (!to_client.empty())
        client_state_ = client_.receive(std::exchange(to_client, {}), plain, to_server);
    }
  }
  bool up() const { return server_state_ == State::up && client_state_ == State::up; }
  TlsChannel server_, client_;
  State server_state_ = State::handshaking, client_state_ = State::handshaking;
};

// What our server side makes of a client that shows this certificate.
TlsFacts seen(const Made& shown, const std::string& ca = tls_files().ca_path) {
  Handshake done(context({made("DNS:b.example")}, ca), {.ask_certificate = true},
                 context({shown}), {.name = "b.example", .identity = "a.example"});
  REQUIRE(done.up());
  TlsFacts facts = done.server_.facts();
  REQUIRE(facts.chain);
  return facts;
}

TEST_CASE("T-1 the server shows the certificate for the name that is asked for") {
  const auto server = context({made("DNS:first.example"), made("DNS:a.example,DNS:*.a.example"),
                               made("DNS:mx.a.example"), made("DNS:mx.a.example,DNS:late.example"),
                               made("otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server.c.example,"
                                    "otherName:1.3.6.1.5.5.7.8.5;UTF8:d.example")});
  struct Row { const char* asked; const char* identity; const char* shown; };
  const Row row = GENERATE(Row{"a.example", "", "a.example"}, Row{"A.Example", "", "a.example"},
                           Row{"www.a.example", "", "a.example"},      // a wildcard
                           Row{"x.www.a.example", "", "first.example"},  // of one label
                           Row{"mx.a.example", "", "mx.a.example"},    // exact before wildcard
                           Row{"late.example", "", "mx.a.example"},
                           Row{"other.example", "", "first.example"}, Row{"", "", "first.example"},
                           Row{"192.0.2.1", "", "first.example"},
                           Row{"c.example", "", "_xmpp-server.c.example"},
                           Row{"d.example", "", "_xmpp-server.c.example"},
                           Row{"mx.a.example", "a.example", "a.example"},  // who we speak as
                           Row{"mx.a.example", "other.example", "mx.a.example"});
  CAPTURE(row.asked, row.identity);
  Handshake done(server, {.identity = row.identity}, context({}), {.name = row.asked});
  REQUIRE(done.up());
  const TlsFacts facts = done.client_.facts();
  const CertificateFacts& leaf = facts.chain->certificates.at(0);
  CHECK((leaf.dns_names.empty() ? leaf.other_names.at(0).text : leaf.dns_names.at(0)) ==
        row.shown);
  const bool is_name = row.asked[0] != '\0' && row.asked[0] != '1';
  CHECK(done.server_.facts().server_name == (is_name ? lower_ascii(row.asked) : ""));
}

TEST_CASE("hanse_tls_cert_expiry_seconds: every certificate is told with its name") {
  const auto all = context({made("DNS:a.example"), made("DNS:b.example", "", "-days 2")})
                       ->certificates();
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "a.example");
  CHECK(all[1].name == "b.example");
  CHECK(all[1].at < all[0].at);
}

TEST_CASE("xmpp 3.4 a certificate is read into facts") {
  const Made shown = made("DNS:*.A.example,DNS:a.example,IP:192.0.2.7,IP:2001:db8::1,"
                          "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server.a.example,"
                          "otherName:1.3.6.1.5.5.7.8.5;UTF8:a.example,email:u@a.example");
  const TlsFacts facts = seen(shown);
  const CertificateFacts& leaf = facts.chain->certificates.at(0);
  CHECK(facts.chain->valid);
  CHECK(facts.chain->error.empty());
  CHECK(leaf.dns_names == std::vector<std::string>{"*.A.example", "a.example"});
  CHECK(leaf.ip_addresses == std::vector<std::string>{"192.0.2.7", "2001:db8::1"});
  REQUIRE(leaf.other_names.size() == 2);
  CHECK(leaf.other_names[0].type == "1.3.6.1.5.5.7.8.7");
  CHECK(leaf.other_names[0].text == "_xmpp-server.a.example");
  CHECK(leaf.other_names[1].type == "1.3.6.1.5.5.7.8.5");
  CHECK(leaf.other_names[1].text == "a.example");
  CHECK(leaf.common_name == "leaf");
  CHECK_FALSE(leaf.malformed_name);
  CHECK(leaf.not_after - leaf.not_before == 7 * 24h);
  CHECK(leaf.sha256 == facts.certificate_sha256);
  CHECK(leaf.sha256 == sha256_hex(leaf.der));
  CHECK(leaf.sha512 == hex(sha512(leaf.der)));
  CHECK(leaf.key_sha256 == sha256_hex(leaf.key_der));
  CHECK(leaf.key_sha512 == hex(sha512(leaf.key_der)));
  const std::size_t begin = shown.pem.find('\n') + 1;
  std::string body = shown.pem.substr(begin, shown.pem.find("-----END") - begin);
  std::erase(body, '\n');
  CHECK(base64(leaf.der) == body);
  CHECK(leaf.der.find(leaf.key_der) != std::string::npos);
  CHECK_FALSE(facts.verified);   // no name was given to check
}

TEST_CASE("xmpp 3.3 a client's certificate is judged as a server's, and the handshake goes on") {
  const std::string names = "DNS:a.example";
  struct Row { std::string more, options, error; };
  const Row row = GENERATE(
      Row{"", "", ""}, Row{"extendedKeyUsage=serverAuth", "", ""},
      Row{"extendedKeyUsage=serverAuth,clientAuth", "", ""},
      Row{"extendedKeyUsage=clientAuth", "", "certificate purpose"},
      Row{"", "-days -1", "certificate has expired"});
  CAPTURE(row.more, row.options);
  const TlsFacts facts = seen(made(names, row.more, row.options));
  CHECK(facts.chain->valid == row.error.empty());
  CHECK(facts.chain->error.find(row.error) != std::string::npos);
  const TlsFacts stranger = seen(made(names, row.more, row.options), "system");
  CHECK_FALSE(stranger.chain->valid);
  CHECK(stranger.chain->error.find("issuer") != std::string::npos);
}

TEST_CASE("a chain says which certificate signs which") {
  std::stringstream authority;
  authority << std::ifstream(tls_files().ca_path).rdbuf();
  const Made stranger = made("DNS:b.example");
  Made good = made("DNS:a.example"), bad = good;
  good.pem += authority.str();
  bad.pem += stranger.pem;
  const TlsFacts two = seen(good);
  REQUIRE(two.chain->certificates.size() == 2);
  CHECK(two.chain->certificates[0].signed_by_next);
  CHECK_FALSE(two.chain->certificates[1].signed_by_next);
  CHECK(two.chain->certificates[1].common_name == "test ca");
  CHECK_FALSE(seen(bad).chain->certificates[0].signed_by_next);
}

TEST_CASE("a client shows a certificate only when asked, and only as somebody") {
  const auto both = context({made("DNS:a.example"), made("DNS:b.example")});
  Handshake unasked(both, {}, both, {.name = "a.example", .identity = "b.example"});
  REQUIRE(unasked.up());
  CHECK_FALSE(unasked.server_.facts().chain);
  Handshake nobody(both, {.ask_certificate = true}, both, {.name = "a.example"});
  REQUIRE(nobody.up());
  CHECK_FALSE(nobody.server_.facts().chain);
  Handshake asked(both, {.ask_certificate = true}, both,
                  {.name = "a.example", .identity = "b.example"});
  REQUIRE(asked.up());
  CHECK(asked.server_.facts().chain->certificates.at(0).dns_names.at(0) == "b.example");
  Handshake other(both, {.ask_certificate = true}, both,
                  {.name = "a.example", .identity = "other.example"});
  CHECK(other.server_.facts().chain->certificates.at(0).dns_names.at(0) == "a.example");
}

TEST_CASE("xmpp 3.4 a name with NUL or a control octet marks the certificate") {
  const auto malformed = [](const std::string& der) {
    const TlsFacts facts = seen(made("", "2.5.29.17=DER:" + der));
    return facts.chain->certificates.at(0).malformed_name;
  };
  CHECK_FALSE(malformed("30:05:82:03:61:2e:62"));             // dNSName a.b
  CHECK(malformed("30:05:82:03:61:00:62"));                   // with NUL
  CHECK(malformed("30:05:82:03:61:0a:62"));                   // with LF
  CHECK(malformed("30:05:82:03:61:7f:62"));                   // with DEL
  CHECK(malformed("30:05:82:03:61:e4:62"));                   // no IA5
  CHECK(malformed("30:05:81:03:61:00:62"));                   // rfc822Name
  CHECK(malformed("30:05:86:03:61:00:62"));                   // URI
  CHECK(malformed("30:05:82:04:61:2e:62"));                   // no DER at all
  // XmppAddr: a NUL, and bytes that are no UTF-8
  const std::string head = "30:13:a0:11:06:08:2b:06:01:05:05:07:08:05:a0:05:0c:03:";
  CHECK_FALSE(malformed(head + "61:c3:a4"));
  CHECK(malformed(head + "61:00:62"));
  CHECK(malformed(head + "61:c3:28"));
}

TEST_CASE("names beyond their bound are left out, and so are those no domain can have") {
  std::string names = "DNS:" + std::string(254, 'x') + ",DNS:" + std::string(256, 'y');
  for (int count = 0; count < 200; ++count)
    names += ",DNS:n" + std::to_string(count) + ".a.example";
  const TlsFacts facts = seen(made(names));
  const std::vector<std::string>& read = facts.chain->certificates.at(0).dns_names;
  CHECK(read.size() == 128);
  CHECK(read.at(0).size() == 254);
  CHECK(read.at(1) == "n0.a.example");
}

TEST_CASE("xmpp 1.9 ALPN: none is welcome, ours is agreed on, another ends the handshake") {
  const auto both = context({made("DNS:a.example")});
  const auto agreed = [&](const std::string& offered, const std::string& wanted) {
    Handshake done(both, {.alpn = wanted}, both, {.name = "a.example", .alpn = offered});
    if (!done.up()) return "failed: " + done.client_.error();
    CHECK(done.server_.facts().alpn == done.client_.facts().alpn);
    return done.client_.facts().alpn;
  };
  CHECK(agreed("", "") == "");
  CHECK(agreed("", "xmpp-server") == "");
  CHECK(agreed("xmpp-server", "xmpp-server") == "xmpp-server");
  CHECK(agreed("xmpp-client", "xmpp-server").find("no application protocol") != std::string::npos);
  CHECK(agreed("xmpp", "xmpp-server").starts_with("failed"));
  CHECK(agreed("http/1.1", "").starts_with("failed"));
}

}  // namespace
}  // namespace hanse::net::test
