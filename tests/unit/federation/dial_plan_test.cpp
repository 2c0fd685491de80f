// SPDX-License-Identifier: Apache-2.0
#include "federation/dial_plan.h"

#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/unit/federation/fake_world.h"

using namespace hanse;
using namespace std::chrono_literals;

namespace {

constexpr Instant start{std::chrono::hours(1)};

std::vector<Endpoint> hosts(const std::vector<std::string>& names) {
  std::vector<Endpoint> out;
  for (const std::string& name : names) {
    Endpoint one;
    one.host = one.address = name;
    one.port = 25;
    out.push_back(one);
  }
  return out;
}

LinkEnd greeting(Fault fault = Fault::try_later) {
  LinkEnd end;
  end.stage = LinkEnd::Stage::handshake;
  end.fault = fault;
  return end;
}

LinkEnd tls_failure() {
  LinkEnd end = greeting();
  end.tls_failed = true;
  return end;
}

DialPlan::Bounds at_most(std::size_t addresses) { return {addresses, 2, Duration(0)}; }

// The addresses an attempt goes through when each of them ends like this.
std::string walk(DialPlan& plan, TlsLevel tls, std::size_t most, const LinkEnd& end) {
  std::string out;
  plan.begin(tls, at_most(most), start);
  while (!plan.exhausted()) {
    const DialPlan::Step step = plan.next(start);
    out += step.endpoint.address;
    plan.failed(step.number, end, start);
  }
  return out;
}

void fails(DialPlan& plan, const LinkEnd& end) {
  plan.failed(plan.next(start).number, end, start);
}

}  // namespace

TEST_CASE("M-9 an attempt ends after so many addresses, the next goes on behind them") {
  DialPlan plan;
  CHECK(plan.exhausted());
  plan.set_endpoints(hosts({"a", "b", "c", "d"}));
  CHECK(walk(plan, TlsLevel::off, 5, fake::refused()) == "abcd");
  CHECK(walk(plan, TlsLevel::off, 3, fake::refused()) == "abc");
  CHECK(walk(plan, TlsLevel::off, 3, fake::refused()) == "dab");
}

TEST_CASE("M-9 two hosts that answered and refused are enough for one attempt") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b", "c", "d"}));
  CHECK(walk(plan, TlsLevel::off, 5, greeting()) == "ab");
  CHECK(walk(plan, TlsLevel::off, 5, greeting()) == "cd");
}

TEST_CASE("M-9 M-10 whether others are left once a host has answered") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b", "c", "d"}));
  plan.begin(TlsLevel::off, at_most(3), start);
  CHECK(plan.others_left(plan.next(start).number));
  plan.failed(plan.current().number, fake::refused(), start);   // not reached: that is no session
  CHECK(plan.others_left(plan.next(start).number));
  plan.failed(plan.current().number, greeting(), start);
  // The third address of three, the second session.
  CHECK_FALSE(plan.others_left(plan.next(start).number));
  plan.begin(TlsLevel::off, at_most(4), start);
  fails(plan, greeting());
  CHECK_FALSE(plan.exhausted());                // one that cannot be reached is passed over
  CHECK_FALSE(plan.others_left(plan.next(start).number));
  DialPlan one;
  one.set_endpoints(hosts({"a"}));
  one.begin(TlsLevel::off, at_most(5), start);
  CHECK_FALSE(one.others_left(one.next(start).number));
}

TEST_CASE("X-9 the same host again without TLS, for each host anew, only where TLS may be") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b"}));
  plan.begin(TlsLevel::may, at_most(5), start);
  std::vector<std::pair<std::string, TlsLevel>> seen;
  while (!plan.exhausted()) {
    const DialPlan::Step step = plan.next(start);
    seen.emplace_back(step.endpoint.address, step.tls);
    plan.failed(step.number, step.tls == TlsLevel::may ? tls_failure() : fake::refused(), start);
  }
  CHECK(seen == std::vector<std::pair<std::string, TlsLevel>>{{"a", TlsLevel::may},
                                                              {"a", TlsLevel::off},
                                                              {"b", TlsLevel::may},
                                                              {"b", TlsLevel::off}});
  for (const TlsLevel level : {TlsLevel::off, TlsLevel::encrypt, TlsLevel::verify}) {
    DialPlan strict;
    strict.set_endpoints(hosts({"a", "b", "c"}));
    CHECK(walk(strict, level, 1, tls_failure()) == "a");
  }
  // Where TLS has to stand at the beginning there is nothing to say without it.
  std::vector<Endpoint> direct = hosts({"a"});
  direct.front().tls_first = true;
  DialPlan first;
  first.set_endpoints(direct);
  CHECK(walk(first, TlsLevel::may, 1, tls_failure()) == "a");
  CHECK(first.current().tls == TlsLevel::encrypt);
}

TEST_CASE("an endpoint that works stays the first when names are asked again") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b"}));
  plan.begin(TlsLevel::off, at_most(5), start);
  fails(plan, fake::refused());
  const DialPlan::Step step = plan.next(start);
  SECTION("it worked") {
    plan.worked(step.endpoint);
    plan.set_endpoints(hosts({"c", "a", "b"}));
    plan.begin(TlsLevel::off, at_most(5), start);
    CHECK(plan.current().endpoint.address == "b");
  }
  SECTION("it did not") {
    plan.set_endpoints(hosts({"c", "a", "b"}));
    plan.begin(TlsLevel::off, at_most(5), start);
    CHECK(plan.current().endpoint.address == "c");
  }
  SECTION("it is gone") {
    plan.worked(step.endpoint);
    plan.set_endpoints(hosts({"c", "a"}));
    plan.begin(TlsLevel::off, at_most(5), start);
    CHECK(plan.current().endpoint.address == "c");
  }
  CHECK(plan.current().number > step.number);
}

TEST_CASE("M-5 a better host that is back gets its turn five minutes after it failed") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b"}));
  plan.begin(TlsLevel::off, at_most(5), start);
  fails(plan, fake::refused());
  plan.worked(plan.next(start).endpoint);
  const Instant later = start + 299s;
  plan.set_endpoints(hosts({"a", "b"}));
  plan.begin(TlsLevel::off, at_most(5), later);
  CHECK(plan.current().endpoint.address == "b");
  plan.set_endpoints(hosts({"a", "b"}));
  plan.begin(TlsLevel::off, at_most(5), later + 1s);
  CHECK(plan.current().endpoint.address == "a");
  plan.worked(plan.next(later + 1s).endpoint);
  plan.set_endpoints(hosts({"b", "a"}));   // shuffled: neither has failed
  plan.begin(TlsLevel::off, at_most(5), later + 2s);
  CHECK(plan.current().endpoint.address == "b");
}

TEST_CASE("M-9 what one attempt did not get to is where the next begins, also by new answers") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b", "c"}));
  plan.begin(TlsLevel::off, at_most(2), start);
  fails(plan, fake::refused());
  fails(plan, fake::refused());
  REQUIRE(plan.exhausted());
  plan.set_endpoints(hosts({"b", "a", "c"}));
  plan.begin(TlsLevel::off, at_most(2), start + 1h);
  CHECK(plan.current().endpoint.address == "c");
}

TEST_CASE("only when every host said never it is over for good") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b"}));
  walk(plan, TlsLevel::off, 5, greeting(Fault::never));
  CHECK(plan.everywhere(Fault::never));
  plan.begin(TlsLevel::off, at_most(5), start);
  fails(plan, greeting(Fault::never));
  fails(plan, greeting());
  CHECK_FALSE(plan.everywhere(Fault::never));
}

TEST_CASE("a plan takes a bounded number of endpoints") {
  DialPlan plan;
  plan.set_endpoints(hosts(std::vector<std::string>(1000, "x")));
  CHECK(walk(plan, TlsLevel::off, 1000, fake::refused()).size() == 64);
}

namespace {

// "x6" is an IPv6 address of host x, "x4" an IPv4 one.
std::vector<Endpoint> families(const std::vector<std::string>& names) {
  std::vector<Endpoint> out;
  for (const std::string& name : names) {
    Endpoint one;
    one.host = name.substr(0, 1);
    one.address = name.ends_with('6') ? name + ":" : name;
    one.port = 25;
    out.push_back(one);
  }
  return out;
}

// The order of one attempt in which IPv6 cannot be reached and IPv4 hosts say no.
std::string attempt(DialPlan& plan, Instant now) {
  std::string out;
  plan.begin(TlsLevel::off, at_most(5), now);
  while (!plan.exhausted()) {
    const DialPlan::Step step = plan.next(now);
    const std::string& address = step.endpoint.address;
    out += address.substr(0, 2) + " ";
    plan.failed(step.number, address.ends_with(':') ? fake::refused() : greeting(), now);
  }
  return out;
}

}  // namespace

TEST_CASE("M-8 a family that cannot be reached stands last of each host for ten minutes") {
  DialPlan plan;
  const std::vector<Endpoint> found = families({"a6", "a4", "b6", "b4"});
  plan.set_endpoints(found);
  CHECK(attempt(plan, start) == "a6 a4 b4 ");  // b's turns round as soon as it is known
  plan.set_endpoints(found);
  CHECK(attempt(plan, start + limits::dead_family_kept / 2) == "a4 a6 b4 ");
  DialPlan later;
  later.set_endpoints(found);
  CHECK(attempt(later, start) == "a6 a4 b4 ");
  later.set_endpoints(found);
  CHECK(attempt(later, start + limits::dead_family_kept) == "a6 a4 b4 ");
}

TEST_CASE("M-8 the host that is preferred stays first, whatever its family") {
  DialPlan plan;
  for (int round = 0; round < 2; ++round) {
    plan.set_endpoints(families({"a6", "b6", "b4", "c4"}));
    CHECK(attempt(plan, start) == "a6 b4 b6 c4 ");
  }
}

TEST_CASE("M-8 a family that works again is not dead any more, and two dead ones are equal") {
  DialPlan plan;
  plan.set_endpoints(families({"a6", "a4", "b6"}));
  plan.begin(TlsLevel::off, at_most(5), start);
  fails(plan, fake::refused());
  fails(plan, fake::refused());
  CHECK(plan.current().endpoint.address == "b6:");
  plan.worked(plan.current().endpoint);
  plan.set_endpoints(families({"c4", "c6"}));
  plan.begin(TlsLevel::off, at_most(5), start);
  CHECK(plan.current().endpoint.address == "c6:");

  DialPlan both;
  both.set_endpoints(families({"a6", "a4"}));
  CHECK(walk(both, TlsLevel::off, 5, fake::refused()) == "a6:a4");
  both.set_endpoints(families({"a6", "a4"}));
  CHECK(walk(both, TlsLevel::off, 5, fake::refused()) == "a6:a4");
}
