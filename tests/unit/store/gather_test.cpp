// SPDX-License-Identifier: Apache-2.0
#include "store/gather.h"

#include "server/base/limits.h"
#include "tests/catch.h"

namespace hanse::store {

namespace {

constexpr Duration idle = std::chrono::seconds(1);

Inbox::Content content(std::size_t accepts, std::size_t questions = 0, std::size_t notes = 0) {
  return {accepts, questions, notes, 0, false, Instant{}, Instant{}};
}

}  // namespace

TEST_CASE("D3 one waiter is committed at once") {
  Gather gather;
  CHECK(gather.plan(content(1), Instant{}, idle).commit);
  gather.committed(1, Instant{});
  CHECK(gather.plan(content(1), Instant{}, idle).commit);
  CHECK(gather.plan(content(0, 1), Instant{}, idle).commit);
}

TEST_CASE("D3 with several, the next commit waits for as many, for 2 ms at most") {
  Gather gather;
  gather.committed(25, Instant{});
  const Gather::Plan plan = gather.plan(content(10), Instant{}, idle);
  CHECK_FALSE(plan.commit);
  CHECK(plan.wanted.accepts == 25);
  CHECK(plan.most == limits::commit_wait_max);
  CHECK(gather.plan(content(25), Instant{}, idle).commit);
  CHECK(gather.plan(content(10), Instant{limits::commit_wait_max}, idle).commit);
}

TEST_CASE("D3 what does not come any more is waited for less and less") {
  Gather gather;
  gather.committed(100, Instant{});
  gather.committed(3, Instant{});
  CHECK_FALSE(gather.plan(content(3), Instant{}, idle).commit);
  for (int commit = 0; commit < 40; ++commit) gather.committed(3, Instant{});
  CHECK(gather.plan(content(3), Instant{}, idle).commit);
  gather.committed(0, Instant{});   // results only: they teach nothing
  CHECK(gather.plan(content(3), Instant{}, idle).commit);
}

TEST_CASE("D3 after a crowd a single waiter waits once, not longer") {
  Gather gather;
  gather.committed(100, Instant{});
  gather.committed(1, Instant{});
  CHECK(gather.plan(content(1), Instant{}, idle).commit);
}

TEST_CASE("D3 the wait is counted from the end of the last commit") {
  Gather gather;
  const Instant ended = Instant{} + std::chrono::milliseconds(50);
  gather.committed(25, ended);
  const Gather::Plan plan = gather.plan(content(10), ended, idle);   // they came meanwhile
  CHECK_FALSE(plan.commit);
  CHECK(plan.most == limits::commit_wait_max);
}

TEST_CASE("D3 256 commands are enough") {
  Gather gather;
  gather.committed(limits::commit_items_max, Instant{});
  CHECK(gather.plan(content(1, 0, limits::commit_items_max - 1), Instant{}, idle).commit);
}

TEST_CASE("D3 results wait for an accept to ride with, but not for ever") {
  const Gather gather;
  const Gather::Plan plan = gather.plan(content(0, 0, 3), Instant{}, idle);
  CHECK_FALSE(plan.commit);
  CHECK(plan.most == limits::settle_wait_max);
  CHECK(plan.wanted.notes == 0);
  CHECK(gather.plan(content(0, 0, 3), Instant{limits::settle_wait_max}, idle).commit);
}

TEST_CASE("an empty inbox is waited for as long as the owner likes") {
  const Gather::Plan plan = Gather().plan(content(0), Instant{}, idle);
  CHECK_FALSE(plan.commit);
  CHECK(plan.most == idle);
}

}  // namespace hanse::store
