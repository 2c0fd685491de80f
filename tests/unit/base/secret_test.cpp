// SPDX-License-Identifier: Apache-2.0
#include "server/base/secret.h"

#include <algorithm>

#include "tests/catch.h"

namespace hanse {
namespace {

TEST_CASE("what is wiped leaves nothing in the room it had") {
  std::string text(100, 'k');
  text.resize(40);
  const char* const room = text.data();
  const std::size_t size = text.capacity();
  wipe(text);
  CHECK(text.empty());
  CHECK(text.data() == room);   // the same room, so that it may be looked at
  CHECK(std::all_of(room, room + size, [](char octet) { return octet == 0; }));
}

TEST_CASE("a secret is moved without a copy that stays") {
  Secret first(std::string("a password that is longer than short strings are"));
  const Secret second(std::move(first));
  CHECK(second.text() == "a password that is longer than short strings are");
  Secret third;
  third = second;
  CHECK(third.text() == second.text());
}

}  // namespace
}  // namespace hanse
