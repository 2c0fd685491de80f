// SPDX-License-Identifier: Apache-2.0
// What a connection leaves, and the commits that end behind its end.

#include <stdexcept>

#include "tests/unit/session/bench.h"

namespace hanse {
namespace {

const LegacyKey key{"proto", "a>b", "one"};

struct Left final : Legacy {};

Submission message(const std::string& from, const std::string& to) {
  Submission out;
  out.envelope.from = {"proto", from, "a.example"};
  out.envelope.to.push_back({"proto", to, "b.example"});
  return out;
}

// Commits two stanzas of one pair with a word between them that asks for no answer; when all have
// ended behind the end of the connection, leaves what it has promised.
struct Counting {
  int answers = 0;
  bool closed = false, breaks = false;

  void operator()(Event& event, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) {
      out.promise(key);
      out.ask(Submit{message("u", "v"), true, true});
      out.pass(message("u", "v"));
      out.ask(Submit{message("u", "v"), true, true});
    }
    if (std::holds_alternative<Closed>(event)) closed = true;
    if (!std::holds_alternative<Answered>(event)) return;
    if (breaks) throw std::runtime_error("broken");
    if (closed) out.send("nobody hears this");
    if (++answers == 2 && closed) out.leave(key, std::make_shared<const Left>());
  }
};

TEST_CASE("session: commits that reach beyond the connection go on and are heard of", "[legacy]") {
  Counting engine;
  Bench bench([&](Event& event, Instant, Outbox& out) { engine(event, out); });
  bench.session_.open({});
  CHECK(bench.services_.promised_ == std::vector<LegacyKey>{key});
  REQUIRE(bench.services_.asked_.size() == 1);          // the second waits for its turn
  bench.session_.on_closed(false, "lost");
  CHECK(engine.closed);
  CHECK(bench.services_.left_.empty());                 // the promise stands
  bench.services_.replies_.at(0)(Submitted{"01"});
  CHECK(engine.answers == 1);
  CHECK(bench.services_.passed_.size() == 1);
  REQUIRE(bench.services_.asked_.size() == 2);
  SECTION("and then it leaves what it promised") {
    bench.services_.replies_.at(1)(Submitted{"02"});
    CHECK(engine.answers == 2);
    REQUIRE(bench.services_.left_.size() == 1);
    CHECK(bench.services_.left_[0].second != nullptr);
  }
  SECTION("an engine that breaks down there leaves nothing") {
    engine.breaks = true;
    CHECK_THROWS(bench.services_.replies_.at(1)(Submitted{"02"}));
    REQUIRE(bench.services_.left_.size() == 1);
    CHECK(bench.services_.left_[0].second == nullptr);
  }
  CHECK(bench.wire_.written_.empty());
}

TEST_CASE("session: of other commits nothing is heard behind the connection", "[legacy]") {
  int answers = 0;
  Bench bench([&](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.ask(Submit{message("u", "v"), true});
    if (std::holds_alternative<Answered>(event)) ++answers;
  });
  bench.session_.open({});
  bench.session_.on_closed(false, "lost");
  bench.services_.replies_.at(0)(Submitted{"01"});
  CHECK(answers == 0);
}

TEST_CASE("session: what is promised and not left is nothing", "[legacy]") {
  bool breaks = false;
  Bench bench([&](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.promise(key);
    if (std::holds_alternative<Received>(event) && breaks) throw std::runtime_error("broken");
  });
  bench.session_.open({});
  SECTION("at the end") { bench.session_.on_closed(false, "lost"); }
  SECTION("of an engine that breaks down") {
    breaks = true;
    CHECK_THROWS(bench.session_.on_received("x"));
  }
  REQUIRE(bench.services_.left_.size() == 1);
  CHECK(bench.services_.left_[0].first == key);
  CHECK(bench.services_.left_[0].second == nullptr);
}

TEST_CASE("session: whoever takes its place is heard of while it stands", "[legacy]") {
  int succeeded = 0;
  Bench bench([&](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.promise(key);
    if (!std::holds_alternative<Succeeded>(event)) return;
    ++succeeded;
    out.leave(key, std::make_shared<const Left>());
  });
  bench.session_.open({});
  bench.services_.wanted_.at(0)();
  CHECK(succeeded == 1);
  CHECK(bench.services_.left_.size() == 1);
  bench.session_.on_closed(false, "lost");
  bench.services_.wanted_.at(0)();
  CHECK(succeeded == 1);
  CHECK(bench.services_.left_.size() == 1);             // it is left once
}

TEST_CASE("session: a legacy that finds nobody any more goes back", "[legacy]") {
  Bench bench([&](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.ask(Inherit{key});
  });
  bench.session_.open({});
  CHECK(bench.wire_.calls_ == "pause;");                // input waits for it
  const auto left = std::make_shared<const Left>();
  SECTION("the connection stands") {
    bench.services_.replies_.at(0)(Inherited{left});
    CHECK(bench.services_.left_.empty());
  }
  SECTION("it is gone") {
    bench.session_.on_closed(false, "lost");
    bench.services_.replies_.at(0)(Inherited{left});
    REQUIRE(bench.services_.left_.size() == 1);
    CHECK(bench.services_.left_[0].second == left);
  }
}

}  // namespace
}  // namespace hanse
