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
  gather.committed(1);
  CHECK(gather.plan(content(1), Instant{}, idle).commit);
  CHECK(gather.plan(content(0, 1), Instant{}, idle).commit);
}

TEST_CASE("D3 with several, the next commit waits for as many, for 2 ms at most") {
  Gather gather;
  gather.committed(25);
  const Gather::Plan plan = gather.plan(content(10), Instant{}, idle);
  CHECK_FALSE(plan.commit);
  CHECK(plan.wanted.accepts == 25);
  CHECK(plan.most == limits::commit_wait_max);
  CHECK(gather.plan(content(25), Instant{}, idle).commit);
  CHECK(gather.plan(content(10), Instant{limits::commit_wait_max}, idle).commit);
}

TEST_CASE("D3 what did not come is not waited for again") {
  Gather gather;
  gather.committed(100);
  gather.committed(3);
  CHECK(gather.plan(content(3), Instant{}, idle).commit);
  gather.committed(0);   // results only: they teach nothing
  CHECK(gather.plan(content(3), Instant{}, idle).commit);
}

TEST_CASE("D3 256 commands are enough") {
  Gather gather;
  gather.committed(limits::commit_items_max);
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
