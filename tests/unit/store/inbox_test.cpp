// SPDX-License-Identifier: Apache-2.0
#include "store/inbox.h"

#include "tests/catch.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

TEST_CASE("a full inbox refuses what can be asked again, and takes every result, in order") {
  TestClock clock;
  Inbox inbox(1, clock);
  CHECK(inbox.put({nullptr, ClaimCommand{"p", "first", 1, {}, {}}}));
  CHECK_FALSE(inbox.put({nullptr, ClaimCommand{"p", "second", 1, {}, {}}}));
  CHECK(inbox.put({nullptr, SettleCommand{{Settlement{}}}}));
  CHECK(inbox.put({nullptr, SettleCommand{{Settlement{}, Settlement{}}}}));
  CHECK(inbox.content().notes == 2);

  const std::vector<Command> taken = inbox.take(100);
  REQUIRE(taken.size() == 3);
  CHECK(std::holds_alternative<ClaimCommand>(taken[0].what));
  REQUIRE(std::holds_alternative<SettleCommand>(taken[2].what));
  CHECK(std::get<SettleCommand>(taken[2].what).settlements.size() == 2);
}

TEST_CASE("a closed inbox takes nothing") {
  TestClock clock;
  Inbox inbox(10, clock);
  inbox.close();
  CHECK_FALSE(inbox.put({nullptr, SettleCommand{{Settlement{}}}}));
}

}  // namespace hanse::store
