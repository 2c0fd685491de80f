// SPDX-License-Identifier: Apache-2.0
#include "federation/permission.h"

#include "tests/catch.h"

using namespace hanse;

namespace {

using Answer = Permission::Answer;

Policy node(UnknownPeers unknown) {
  Policy out;
  out.node_domain = "a.example";
  const auto add = [&out](std::string domain, PeerState state, PeerRole role) {
    PeerPolicy peer;
    peer.domain = std::move(domain);
    peer.state = state;
    peer.role = role;
    peer.scopes = {"smtp"};
    out.peers.push_back(peer);
  };
  add("b.example", PeerState::active, PeerRole::peer);
  add("up.example", PeerState::active, PeerRole::upstream);
  add("down.example", PeerState::active, PeerRole::downstream);
  add("service.example", PeerState::limited, PeerRole::service);
  add("new.example", PeerState::probation, PeerRole::downstream);
  add("blocked.example", PeerState::blocked, PeerRole::downstream);
  add("mute.example", PeerState::active, PeerRole::downstream);
  out.peers.back().scopes.clear();
  ProtocolPolicy smtp;
  smtp.hosts = {"a.example", "*.a.example", "lost.example"};
  smtp.relay_from = {*parse_network("192.0.2.0/24"), *parse_network("2001:db8::/64")};
  smtp.unknown_peers = unknown;
  out.protocols.emplace("smtp", smtp);
  out.routes = RouteTable({{"route.0", "a.example", "smtp", "127.0.0.1:2600", std::nullopt},
                           {"route.1", "*.a.example", "smtp", "127.0.0.1:2600", std::nullopt},
                           {"route.2", "*", "smtp", "198.51.100.1:25", std::nullopt}});
  return out;
}

Permission ask(const Policy& policy, const std::string& peer, const std::string& address,
               const std::string& from, const std::string& to) {
  PermissionQuestion question;
  question.claim.protocol = "smtp";
  question.claim.address = address;
  question.peer = peer;
  if (!from.empty()) question.from = {"smtp", "x", from};
  question.to = {"smtp", "y", to};
  return permit(policy, question, [](std::string_view lane) { return lane == "full.example"; });
}

}  // namespace

TEST_CASE("A-7 who may send where") {
  struct Row { std::string peer, address, from, to; Answer answer; };
  const std::string away = "203.0.113.5", home = "192.0.2.77";
  const Row rows[] = {
      // our own networks
      {"", home, "a.example", "c.example", Answer::yes},
      {"", home, "", "a.example", Answer::yes},
      {"", "2001:db8::5", "a.example", "c.example", Answer::yes},
      {"", "2001:db8:1::5", "a.example", "c.example", Answer::peer_refused},
      {"blocked.example", home, "x.example", "c.example", Answer::peer_refused},
      // unknown peers are rejected unless the policy says otherwise
      {"", away, "c.example", "a.example", Answer::peer_refused},
      {"", away, "c.example", "c.example", Answer::peer_refused},
      // peers
      {"b.example", away, "b.example", "a.example", Answer::yes},
      {"b.example", away, "b.example", "mail.a.example", Answer::yes},
      {"b.example", away, "", "a.example", Answer::yes},
      {"b.example", away, "b.example", "c.example", Answer::no_relay},
      {"up.example", away, "up.example", "a.example", Answer::yes},
      {"up.example", away, "a.example", "c.example", Answer::no_relay},
      {"down.example", away, "any.example", "c.example", Answer::yes},
      {"service.example", away, "any.example", "c.example", Answer::yes},
      {"new.example", away, "new.example", "a.example", Answer::yes},
      {"new.example", away, "mail.new.example", "a.example", Answer::yes},
      {"new.example", away, "", "a.example", Answer::yes},
      {"new.example", away, "b.example", "a.example", Answer::peer_refused},
      {"new.example", away, "new.example", "c.example", Answer::no_relay},
      {"blocked.example", away, "blocked.example", "a.example", Answer::peer_refused},
      {"mute.example", away, "mute.example", "a.example", Answer::peer_refused},
      {"gone.example", away, "gone.example", "a.example", Answer::peer_refused},
      // a host without a rule of its own would lead back to ourselves
      {"b.example", away, "b.example", "lost.example", Answer::no_such_address},
      {"", home, "a.example", "", Answer::no_such_address},
      {"", home, "a.example", "blocked.example", Answer::not_now},
  };
  const Policy policy = node(UnknownPeers::reject);
  for (const Row& row : rows) {
    CAPTURE(row.peer, row.address, row.from, row.to);
    const Permission permission = ask(policy, row.peer, row.address, row.from, row.to);
    CAPTURE(permission.why);
    CHECK(permission.answer == row.answer);
    CHECK_FALSE(permission.why.empty());
  }
}

TEST_CASE("unknown peers: open to our hosts, on probation not in the name of those we know") {
  const auto answer = [](UnknownPeers unknown, const std::string& from, const std::string& to) {
    return ask(node(unknown), "", "203.0.113.5", from, to).answer;
  };
  CHECK(answer(UnknownPeers::open, "c.example", "a.example") == Answer::yes);
  CHECK(answer(UnknownPeers::open, "a.example", "a.example") == Answer::yes);
  CHECK(answer(UnknownPeers::open, "c.example", "d.example") == Answer::no_relay);
  CHECK(answer(UnknownPeers::probation, "c.example", "a.example") == Answer::yes);
  CHECK(answer(UnknownPeers::probation, "", "a.example") == Answer::yes);
  CHECK(answer(UnknownPeers::probation, "a.example", "a.example") == Answer::peer_refused);
  CHECK(answer(UnknownPeers::probation, "b.example", "a.example") == Answer::peer_refused);
  CHECK(answer(UnknownPeers::probation, "c.example", "d.example") == Answer::no_relay);
}

TEST_CASE("I-1 the answer carries the way, and a full way is temporary") {
  Policy policy = node(UnknownPeers::reject);
  const Permission found = ask(policy, "b.example", "203.0.113.5", "b.example", "a.example");
  CHECK(found.route.lane == "127.0.0.1:2600");
  CHECK(found.route.route == "route.0");
  policy.routes = RouteTable();
  const Permission full = ask(policy, "", "192.0.2.1", "a.example", "full.example");
  CHECK(full.answer == Answer::full);
  CHECK(full.why == "queue of full.example is full");
}

TEST_CASE("an absent policy means no relay") {
  const Policy nothing;
  for (const std::string to : {"a.example", "b.example", ""})
    CHECK(ask(nothing, "", "127.0.0.1", "a.example", to).answer == Answer::peer_refused);
}
