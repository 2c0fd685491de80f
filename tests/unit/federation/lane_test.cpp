// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/federation/lane_fixture.h"

#include <set>

#include "tests/catch.h"

using namespace hanse;
using namespace hanse::fake;

TEST_CASE("a message leaves from memory right after its commit") {
  LaneFixture at;
  const DeliveryId id = at.send();
  at.world.run_for(1s);
  CHECK(at.queue.rows.at(id).state == fake::Leg::delivered);
  CHECK(at.queue.claims == 0);
  CHECK(at.names.asked == std::vector<std::string>{"b.example"});
  CHECK(at.lane->status().phase == "up");
  CHECK(at.lane->status().story == "A of b.example");
  CHECK(at.logged("msg.delivered") == 1);
  const std::string& told = at.lines.back();   // smtp V-3
  for (const std::string_view part :
       {"\"proto\":\"mail\"", "\"peer\":\"b.example\"", "\"qid\":", "\"mid\":", "\"to\":",
        "\"status\":\"2.0.0\"", "\"remote\":", "\"tls_wanted\":\"may\"", "\"dur_ms\":"}) {
    CAPTURE(told, part);
    CHECK(told.find(part) != std::string::npos);
  }
}

TEST_CASE("the window starts with two links and grows by one with each window of successes") {
  LaneFixture at;
  at.send(500);
  std::size_t seen = 0;
  for (int step = 0; step < 400; ++step) {
    const std::size_t window = at.lane->status().window;
    CHECK(window <= seen + 1 + (seen == 0));
    seen = window;
    at.world.run_for(1ms);
  }
  CHECK(at.queue.count(fake::Leg::delivered) == 500);
  CHECK(at.links.most_in_flight == 20);
  CHECK(at.lane->status().window == 20);
  CHECK(at.links.dialled.size() == 20);
}

TEST_CASE("the window halves when a link breaks") {
  LaneFixture at;
  at.send(300);
  at.world.run_for(100ms);
  const std::size_t before = at.lane->status().window;
  REQUIRE(before > 4);
  at.by_hand();
  at.send(1);
  at.world.run_for(1ms);
  REQUIRE(!at.links.open.empty());
  LinkEnd end = refused("connection reset");
  end.stage = LinkEnd::Stage::ready;
  at.links.open.front()->close(end);
  CHECK(at.lane->status().window == before / 2);
}

TEST_CASE("M-10 the next host is tried, and further links go to the one that works") {
  LaneFixture at;
  at.names.answers.insert_or_assign("b.example",
                                    addresses({"192.0.2.1", "192.0.2.2", "192.0.2.3"}));
  at.links.behave = [](const DialRequest& request) {
    Behaviour out;
    out.connects = request.endpoint.address != "192.0.2.1";
    out.end = refused();
    return out;
  };
  at.send(20);
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::delivered) == 20);
  std::multiset<std::string> dialled;
  for (const DialRequest& one : at.links.dialled) dialled.insert(one.endpoint.address);
  CHECK(dialled.count("192.0.2.1") == 1);
  CHECK(dialled.count("192.0.2.2") >= 2);
  CHECK(dialled.count("192.0.2.3") == 0);
  CHECK(at.lane->status().failures == 0);
}

TEST_CASE("M-9 at most five addresses in one attempt, and two that answered") {
  LaneFixture at;
  std::vector<std::string> many;
  for (int n = 1; n <= 9; ++n) many.push_back("192.0.2." + std::to_string(n));
  at.names.answers.insert_or_assign("b.example", addresses(many));
  SECTION("nobody answers") {
    at.peer_is_down();
    at.send();
    at.world.run_for(1s);
    CHECK(at.links.dialled.size() == 5);
  }
  SECTION("every greeting is a 4xx") {
    at.links.behave = [](const DialRequest&) {
      Behaviour out;
      out.connects = false;
      out.end = refused("421 busy");
      out.end.stage = LinkEnd::Stage::handshake;
      return out;
    };
    at.send();
    at.world.run_for(1s);
    CHECK(at.links.dialled.size() == 2);
  }
  CHECK(at.lane->status().failures == 1);
  CHECK(at.lane->status().phase == "backoff");
}

TEST_CASE("M-9 an attempt tries no further address after ten minutes") {
  LaneFixture at;
  at.names.answers.insert_or_assign("b.example",
                                    addresses({"192.0.2.1", "192.0.2.2", "192.0.2.3"}));
  at.traits->sessions_tried_max = 5;
  at.links.behave = [](const DialRequest&) {
    Behaviour out;
    out.connects = false;
    out.end = refused();
    out.end.stage = LinkEnd::Stage::handshake;
    out.handshake_time = 301s;
    return out;
  };
  at.send();
  at.world.run_for(2 * 301s + 1s);
  CHECK(at.links.dialled.size() == 2);
  CHECK(at.lane->status().failures == 1);
}

TEST_CASE("M-10 a host that takes the link and drops every message is left for the next") {
  LaneFixture at;
  at.first_host_by_hand();
  at.send();
  at.world.run_for(10ms);
  REQUIRE(at.links.open.size() == 1);
  at.links.open.front()->ready();
  LinkEnd end = refused("421 not now");
  end.stage = LinkEnd::Stage::ready;
  at.links.open.front()->close(end);
  at.world.run_for(1s);
  CHECK(at.links.dialled.back().endpoint.address == "192.0.2.2");
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
  CHECK(at.queue.rows.at(1).attempts == 1);
}

TEST_CASE("a host that never answers a message is a failed host, however politely it closes") {
  LaneFixture at;
  const bool orderly = GENERATE(true, false);
  at.links.behave = [orderly](const DialRequest&) {
    Behaviour out;
    out.closes = refused("421 later");
    out.closes->stage = LinkEnd::Stage::ready;
    out.closes->orderly = orderly;
    return out;
  };
  at.send(10);
  at.world.run_for(30s);
  CHECK(at.links.dialled.size() <= 2);
  CHECK(at.lane->status().failures == 1);
  CHECK(at.queue.count(fake::Leg::waiting) == 10);
  std::size_t tried = 0;
  for (const auto& [id, row] : at.queue.rows) tried += row.attempts;
  CHECK(tried <= 2);
}

TEST_CASE("C-6 a used link found dead at its next use is replaced, and costs nobody a try") {
  LaneFixture at;
  at.send();
  at.world.run_for(1s);
  at.links.behave = [&at](const DialRequest&) {
    Behaviour out;
    if (at.links.dialled.size() == 1) out.closes = refused("connection reset");
    return out;
  };
  const DeliveryId id = at.send();
  at.world.run_for(1s);
  CHECK(at.queue.rows.at(id).state == fake::Leg::delivered);
  CHECK(at.queue.rows.at(id).attempts == 1);
  CHECK(at.links.dialled.size() == 2);
  CHECK(at.lane->status().failures == 0);
}

TEST_CASE("X-9 plain text after a failed handshake only where TLS is not demanded") {
  const auto [tls, dials] = GENERATE(table<TlsLevel, std::vector<TlsLevel>>({
      {TlsLevel::may, {TlsLevel::may, TlsLevel::off}},
      {TlsLevel::encrypt, {TlsLevel::encrypt}},
      {TlsLevel::verify, {TlsLevel::verify}},
  }));
  LaneFixture at(tls);
  at.links.behave = [](const DialRequest& request) {
    Behaviour out;
    out.connects = request.tls == TlsLevel::off;
    out.end = refused("handshake failed");
    out.end.status = "4.7.5";
    out.end.stage = LinkEnd::Stage::handshake;
    out.end.tls_failed = true;
    return out;
  };
  at.send();
  at.world.run_for(1s);
  std::vector<TlsLevel> seen;
  for (const DialRequest& one : at.links.dialled) seen.push_back(one.tls);
  CHECK(seen == dials);
  CHECK(at.queue.count(fake::Leg::delivered) == (tls == TlsLevel::may ? 1u : 0u));
  if (tls != TlsLevel::may) CHECK(at.queue.rows.at(1).last.status == "4.7.5");
}

TEST_CASE("xmpp 3.1: a protocol that never speaks in clear by chance is never dialled so") {
  LaneFixture at;
  at.traits->may_means = TlsLevel::encrypt;
  at.open(TlsLevel::may);
  at.links.behave = [](const DialRequest& request) {
    Behaviour out;
    out.connects = request.tls == TlsLevel::off;
    out.end = refused("handshake failed");
    out.end.stage = LinkEnd::Stage::handshake;
    out.end.tls_failed = true;
    return out;
  };
  at.send();
  at.world.run_for(1s);
  REQUIRE_FALSE(at.links.dialled.empty());
  for (const DialRequest& one : at.links.dialled) CHECK(one.tls == TlsLevel::encrypt);
  CHECK(at.queue.count(fake::Leg::delivered) == 0);
}

TEST_CASE("a peer that takes no more links is not pressed, and not taken for dead") {
  LaneFixture at;
  at.links.behave = [&at](const DialRequest&) {
    Behaviour out;
    out.connects = at.links.open.empty();
    out.end = refused("421 too many connections");
    out.work_time = 10ms;
    return out;
  };
  at.send(100);
  at.world.run_for(5s);
  CHECK(at.queue.count(fake::Leg::delivered) == 100);
  CHECK(at.links.dialled.size() == 2);
  CHECK(at.lane->status().failures == 0);
}

TEST_CASE("idle links say goodbye after idle_keep, and the lane can be forgotten") {
  LaneFixture at;
  at.send(5);
  at.world.run_for(1s);
  CHECK(at.lane->status().links >= 2);
  CHECK_FALSE(at.lane->idle());
  at.world.run_for(31s);
  CHECK(at.lane->status().links == 0);
  CHECK(at.lane->idle());
  CHECK(at.world.timers() == 0);
  CHECK(at.bodies.used_bytes() == 0);
  at.send();
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::delivered) == 6);
}

TEST_CASE("a link carries so many messages, and is so old, and not more") {
  LaneFixture at;
  SECTION("messages") {
    at.traits->works_per_link_max = 10;
    at.open(TlsLevel::may);
    at.send(100);
    at.world.run_for(10s);
    CHECK(at.links.dialled.size() >= 10);
  }
  SECTION("age") {
    at.traits->link_age_max = 1s;
    at.open(TlsLevel::may);
    for (int n = 0; n < 50; ++n) {
      at.send();
      at.world.run_for(100ms);
    }
    CHECK(at.links.dialled.size() >= 4);
    CHECK(at.links.dialled.size() <= 12);
  }
  CHECK(at.queue.count(fake::Leg::waiting) == 0);
  CHECK(at.queue.count(fake::Leg::active) == 0);
}

TEST_CASE("each recipient has its own result, and one settle call tells them all") {
  LaneFixture at;
  at.by_hand();
  const DeliveryId first = at.queue.put("b.example"), second = at.queue.put("b.example"),
                   third = at.queue.put("b.example");
  const MemoryQueue::Row& row = at.queue.rows.at(first);
  at.lane->take({row.envelope, row.body,
                 {{first, row.leg.to, 1}, {second, row.leg.to, 1}, {third, row.leg.to, 1}}});
  at.world.run_for(10ms);
  FakeLink& link = *at.links.open.front();
  link.ready();
  const auto settle = [&](DeliveryId id, Disposition disposition, std::string status) {
    Outcome outcome;
    outcome.disposition = disposition;
    outcome.status = status;
    link.settle(id, outcome);
  };
  settle(first, Disposition::delivered, "2.0.0");
  settle(second, Disposition::deferred, "4.2.2");
  CHECK(at.queue.settled.empty());
  settle(third, Disposition::failed, "5.1.1");
  REQUIRE(at.queue.settled.size() == 1);
  CHECK(at.queue.settled.front().size() == 3);
  CHECK(at.queue.rows.at(first).state == fake::Leg::delivered);
  CHECK(at.queue.rows.at(second).state == fake::Leg::waiting);
  CHECK(at.queue.rows.at(third).reportable);
  settle(third, Disposition::failed, "5.1.1");   // said twice: heard once
  CHECK(at.queue.settled.size() == 1);
}

TEST_CASE("M-11 what a link leaves without an answer is tried again as ambiguous") {
  LaneFixture at;
  at.by_hand();
  const DeliveryId id = at.send();
  at.world.run_for(10ms);
  FakeLink& link = *at.links.open.front();
  link.ready();
  link.works.clear();   // an engine that forgets its work
  LinkEnd end = refused("lost");
  end.stage = LinkEnd::Stage::ready;
  link.close(end);
  CHECK(at.queue.rows.at(id).state == fake::Leg::waiting);
  CHECK(at.queue.rows.at(id).last.ambiguous);
}

TEST_CASE("M-13 no such domain: everything for it fails, in memory and in the store") {
  LaneFixture at;
  at.names.answers.insert_or_assign("b.example", addresses({}));
  for (int n = 0; n < 200; ++n) at.queue.put("b.example", "user@b.example", 1);
  LaneBacklog backlog{"mail", "b.example", 200, at.world.utc(), true};
  at.lane->recover(backlog);
  at.send(3);
  at.world.run_for(10s);
  CHECK(at.queue.count(fake::Leg::failed) == 203);
  CHECK(at.queue.rows.at(1).last.status == "5.1.2");
  CHECK(at.queue.rows.at(1).reportable);
  CHECK(at.links.dialled.empty());
  CHECK(at.names.asked.size() == 1);
}

TEST_CASE("M-13 a name that was gone for a moment is asked for anew") {
  LaneFixture at;
  at.names.answers.insert_or_assign("b.example", addresses({}));
  at.send();
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::failed) == 1);
  at.names.answers.insert_or_assign("b.example", addresses({"192.0.2.1"}));
  at.send();
  at.world.run_for(1s);
  CHECK(at.queue.count(fake::Leg::failed) == 1);
  CHECK(at.queue.count(fake::Leg::delivered) == 1);
}

TEST_CASE("links idle beside busy ones say goodbye even while works wait for the window") {
  LaneFixture at;
  at.send(100);
  at.world.run_for(1s);
  at.by_hand();
  LinkEnd end = refused("connection reset");
  end.stage = LinkEnd::Stage::ready;
  at.links.open.front()->close(end);
  at.world.settle_down();
  const std::size_t window = at.lane->status().window;
  REQUIRE(at.links.open.size() > window);
  at.send(window + 5);
  at.world.run_for(5min);
  CHECK(at.lane->status().in_flight == window);
  CHECK(at.lane->status().in_memory == window + 5);
  for (const FakeLink* link : at.links.open) CHECK(link->draining == link->works.empty());
}

TEST_CASE("B-1 nobody is told of a message from nobody") {
  LaneFixture at;
  at.names.answers.insert_or_assign("b.example", addresses({}));
  const DeliveryId id = at.queue.put("b.example");
  at.queue.rows.at(id).envelope = message("N", at.world.utc(), "");
  const MemoryQueue::Row& row = at.queue.rows.at(id);
  at.lane->take({row.envelope, row.body, {{id, row.leg.to, 1}}});
  at.world.run_for(1s);
  CHECK(row.state == fake::Leg::failed);
  CHECK_FALSE(row.reportable);
}
