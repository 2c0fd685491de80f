// SPDX-License-Identifier: Apache-2.0
#include "server/base/result.h"

#include <memory>

#include "tests/catch.h"

namespace hanse {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{Fault::never, "odd"};
  return number / 2;
}

TEST_CASE("result: a value or an error") {
  CHECK(half(4));
  CHECK(*half(4) == 2);
  CHECK_FALSE(half(3));
  CHECK(half(3).error().what == "odd");
  CHECK(half(3).error().fault == Fault::never);
  CHECK(half(3).value_or(7) == 7);
  CHECK(half(4).value_or(7) == 2);
}

TEST_CASE("result: steps follow each other until the first error") {
  CHECK(*half(8).and_then(half).and_then(half) == 1);
  CHECK(half(6).and_then(half).and_then(half).error().what == "odd");
  CHECK(*half(8).transform([](int number) { return std::to_string(number); }) == "4");
  CHECK_FALSE(half(7).transform([](int number) { return number; }));
}

TEST_CASE("result: carries what can only be moved") {
  Result<std::unique_ptr<int>> held = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = std::move(held).value();
  CHECK(*taken == 5);
}

TEST_CASE("result: of nothing") {
  CHECK(Result<void>());
  const Result<void> failed = Error{Fault::overloaded, "full"};
  CHECK_FALSE(failed);
  CHECK(fault_name(failed.error().fault) == "overloaded");
}

}  // namespace
}  // namespace hanse
