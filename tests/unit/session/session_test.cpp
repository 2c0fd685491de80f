// SPDX-License-Identifier: Apache-2.0
#include "server/session/session.h"

#include <stdexcept>

#include "tests/unit/session/bench.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

TEST_CASE("session: what asks for no answer is handed on after the event", "[session]") {
  Bench bench([](Event& event, Instant, Outbox& out) {
    if (!std::holds_alternative<Opened>(event)) return;
    Submission submission;
    submission.envelope.key.native_id = "one";
    out.pass(std::move(submission));
    out.serve("a.example>b.example", false);
    out.wake("c.example");
  });
  bench.session_.open({});
  REQUIRE(bench.services_.passed_.size() == 1);
  CHECK(bench.services_.passed_.front().envelope.key.native_id == "one");
  CHECK(bench.services_.woken_ == std::vector<std::string>{"proto c.example"});
  CHECK(bench.events_.story_ == "serves a.example>b.example;");
}

TEST_CASE("session: input goes on while only background questions are open", "[session]") {
  Bench bench([](Event& event, Instant, Outbox& out) {
    if (!std::holds_alternative<Received>(event)) return;
    out.ask(Submit{{}, true});
    out.ask(Convey{});
  });
  bench.session_.open({});
  bench.session_.on_received("x");
  CHECK(bench.services_.asked_.size() == 2);
  CHECK(bench.wire_.calls_.empty());
}

TEST_CASE("what an engine sends in one turn is one write, before TLS and before the end") {
  Bench bench([](Event& event, Instant, Outbox& out) {
    if (!std::holds_alternative<Opened>(event)) return;
    out.send("220 ");
    out.send("go\r\n");
    out.start_tls({.name = "mx.b.example"});
    out.hang_up();
  });
  bench.session_.open({});
  CHECK(bench.wire_.written_ == "220 go\r\n");
  CHECK(bench.wire_.calls_ == "tls(mx.b.example) after \"220 go\r\n\";close;");
}

TEST_CASE("an answer that comes at once never enters the engine twice") {
  int depth = 0, deepest = 0, answers = 0;
  Bench bench([&](Event& event, Instant, Outbox& out) {
    deepest = std::max(deepest, ++depth);
    if (std::holds_alternative<Opened>(event)) out.ask(Keep{});
    if (std::holds_alternative<Answered>(event) && ++answers < 3) out.ask(Keep{});
    --depth;
  });
  bench.services_.at_once_ = Kept{7};
  bench.session_.open({});
  CHECK(answers == 3);
  CHECK(deepest == 1);
}

TEST_CASE("reading stops while a question is open and goes on after the answer") {
  Bench bench([](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Received>(event)) out.ask(Permit{});
  });
  bench.session_.open({});
  bench.session_.on_received("x");
  CHECK(bench.wire_.calls_ == "pause;");
  bench.services_.replies_.at(0)(Permission{});
  CHECK(bench.wire_.calls_ == "pause;resume;");
}

TEST_CASE("a body is fetched only when the output has drained") {
  Bench bench([](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.ask(Fetch{1, 0, 100});
  });
  bench.wire_.unwritten_ = limits::output_low_bytes + 1;
  bench.session_.open({});
  CHECK(bench.services_.asked_.empty());
  bench.wire_.unwritten_ = 0;
  bench.session_.on_written();
  CHECK(bench.services_.asked_.size() == 1);
  CHECK(bench.wire_.calls_.empty());  // a Fetch does not stop the reading
}

TEST_CASE("a peer that does not read stops being read, then is closed at the bound") {
  Bench bench([](Event&, Instant, Outbox&) {});
  bench.session_.open({});
  // What the works it was given leave unwritten does not stop its answers from being heard.
  bench.wire_.unwritten_ = limits::output_high_bytes + 64 * 1024;
  bench.session_.on_received("x");
  CHECK(bench.wire_.calls_.empty());
  bench.wire_.unwritten_ = limits::output_full_bytes + 1;
  bench.session_.on_received("x");
  CHECK(bench.wire_.calls_ == "pause;");
  bench.wire_.unwritten_ = limits::output_bytes_max + 1;
  bench.session_.on_written();
  CHECK(bench.wire_.calls_ == "pause;close;");
}

TEST_CASE("timers ring in time; one that moved back does not ring early") {
  int rings = 0;
  Bench bench([&](Event& event, Instant now, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.set_timer(2, now + 10s);
    if (std::holds_alternative<Received>(event)) out.set_timer(2, now + 30s);
    if (std::holds_alternative<Rang>(event)) ++rings;
  });
  bench.session_.open({});
  bench.session_.on_received("x");
  CHECK(bench.wire_.deadlines_set_ == 1);  // moving back costs no call to the wire
  bench.clock_.now_ += 10s;
  bench.session_.on_deadline();
  CHECK(rings == 0);
  CHECK(bench.wire_.deadline_ == Instant{1h} + 30s);
  bench.clock_.now_ += 20s;
  bench.session_.on_deadline();
  CHECK(rings == 1);
}

TEST_CASE("the lane hears ready and results in order, also those of the last event") {
  Bench bench([](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.ready();
    if (std::holds_alternative<Deliver>(event)) out.settle(4, {});
    if (std::holds_alternative<Closed>(event)) out.settle(5, {});
  });
  bench.session_.open({});
  bench.session_.deliver({});
  bench.session_.on_closed(false, "connection reset");
  CHECK(bench.events_.story_ == "ready;settled 4;settled 5;");
  CHECK(bench.session_.end().stage == LinkEnd::Stage::ready);
  CHECK(bench.session_.end().what == "connection reset");
}

TEST_CASE("blobs nobody submits are discarded when the connection ends") {
  Bench bench([](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Received>(event)) out.ask(Keep{});
    if (std::holds_alternative<Drain>(event)) {
      Submit submit;
      submit.submission.body.blob = 8;
      out.ask(std::move(submit));
    }
  });
  bench.session_.open({});
  for (int round = 0; round < 3; ++round) bench.session_.on_received("x");
  bench.services_.replies_.at(0)(Kept{7});
  bench.services_.replies_.at(1)(Kept{8});
  bench.session_.drain();  // submits 8
  bench.session_.on_closed(false, "gone");
  CHECK(bench.services_.discarded_ == std::vector<std::int64_t>{7});
  bench.services_.replies_.at(2)(Kept{9});  // the answer comes after the end
  CHECK(bench.services_.discarded_ == std::vector<std::int64_t>{7, 9});
}

TEST_CASE("too many open questions are answered, not dropped") {
  std::size_t errors = 0;
  Bench bench([&](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event))
      for (std::size_t i = 0; i <= limits::asks_open_max; ++i) out.ask(Fetch{});
    if (const Answered* answered = std::get_if<Answered>(&event))
      errors += std::holds_alternative<Error>(answered->answer);
  });
  bench.session_.open({});
  CHECK(errors == 1);
  CHECK(bench.services_.asked_.size() == limits::asks_open_max);
}

TEST_CASE("an engine that throws hears nothing more; its blobs go, its questions lead nowhere") {
  int events_after = 0;
  bool broken = false;
  Bench bench([&](Event& event, Instant, Outbox& out) {
    if (broken) ++events_after;
    const Received* received = std::get_if<Received>(&event);
    if (received == nullptr) return;
    if (received->bytes == "keep") {
      out.ask(Keep{});
      return;
    }
    broken = true;
    out.send("half a word");
    out.start_tls({});
    out.ask(Permit{});
    out.settle(4, {});
    out.hang_up();
    throw std::logic_error("engine bug");
  });
  bench.session_.open({});
  bench.session_.on_received("keep");
  bench.session_.on_received("keep");
  bench.services_.replies_.at(0)(Kept{7});
  CHECK_THROWS_AS(bench.session_.on_received("bad"), std::logic_error);
  CHECK(bench.session_.closed());
  CHECK(bench.services_.discarded_ == std::vector<std::int64_t>{7});
  CHECK(bench.wire_.written_.empty());
  CHECK(bench.services_.asked_.size() == 2);   // the Keeps, not the Permit
  CHECK(bench.events_.story_ == "settled 4;");

  bench.services_.replies_.at(1)(Kept{8});     // comes too late: nobody will submit it
  CHECK(bench.services_.discarded_ == std::vector<std::int64_t>{7, 8});
  bench.session_.on_received("more");
  bench.session_.on_deadline();
  bench.session_.on_written();
  bench.session_.drain();
  bench.session_.on_closed(false, "internal error");
  CHECK(events_after == 0);
}

TEST_CASE("what waits behind the event that breaks an engine is not given to it either") {
  int answers = 0;
  Bench bench([&](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) {
      out.ask(Permit{});
      out.ask(Permit{});
    }
    if (std::holds_alternative<Answered>(event) && ++answers == 1)
      throw std::logic_error("engine bug");
  });
  bench.services_.at_once_ = Permission{};   // both answers wait behind Opened
  CHECK_THROWS_AS(bench.session_.open({}), std::logic_error);
  CHECK(answers == 1);
  CHECK(bench.session_.closed());
}

}  // namespace
}  // namespace hanse
