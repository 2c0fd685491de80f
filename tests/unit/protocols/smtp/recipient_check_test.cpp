// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.h"
#include "tests/unit/protocols/smtp/inbound_bench.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view accepted = "250 2.1.5 recipient ok\r\n";

Permission by_dns() {
  Permission permission;
  permission.answer = Permission::Answer::yes;
  permission.route.discovered = true;
  return permission;
}

// A session whose RCPT waits for the MX of the recipient's domain.
test::EngineBench waiting_for_mx() {
  test::EngineBench bench(test::make_inbound({}));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  bench.feed("EHLO b.example\r\nMAIL FROM:<a@b.example>\r\n");
  bench.answer_first(TrustDecision{Verdict::accept, "", "", {}});
  bench.feed("RCPT TO:<c@slow.example>\r\nNOOP\r\n");
  bench.answer_first(by_dns());
  bench.take_output();
  return bench;
}

Answer null_mx() {
  DnsAnswer answer;
  answer.records = {DnsMx{0, ""}};
  return answer;
}

TEST_CASE("M-4 a lookup that takes too long holds no recipient up: he is taken") {
  test::EngineBench bench = waiting_for_mx();
  REQUIRE(bench.open_.size() == 1);
  CHECK(test::describe(bench.open_.front().ask) == "lookup slow.example MX");
  bench.pass(limits::mail_recipient_wait_max - 1s);
  CHECK(bench.take_output().empty());
  bench.pass(1s);
  CHECK(bench.take_output() == std::string(accepted) + "250 2.0.0 ok\r\n");
  bench.answer_first(null_mx());   // too late to matter
  CHECK(bench.take_output().empty());
  bench.feed("DATA\r\n");
  CHECK(bench.take_output().starts_with("354 "));
  CHECK(bench.hung_up_ == 0);
}

TEST_CASE("M-4 a late answer is not taken for that to the next question") {
  test::EngineBench bench = waiting_for_mx();
  bench.pass(limits::mail_recipient_wait_max);
  bench.take_output();
  bench.feed("RCPT TO:<e@other.example>\r\n");
  REQUIRE(bench.open_.size() == 2);
  bench.answer_first(null_mx());
  CHECK(bench.take_output().empty());
  bench.answer_first(Permission{Permission::Answer::yes, "", {}});
  CHECK(bench.take_output() == accepted);
}

TEST_CASE("M-4 an address literal has no MX to ask for") {
  test::EngineBench bench(test::make_inbound({{"relay_to_literals", "1"}}));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  bench.feed("EHLO b.example\r\nMAIL FROM:<a@b.example>\r\n");
  bench.answer_first(TrustDecision{Verdict::accept, "", "", {}});
  bench.take_output();
  bench.feed("RCPT TO:<c@[192.0.2.9]>\r\n");
  bench.answer_first(by_dns());
  CHECK(bench.take_output() == accepted);
}

TEST_CASE("V-1 what an engine holds for its peer is told, for the memory limit") {
  test::Acceptor acceptor;
  test::EngineBench bench = test::in_content({}, acceptor);
  const std::size_t before = bench.engine_->memory_bytes();
  CHECK(before < 4096);
  bench.feed("From: <a@b.example>\r\n\r\n" + std::string(900, 'x'));
  for (int i = 0; i < 100; ++i) bench.feed("\r\n" + std::string(900, 'x'));
  CHECK(bench.engine_->memory_bytes() > 90'000);
  bench.event(Closed{});
  CHECK(bench.engine_->memory_bytes() < 4096);
}

}  // namespace
}  // namespace hanse
