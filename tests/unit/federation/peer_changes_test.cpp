// SPDX-License-Identifier: Apache-2.0
#include "federation/peer_changes.h"

#include "tests/catch.h"
#include "tests/unit/federation/fake_world.h"

using namespace hanse;

namespace {

Policy with(std::vector<PeerPolicy> peers) {
  Policy out;
  out.peers = std::move(peers);
  return out;
}

PeerPolicy peer(const std::string& domain, PeerState state, std::vector<std::string> scopes) {
  PeerPolicy out;
  out.domain = domain;
  out.state = state;
  out.scopes = std::move(scopes);
  return out;
}

}  // namespace

TEST_CASE("operations 8: who is believed by something else than is wanted now comes again") {
  const Policy before = with({peer("b.example", PeerState::active, {"mail"})});
  const auto again = [&](PeerPolicy changed) {
    return must_come_again(before, with({std::move(changed)}), "mail", "b.example");
  };
  PeerPolicy same = peer("b.example", PeerState::active, {"mail"});
  CHECK_FALSE(again(same));
  same.slow = true;
  same.messages_per_minute_max = 5;
  CHECK_FALSE(again(same));
  CHECK_FALSE(again(peer("b.example", PeerState::suspended, {"mail"})));
  CHECK(again(peer("b.example", PeerState::blocked, {"mail"})));
  CHECK(again(peer("b.example", PeerState::active, {"chat"})));
  CHECK(again(peer("c.example", PeerState::active, {"mail"})));
  same.fingerprints = {"00"};
  CHECK(again(same));
  Policy open = before;
  open.protocols["mail"].unknown_peers = UnknownPeers::open;
  CHECK_FALSE(must_come_again(before, open, "mail", "b.example"));
  CHECK(must_come_again(before, open, "mail", "x.example"));
  CHECK_FALSE(must_come_again(before, open, "chat", "x.example"));
}

TEST_CASE("operations 6: a peer whose state or scopes are others is told of, and no other") {
  fake::World world;
  std::vector<std::string> lines;
  Log log(world, [&lines](std::string_view line) { lines.emplace_back(line); });
  PeerPolicy slow = peer("same.example", PeerState::active, {"mail"});
  const Policy before = with({peer("b.example", PeerState::active, {"mail"}), slow,
                              peer("c.example", PeerState::active, {"mail"}),
                              peer("gone.example", PeerState::limited, {})});
  slow.slow = true;
  tell_peer_changes(before, with({peer("b.example", PeerState::suspended, {"mail"}), slow,
                                  peer("c.example", PeerState::active, {"mail", "chat"}),
                                  peer("new.example", PeerState::probation, {})}),
                    log);
  const auto told = [&lines](std::string_view text) {
    return std::any_of(lines.begin(), lines.end(), [text](const std::string& line) {
      return line.find("\"ev\":\"peer.state_changed\"") != std::string::npos &&
             line.find(text) != std::string::npos;
    });
  };
  CHECK(lines.size() == 4);
  CHECK(told(R"("peer":"b.example","state":"suspended","state_before":"active","scopes":"mail")"));
  CHECK(told(R"("peer":"c.example","state":"active","state_before":"active",)"
             R"("scopes":"mail chat","scopes_before":"mail"})"));
  CHECK(told(R"("peer":"new.example","state":"probation","state_before":"unknown")"));
  CHECK(told(R"("peer":"gone.example","state":"unknown","state_before":"limited")"));
  lines.clear();
  tell_peer_changes(before, before, log);
  CHECK(lines.empty());
}
