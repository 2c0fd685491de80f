// SPDX-License-Identifier: Apache-2.0
// Works that wait in memory only and were on a link that was lost, but may go on where it ended.

#include "tests/catch.h"
#include "tests/unit/federation/ordered_fixture.h"

using namespace hanse;
using namespace hanse::fake;

namespace {

struct Lost : Ordered {
  Lost() {
    by_hand();
    pass("0");
    world.run_for(10ms);
    links.open.front()->ready();
    links.open.front()->answer(Disposition::delivered);   // the link was of use
  }

  void say(const std::string& id, Flow flow, const std::string& key = {}) {
    const std::shared_ptr<Envelope> envelope = message(id, world.utc());
    envelope->flow = flow;
    envelope->patience = 1min;
    envelope->key = {"mail", "a.example", key};
    lane->take({envelope, {}, {{0, address("u@b.example"), 1}}});
    world.run_for(1ms);
  }

  // The link ends, and its engine says that all it had may go on over another one.
  void lose() {
    FakeLink& link = *links.open.front();
    const std::vector<Work> works = std::move(link.works);
    link.works.clear();
    Outcome back;
    back.disposition = Disposition::returned;
    back.ambiguous = true;
    back.status = "4.4.2";
    for (const Work& work : works) link.settle(work.targets[0].id, back);
    LinkEnd end = refused("connection reset");
    end.stage = LinkEnd::Stage::ready;
    link.close(end);
    world.run_for(10ms);
  }

  std::vector<std::pair<std::string, unsigned>> next_link() {
    REQUIRE(links.open.size() == 1);
    links.open.front()->ready();
    std::vector<std::pair<std::string, unsigned>> out;
    for (const Work& work : links.open.front()->works)
      out.emplace_back(work.envelope->id, work.targets[0].attempt);
    return out;
  }
};

using Ids = std::vector<std::pair<std::string, unsigned>>;

}  // namespace

TEST_CASE("again: what was on a lost link goes to the next one, which sees that it was") {
  Lost at;
  at.say("A", Flow::live);
  at.say("B", Flow::latest, "one");
  at.lose();
  at.say("C", Flow::live);
  CHECK(at.lost.empty());
  CHECK(at.next_link() == Ids{{"A", 2}, {"B", 2}, {"C", 1}});
}

TEST_CASE("again: its patience goes on") {
  Lost at;
  at.say("A", Flow::live);
  at.world.run_for(40s);
  at.lose();
  at.world.run_for(25s);
  REQUIRE(at.lost.size() == 1);
  CHECK(at.lost_how[0].status == "4.4.7");
}

TEST_CASE("again: of the latest with one key the older never goes behind the newer") {
  Lost at;
  at.say("A", Flow::latest, "one");
  at.say("B", Flow::latest, "two");
  SECTION("both were under way") {
    at.say("C", Flow::latest, "one");
    at.lose();
    CHECK(at.next_link() == Ids{{"B", 2}, {"C", 2}});
  }
  SECTION("the newer came while there was no link") {
    at.lose();
    at.say("C", Flow::latest, "one");
    CHECK(at.next_link() == Ids{{"B", 2}, {"C", 1}});
  }
  SECTION("the newer waited while the older was under way") {
    at.lane->hold(true);                  // nothing more goes to the link
    at.say("C", Flow::latest, "one");
    at.lose();
    at.lane->hold(false);
    at.world.run_for(10ms);
    CHECK(at.next_link() == Ids{{"B", 2}, {"C", 1}});
  }
  CHECK(at.lost.empty());
}
