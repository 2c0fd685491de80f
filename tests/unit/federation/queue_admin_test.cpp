// SPDX-License-Identifier: Apache-2.0
#include "federation/queue_admin.h"

#include "tests/catch.h"

namespace hanse {

namespace {

Selector good(const std::vector<std::string>& terms) {
  const Result<Selector> selector = parse_selector(terms);
  INFO((selector ? std::string() : selector.error().what));
  REQUIRE(selector);
  return *selector;
}

std::string bad(const std::string& term) {
  const Result<Selector> selector = parse_selector({term});
  INFO(term);
  REQUIRE_FALSE(selector);
  CHECK(selector.error().fault == Fault::never);
  return selector.error().what;
}

}  // namespace

TEST_CASE("a selector knows every term of the console") {
  const Selector all = good({"id=01J9Z6", "dest=*.c.example", "proto=smtp", "from=*@b.example",
                             "to=user@c.example", "status=Deferred", "age>2h", "age<5d",
                             "size>64KiB", "size<1MiB"});
  CHECK(all.id == "01J9Z6");
  CHECK(all.dest == "*.c.example");
  CHECK(all.protocol == "smtp");
  CHECK(all.from == "*@b.example");
  CHECK(all.to == "user@c.example");
  CHECK(all.status == LegState::deferred);
  CHECK(all.older_than == std::chrono::hours(2));
  CHECK(all.younger_than == std::chrono::hours(120));
  CHECK(all.larger_than == 65536u);
  CHECK(all.smaller_than == 1048576u);
  CHECK_FALSE(all.empty());
}

TEST_CASE("terms come in one word or in many, with and without \"and\"") {
  CHECK(good({}).empty());
  CHECK(good({""}).empty());
  const Selector one = good({"dest=c.example and age>2h"});
  CHECK(one.dest == "c.example");
  CHECK(one.older_than == std::chrono::hours(2));
  CHECK(good({"dest=c.example", "AND", "status=held"}).status == LegState::held);
}

TEST_CASE("a term that means nothing is an error, never ignored") {
  bad("c.example");
  bad("dest=");
  bad("dest>c.example");
  bad("age=2h");
  bad("age>soon");
  bad("size>much");
  bad("size>-1");
  bad("dest=a.example dest=b.example");
  CHECK(bad("destt=c.example").find("did you mean dest") != std::string::npos);
  CHECK(bad("status=waiting").find("deferred") != std::string::npos);
}

}  // namespace hanse
