// SPDX-License-Identifier: Apache-2.0
#include "federation/handed_on.h"

#include "federation/limits.h"
#include "tests/catch.h"

namespace hanse {
namespace {

Work work_of(std::size_t body_bytes) {
  Work work;
  work.envelope = std::make_shared<const Envelope>();
  work.body.bytes = std::make_shared<const std::string>(body_bytes, 'x');
  return work;
}

TEST_CASE("what was handed on goes where it came from") {
  HandedOn handed_on;
  Work work = work_of(10);
  const std::weak_ptr<const Envelope> envelope = work.envelope;
  const std::weak_ptr<const std::string> bytes = work.body.bytes;
  handed_on.keep(work);
  handed_on.let_go();
  CHECK_FALSE(handed_on.empty());   // somebody has it yet

  work = Work();
  CHECK_FALSE(envelope.expired());
  handed_on.let_go();
  CHECK(envelope.expired());
  CHECK(bytes.expired());
  CHECK(handed_on.empty());
}

TEST_CASE("keeping one lets go of those before it that are done with") {
  HandedOn handed_on;
  Work done = work_of(10);
  const std::weak_ptr<const Envelope> envelope = done.envelope;
  handed_on.keep(done);
  done = Work();
  const Work next = work_of(10);
  handed_on.keep(next);
  CHECK(envelope.expired());
}

TEST_CASE("what is handed on and stays there is kept in bounded number") {
  HandedOn handed_on;
  std::vector<Work> held;
  for (std::size_t i = 0; i < limits::handed_on_items_max + 1; ++i) {
    held.push_back(work_of(0));
    handed_on.keep(held.back());
  }
  CHECK(held[0].envelope.use_count() == 1);
  CHECK(held[1].envelope.use_count() == 2);
}

TEST_CASE("what is handed on and stays there is kept in bounded size") {
  HandedOn handed_on;
  const Work large = work_of(limits::handed_on_bytes_max), next = work_of(1), last = work_of(1);
  handed_on.keep(large);
  handed_on.keep(next);
  handed_on.keep(last);
  CHECK(large.body.bytes.use_count() == 1);
  CHECK(next.body.bytes.use_count() == 2);
  CHECK(last.body.bytes.use_count() == 2);
}

}  // namespace
}  // namespace hanse
