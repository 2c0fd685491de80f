// SPDX-License-Identifier: Apache-2.0
// What memory holds keeps its place behind what goes to its lane by way of the store.
#include "tests/catch.h"
#include "tests/unit/federation/node_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

struct InOrder : Node {
  InOrder() {
    const std::shared_ptr<LaneTraits> traits = test_traits();
    traits->ordered = true;
    traits->links_max = 1;
    traits->link_window = 100;
    exchange->apply(policy, {traits}, {});
    links.behave = [](const DialRequest&) {
      Behaviour out;
      out.by_hand = true;
      return out;
    };
    queue.accept_wait = 10ms;
  }
  static Submission named(const std::string& name, Flow flow) {
    Submission out = Node::submission({"u@b.example"});
    out.envelope.flow = flow;
    out.envelope.patience = 60s;
    out.envelope.key.native_id = name;
    return out;
  }
  void pass(const std::string& name, Flow flow) { exchange->pass(named(name, flow)); }
  // All that came over the one link, in its order.
  std::vector<std::string> came() {
    std::vector<std::string> out;
    for (int turns = 0; turns < 100; ++turns) {
      world.run_for(100ms);
      if (links.open.empty()) continue;
      FakeLink& link = *links.open.front();
      if (turns == 30) link.ready();
      while (!link.works.empty()) {
        out.push_back(link.works.front().envelope->key.native_id);
        link.answer(Disposition::delivered);
      }
    }
    return out;
  }
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("xmpp 4.7 pass: nothing passes what makes a detour by the store") {
  InOrder at;
  at.mailbox_full = true;
  at.pass("1", Flow::swift);
  at.mailbox_full = false;
  at.pass("2", Flow::live);
  at.pass("3", Flow::swift);
  at.pass("4", Flow::latest);
  at.pass("5", Flow::live);
  CHECK(at.came() == Ids{"1", "2", "3", "4", "5"});
}

TEST_CASE("xmpp 4.7 pass: nothing passes what its lane has not heard of") {
  InOrder at;
  at.mailbox_full = true;
  at.exchange->submit(InOrder::named("1", Flow::durable), [&](const Result<std::string>&) {
    at.mailbox_full = false;
    at.pass("2", Flow::live);
    at.pass("3", Flow::swift);
    at.pass("4", Flow::live);
  });
  CHECK(at.came() == Ids{"1", "2", "3", "4"});
}

TEST_CASE("xmpp 4.7 pass: behind a detour whose lane does not hear of it either") {
  InOrder at;
  at.mailbox_full = true;
  at.pass("1", Flow::swift);
  at.pass("2", Flow::live);
  at.world.run_for(5ms);
  at.mailbox_full = false;
  at.world.run_for(1ms);
  at.mailbox_full = GENERATE(false, true);
  at.world.run_for(10ms);
  at.mailbox_full = false;
  at.pass("3", Flow::live);
  const Ids came = at.came();
  REQUIRE(came.size() >= 2);
  CHECK(came.front() == "1");
  CHECK(came.back() == "3");
}
