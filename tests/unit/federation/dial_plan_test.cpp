// SPDX-License-Identifier: Apache-2.0
#include "federation/dial_plan.h"

#include "tests/catch.h"
#include "tests/unit/federation/fake_world.h"

using namespace hanse;

namespace {

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

// The addresses an attempt goes through when each of them ends like this.
std::string walk(DialPlan& plan, TlsLevel tls, std::size_t most, const LinkEnd& end) {
  std::string out;
  plan.begin(tls, most);
  while (!plan.exhausted()) {
    out += plan.current().endpoint.address;
    plan.failed(end);
  }
  return out;
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

TEST_CASE("X-9 the same host again without TLS, for each host anew, only where TLS may be") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b"}));
  plan.begin(TlsLevel::may, 5);
  std::vector<std::pair<std::string, TlsLevel>> seen;
  while (!plan.exhausted()) {
    seen.emplace_back(plan.current().endpoint.address, plan.current().tls);
    plan.failed(plan.current().tls == TlsLevel::may ? tls_failure() : fake::refused());
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
}

TEST_CASE("an endpoint that works stays the first when names are asked again") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b"}));
  plan.begin(TlsLevel::off, 5);
  plan.failed(fake::refused());
  const std::size_t step = plan.current().number;
  SECTION("it worked") {
    plan.worked();
    plan.set_endpoints(hosts({"c", "a", "b"}));
    plan.begin(TlsLevel::off, 5);
    CHECK(plan.current().endpoint.address == "b");
  }
  SECTION("it did not") {
    plan.set_endpoints(hosts({"c", "a", "b"}));
    plan.begin(TlsLevel::off, 5);
    CHECK(plan.current().endpoint.address == "c");
  }
  SECTION("it is gone") {
    plan.worked();
    plan.set_endpoints(hosts({"c", "a"}));
    plan.begin(TlsLevel::off, 5);
    CHECK(plan.current().endpoint.address == "c");
  }
  CHECK(plan.current().number > step);
}

TEST_CASE("only when every host said never it is over for good") {
  DialPlan plan;
  plan.set_endpoints(hosts({"a", "b"}));
  walk(plan, TlsLevel::off, 5, greeting(Fault::never));
  CHECK(plan.refused_everywhere());
  plan.begin(TlsLevel::off, 5);
  plan.failed(greeting(Fault::never));
  plan.failed(greeting());
  CHECK_FALSE(plan.refused_everywhere());
}

TEST_CASE("a plan takes a bounded number of endpoints") {
  DialPlan plan;
  plan.set_endpoints(hosts(std::vector<std::string>(1000, "x")));
  CHECK(walk(plan, TlsLevel::off, 1000, fake::refused()).size() == 64);
}
