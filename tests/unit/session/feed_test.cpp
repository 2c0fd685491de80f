// SPDX-License-Identifier: Apache-2.0
// What a session hands on: in the order of each pair, and no more than there is room for.

#include "server/session/session.h"
#include "tests/unit/session/bench.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

struct FakeHome final : Executor {
  void post(std::function<void()> work) override { posted_.push_back(std::move(work)); }
  void run() {
    for (const auto& work : std::exchange(posted_, {})) work();
  }
  std::vector<std::function<void()>> posted_;
};

Submission message(const std::string& name, const std::string& to, std::size_t octets = 0) {
  Submission out;
  out.envelope.key.native_id = name;
  out.envelope.from = {"proto", "me", "a.example"};
  out.envelope.to = {{"proto", to, "b.example"}};
  out.body.size = octets;
  return out;
}

Submission passing(char c) {
  Submission out = message(std::string(1, c), c <= '9' ? "y" : "x", 100 * 1024);
  if (c == 'l') out.envelope.flow = Flow::live;
  return out;
}

// Each octet received is a message: capitals are asked for, the others are not; to "x" or, for
// the digits, to "y"; what nobody keeps is an "l".
void feed(Event& event, Instant, Outbox& out) {
  const Received* received = std::get_if<Received>(&event);
  if (received == nullptr) return;
  for (const char c : received->bytes) {
    const std::string name(1, c);
    if (c >= 'A' && c <= 'Z') out.ask(Submit{message(name, "x"), true});
    else out.pass(passing(c));
  }
}

struct FeedBench : Bench {
  FeedBench() : Bench(feed) {
    door_->executor = &home_;
    services_.door_ = door_;
    session_.open({});
  }
  ~FeedBench() { door_->executor = nullptr; }   // as a shard that is taken down
  std::string went() const {
    std::string out;
    for (const Submission& one : services_.passed_) out += one.envelope.key.native_id;
    return out;
  }
  std::string asked() const {
    std::string out;
    for (const Ask& one : services_.asked_)
      out += std::get<Submit>(one).submission.envelope.key.native_id;
    return out;
  }
  FakeHome home_;
  std::shared_ptr<ShardDoor> door_ = std::make_shared<ShardDoor>();
};

TEST_CASE("feed: what asks for no answer waits for the commit of what went before it") {
  FeedBench at;
  at.session_.on_received("Aa1Bb2");
  CHECK(at.went() == "12");       // another pair
  CHECK(at.asked() == "A");
  at.services_.replies_.at(0)(Submitted{"id"});
  CHECK(at.went() == "12a");
  CHECK(at.asked() == "AB");
  at.services_.replies_.at(1)(Submitted{"id"});
  CHECK(at.went() == "12ab");
  at.session_.on_received("c");
  CHECK(at.went() == "12abc");
}

TEST_CASE("xmpp 4.7 feed: nothing fleeting goes when the store breaks under what is before it") {
  FeedBench at;
  at.session_.on_received("AlBb1");
  SECTION("refused is not lost") {
    at.services_.replies_.at(0)(Error{Fault::overloaded, "full"});
    CHECK(at.went() == "1l");
  }
  SECTION("lost") {
    at.services_.replies_.at(0)(Error{Fault::broken, "the disk"});
    CHECK(at.went() == "1");
    REQUIRE(at.asked() == "AB");
    at.services_.replies_.at(1)(Submitted{"id"});
    CHECK(at.went() == "1b");
  }
}

TEST_CASE("feed: commits of one pair may be under way together") {
  FeedBench at;
  at.session_.on_received("ABCa");
  CHECK(at.asked() == "ABC");
  at.services_.replies_.at(0)(Submitted{"id"});
  at.services_.replies_.at(1)(Error{Fault::overloaded, "full"});
  CHECK(at.went().empty());
  at.services_.replies_.at(2)(Submitted{"id"});
  CHECK(at.went() == "a");
}

TEST_CASE("feed: after the connection what asks for no answer still goes, the rest does not") {
  FeedBench at;
  at.session_.on_received("AaBb");
  at.session_.on_closed(false, "gone");
  at.services_.replies_.at(0)(Submitted{"id"});
  CHECK(at.asked() == "A");
  CHECK(at.went() == "ab");
}

TEST_CASE("feed: a full window stops reading until half of it has gone") {
  FeedBench at;
  at.session_.on_received("aaaaaaaaa");            // 100 KiB each, and a little
  CHECK(at.wire_.calls_.empty());
  at.session_.on_received("bb");
  CHECK(at.wire_.calls_ == "pause;");
  at.services_.passed_.resize(6);
  at.home_.run();
  CHECK(at.wire_.calls_ == "pause;");
  at.services_.passed_.resize(5);
  at.home_.run();
  CHECK(at.wire_.calls_ == "pause;resume;");
}

TEST_CASE("feed: a lane that needs us to read gets it after a while") {
  FeedBench at;
  at.session_.on_received("aaaaaaaaaaaa");
  REQUIRE(at.wire_.calls_ == "pause;");
  REQUIRE(at.wire_.deadline_ == at.clock_.now_ + limits::feed_pause_max);
  at.clock_.now_ += limits::feed_pause_max;
  at.session_.on_deadline();
  CHECK(at.wire_.calls_ == "pause;resume;");
  at.services_.passed_.clear();
  at.home_.run();
  at.session_.on_received("aaaaaaaaaaaa");         // full once more: a pause of its own
  CHECK(at.wire_.calls_ == "pause;resume;pause;");
}

// Sends what its bell brings, and rings for more.
struct Ringer {
  std::shared_ptr<Bell> bell = std::make_shared<Bell>();
  int heard = 0;
  void operator()(Event& event, Instant, Outbox& out) {
    const Answered* answered = std::get_if<Answered>(&event);
    if (answered != nullptr) ++heard;
    if (answered != nullptr || std::holds_alternative<Opened>(event)) out.ask(Heed{bell});
  }
};

TEST_CASE("bell: heard once for each time it was rung, while the peer reads") {
  Ringer ringer;
  FakeHome home;
  const auto door = std::make_shared<ShardDoor>();
  door->executor = &home;
  Bench at([&](Event& event, Instant now, Outbox& out) { ringer(event, now, out); });
  const auto serve = [&] {
    for (std::size_t n = 0; n < at.services_.asked_.size(); ++n)
      std::get<Heed>(at.services_.asked_[n])
          .bell->wait(door, [reply = at.services_.replies_[n]] { reply(Heard{}); });
    at.services_.asked_.clear();
    at.services_.replies_.clear();
    home.run();
  };
  at.session_.open({});
  serve();
  CHECK(ringer.heard == 0);
  ringer.bell->ring();
  ringer.bell->ring();
  CHECK(ringer.heard == 0);          // never from inside
  home.run();
  CHECK(ringer.heard == 1);
  ringer.bell->ring();               // nobody waits: remembered
  at.wire_.unwritten_ = limits::output_low_bytes + 1;
  serve();
  CHECK(ringer.heard == 2);
  ringer.bell->ring();
  home.run();
  CHECK(at.services_.asked_.empty());   // not while so much is unwritten
  serve();
  CHECK(ringer.heard == 2);
  at.wire_.unwritten_ = 0;
  at.session_.on_written();
  serve();
  CHECK(ringer.heard == 3);
}

TEST_CASE("feed: what comes back late finds a session that is gone") {
  auto at = std::make_unique<FeedBench>();
  at->session_.on_received("aaaaaaaaaaaa");
  std::vector<Submission> late = std::move(at->services_.passed_);
  at->session_.on_closed(false, "gone");
  late.clear();
  at->home_.run();
  CHECK(at->wire_.calls_ == "pause;");
}

}  // namespace
}  // namespace hanse
