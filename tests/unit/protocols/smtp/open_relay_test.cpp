// SPDX-License-Identifier: Apache-2.0
#include "federation/permission.h"
#include "tests/catch.h"
#include "tests/unit/protocols/smtp/inbound_bench.h"

namespace hanse {
namespace {

// a.example takes mail for itself from anybody and relays for nobody but 198.51.100.0/24.
Policy open_house() {
  Policy policy;
  policy.node_domain = "a.example";
  ProtocolPolicy mail;
  mail.hosts = {"a.example"};
  mail.relay_from = {*parse_network("198.51.100.0/24")};
  mail.unknown_peers = UnknownPeers::open;
  policy.protocols["smtp"] = mail;
  policy.routes = RouteTable({{"route.0", "a.example", "smtp", "127.0.0.1:2600", TlsLevel::off}});
  return policy;
}

struct Attempt {
  std::string from, to;
  std::string reply;         // to RCPT
  std::string accepted_as;   // canonical, when it was
  std::string helo = "b.example";
};

std::string rcpt_reply(const Attempt& attempt, const std::string& address,
                       std::vector<Address>& asked) {
  const Policy policy = open_house();
  test::EngineBench bench(test::make_inbound({}));
  const auto answer = [&](const Ask& ask) -> Answer {
    if (std::holds_alternative<Lookup>(ask)) return Error{Fault::try_later, "SERVFAIL"};
    if (const Verify* verify = std::get_if<Verify>(&ask))
      return decide(nullptr, UnknownPeers::open, verify->claim, verify->evidence);
    const PermissionQuestion& question = std::get<Permit>(ask).question;
    asked.push_back(question.to);
    return permit(policy, question, [](std::string_view) { return false; });
  };
  bench.event(Opened{"192.0.2.1", address, 40000});
  bench.feed("HELO " + attempt.helo + "\r\nMAIL FROM:" + attempt.from + "\r\n");
  bench.answer_all(answer);
  bench.take_output();
  bench.feed("RCPT TO:" + attempt.to + "\r\n");
  bench.answer_all(answer);
  return bench.take_output();
}

constexpr std::string_view no_relay = "550 5.7.1 relaying not permitted\r\n";
constexpr std::string_view bad_address = "553 5.1.3 bad recipient address\r\n";
constexpr std::string_view no_literal = "550 5.1.2 address literals are not relayed to\r\n";
constexpr std::string_view accepted = "250 2.1.5 recipient ok\r\n";

TEST_CASE("A-7 the open-relay list: nothing goes to c.example for a stranger") {
  const Attempt attempts[] = {
      {"<x@b.example>", "<victim@c.example>", std::string(no_relay), ""},
      {"<>", "<victim@c.example>", std::string(no_relay), ""},
      {"<x@a.example>", "<victim@c.example>", std::string(no_relay), ""},
      {"<postmaster@a.example>", "<victim@c.example>", std::string(no_relay), "", "a.example"},
      {"<x@[192.0.2.1]>", "<victim@c.example>", std::string(no_relay), "", "[192.0.2.1]"},
      {"<victim@c.example>", "<victim@c.example>", std::string(no_relay), ""},
      {"<x@b.example>", "<@a.example:victim@c.example>", std::string(no_relay), ""},
      {"<x@b.example>", "<@c.example,@a.example:victim@c.example>", std::string(no_relay), ""},
      {"<x@b.example>", "<\"victim\"@c.example>", std::string(no_relay), ""},
      {"<x@b.example>", "<victim@c.example@a.example>", std::string(bad_address), ""},
      {"<x@b.example>", "<\"victim@c.example\">", std::string(bad_address), ""},
      {"<x@b.example>", "<c.example!victim>", std::string(bad_address), ""},
      {"<x@b.example>", "<victim@a.example.c.example>", std::string(no_relay), ""},
      {"<x@b.example>", "<victim@[192.0.2.55]>", std::string(no_literal), ""},
      {"<x@b.example>", "<victim%c.example@[192.0.2.1]>", std::string(no_literal), ""},
      // Ours to deliver to the very same local part: percent signs, bangs and quoted at signs mean
      // nothing to us, and nothing but a.example is asked about.
      {"<x@b.example>", "<victim%c.example@a.example>", std::string(accepted),
       "victim%c.example"},
      {"<x@b.example>", "<c.example!victim@a.example>", std::string(accepted),
       "c.example!victim"},
      {"<x@b.example>", "<\"victim@c.example\"@a.example>", std::string(accepted),
       "victim@c.example"},
      {"<x@b.example>", "<\"victim%c.example\"@a.example>", std::string(accepted),
       "victim%c.example"},
  };
  for (const Attempt& attempt : attempts) {
    INFO(attempt.from + " -> " + attempt.to);
    std::vector<Address> asked;
    CHECK(rcpt_reply(attempt, "192.0.2.7", asked) == attempt.reply);
    if (attempt.accepted_as.empty()) continue;
    REQUIRE(asked.size() == 1);
    CHECK(asked.front() == Address{"smtp", attempt.accepted_as, "a.example"});
  }
}

TEST_CASE("A-7 whom the operator lets relay may, and a stranger may write to our own domain") {
  std::vector<Address> asked;
  const Attempt outward{"<x@b.example>", "<y@c.example>", "", ""};
  CHECK(rcpt_reply(outward, "198.51.100.9", asked) == accepted);
  CHECK(rcpt_reply(outward, "203.0.113.9", asked) == no_relay);
  const Attempt inward{"<x@b.example>", "<y@a.example>", "", ""};
  CHECK(rcpt_reply(inward, "203.0.113.9", asked) == accepted);
}

}  // namespace
}  // namespace hanse
