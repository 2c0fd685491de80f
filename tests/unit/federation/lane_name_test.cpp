// SPDX-License-Identifier: Apache-2.0
#include "federation/lane_name.h"

#include "federation/policy.h"
#include "tests/catch.h"

using namespace hanse;

TEST_CASE("the name of a lane falls into sender, target, hop and what it is for") {
  struct Row {
    std::string_view lane, sender, target, hop, purpose;
  };
  const Row rows[] = {
      {"b.example", "", "b.example", "b.example", ""},
      {"127.0.0.1:25", "", "127.0.0.1:25", "127.0.0.1:25", ""},
      {"unix:/run/x?verify", "", "unix:/run/x?verify", "unix:/run/x?verify", ""},
      {"a.example>b.example", "a.example", "b.example", "b.example", ""},
      {"a.example>b.example=[::1]:7", "a.example", "b.example", "[::1]:7", ""},
      {"a.example>b.example?verify", "a.example", "b.example", "b.example", "verify"},
      {"a.example>b.example=[::1]:7?verify", "a.example", "b.example", "[::1]:7", "verify"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lane);
    const LaneName name = split_lane(row.lane);
    CHECK(name.sender == row.sender);
    CHECK(name.target == row.target);
    CHECK(name.hop == row.hop);
    CHECK(name.purpose == row.purpose);
  }
}

TEST_CASE("a second lane leads where the one beside it leads") {
  CHECK(leads_where("a.example>b.example", "a.example>b.example"));
  CHECK(leads_where("a.example>b.example=[::1]:7", "a.example>b.example"));
  CHECK(leads_where("a.example>b.example?verify", "a.example>b.example"));
  CHECK(leads_where("a.example>b.example=[::1]:7?verify", "a.example>b.example"));
  CHECK_FALSE(leads_where("a.example>b.example.example", "a.example>b.example"));
  CHECK_FALSE(leads_where("a.example>b.exampl", "a.example>b.example"));
}

TEST_CASE("rules and peers are found for every lane that leads to them") {
  Policy policy;
  policy.routes = RouteTable({{"route.0", "c.example", "xmpp", "[::1]:7", TlsLevel::off},
                              {"route.1", "d.example", "xmpp", "[::1]:8", std::nullopt},
                              {"route.2", "e.example", "xmpp", "discover", TlsLevel::verify}});
  for (const char* domain : {"b.example", "d.example"}) {
    PeerPolicy& peer = policy.peers.emplace_back();
    peer.domain = domain;
    peer.tls_out = TlsLevel::verify;
    peer.slow = true;
  }
  const std::pair<std::string, TlsLevel> rows[] = {
      {"a.example>b.example", TlsLevel::verify},
      {"a.example>c.example=[::1]:7", TlsLevel::off},
      {"a.example>d.example=[::1]:8", TlsLevel::verify},
      {"a.example>e.example", TlsLevel::verify},
      {"a.example>f.example", TlsLevel::may},
  };
  for (const auto& [lane, level] : rows) {
    CAPTURE(lane);
    CHECK(policy.demand_of_lane("xmpp", lane).tls == level);
    CHECK(policy.demand_of_lane("xmpp", lane + "?verify").tls == level);
  }
  CHECK(policy.is_slow("xmpp", "a.example>b.example?verify"));
  CHECK(policy.is_slow("xmpp", "a.example>d.example=[::1]:8?verify"));
}
