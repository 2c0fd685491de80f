// SPDX-License-Identifier: Apache-2.0
// Taps and feeds: what is seen of a session, by whom, and how much of it.

#include "server/session/tap.h"
#include "tests/unit/session/bench.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

// Capitals are claims, an exclamation mark serves b.example, the rest is said back.
void talk(Event& event, Instant, Outbox& out) {
  const Received* received = std::get_if<Received>(&event);
  if (received == nullptr) return;
  for (const char c : received->bytes) {
    if (c == '!') out.serve("*>b.example", false);
    if (c < 'A' || c > 'Z') continue;
    Verify ask;
    ask.claim.domain = std::string(1, static_cast<char>(c - 'A' + 'a')) + ".example";
    out.ask(std::move(ask));
  }
  out.send(received->bytes);
  out.note(Level::debug, "test.note", "heard");
}

struct Watched : Bench {
  Watched() : Bench(talk) {}

  std::shared_ptr<TraceFeed> watch(std::string peer, TapPlace place) {
    auto feed = std::make_shared<TraceFeed>(TraceWish{"", std::move(peer), false}, clock_);
    if (Tap::may_watch(*feed, place))
      session_.watch(std::make_unique<Tap>(feed, nullptr, std::move(place), clock_));
    return feed;
  }

  static std::string taken(TraceFeed& feed) {
    std::string out;
    for (const TraceLine& line : feed.take(0s).lines)
      out += std::string(trace_kind_name(line.kind)) + " " + line.peer + ": " + line.text + "; ";
    return out;
  }
};

TapPlace from_outside(std::vector<std::string> names = {"192.0.2.9"}) {
  return {"proto", "s0-1", "192.0.2.9:4", std::move(names), true};
}

TEST_CASE("trace: octets both ways, notes and the end, of the peer that is wanted") {
  Watched at;
  at.session_.open({});
  const auto feed = at.watch("192.0.2.9", from_outside());
  at.session_.on_received("xyz");
  at.session_.on_closed(false, "gone");
  CHECK(Watched::taken(*feed) ==
        "received 192.0.2.9: [3 octets]; note 192.0.2.9: test.note: heard; "
        "sent 192.0.2.9: [3 octets]; close 192.0.2.9: gone; ");
}

TEST_CASE("trace: the first lines are held until a peer has said that it is the one") {
  Watched at;
  at.session_.open({});
  const auto feed = at.watch("b.example", from_outside());
  at.session_.on_received("xy");
  CHECK(Watched::taken(*feed).empty());
  at.session_.on_received("B");
  CHECK(Watched::taken(*feed).starts_with("received b.example: [2 octets]; "));
  at.services_.replies_.at(0)(TrustDecision{Verdict::refuse, "", "no", {{"pkix", false, "old"}}});
  CHECK(Watched::taken(*feed).find("trust b.example: not trusted: no; pkix no: old") !=
        std::string::npos);
  CHECK(at.session_.claimed() == "b.example");
}

TEST_CASE("trace: whom a lane is served for is known by that too, without a question of trust") {
  Watched at;
  at.session_.open({});
  const auto feed = at.watch("b.example", from_outside());
  const auto other = at.watch("c.example", from_outside());
  at.session_.on_received("xy");
  CHECK(Watched::taken(*feed).empty());
  at.session_.on_received("!");
  CHECK(Watched::taken(*feed).starts_with("received b.example: [2 octets]; "));
  CHECK(Watched::taken(*other).empty());
}

TEST_CASE("trace: of somebody else nothing comes, nor of one that cannot become the one") {
  Watched at;
  at.session_.open({});
  const auto feed = at.watch("b.example", from_outside());
  at.session_.on_received("xyC");
  at.session_.on_received("xy");
  CHECK(Watched::taken(*feed).empty());
  TapPlace dialled = from_outside({"c.example"});
  dialled.may_name_itself = false;
  CHECK_FALSE(Tap::may_watch(*feed, dialled));
  const TraceFeed other({"mail", "", false}, at.clock_);
  CHECK_FALSE(Tap::may_watch(other, from_outside()));
}

TEST_CASE("trace: what a connection holds for a trace is bounded, and so is how many hold") {
  Watched at;
  at.session_.open({});
  const auto feed = at.watch("b.example", from_outside());
  for (int i = 0; i < 100; ++i) at.session_.on_received("x");
  at.session_.on_received("B");
  CHECK(feed->take(0s).lines.size() <= limits::trace_lines_held_max + 3);
  TraceFeed many({}, at.clock_);
  for (std::size_t i = 0; i < limits::trace_connections_held_max; ++i) CHECK(many.begin_holding());
  CHECK_FALSE(many.begin_holding());
  many.end_holding();
  CHECK(many.begin_holding());
}

TEST_CASE("trace: a feed nobody takes from costs its sessions nothing any more") {
  Watched at;
  at.session_.open({});
  const auto feed = at.watch("", from_outside());
  feed->close();
  at.session_.unwatch();
  CHECK(feed.use_count() == 1);
  at.session_.on_received("x");
  CHECK(Watched::taken(*feed).empty());
}

TEST_CASE("trace: a feed is bounded in rate and in what waits; a verdict always goes") {
  FakeClock clock;
  TraceFeed feed({}, clock);
  const auto put = [&feed](std::size_t count, TraceLine::Kind kind = TraceLine::Kind::sent) {
    for (std::size_t i = 0; i < count; ++i) feed.put({{}, kind, "", "", "", "x", false});
  };
  put(limits::trace_lines_per_second_max + 7);
  put(1, TraceLine::Kind::verdict);
  TraceFeed::Taken taken = feed.take(0s);
  CHECK(taken.lines.size() == limits::trace_lines_per_second_max + 1);
  CHECK(taken.lost == 7);
  for (int second = 0; second < 10; ++second) {
    clock.now_ += 1s;
    put(limits::trace_lines_per_second_max);
  }
  taken = feed.take(0s);
  CHECK(taken.lines.size() == limits::trace_lines_waiting_max);
  CHECK(taken.lost == 10 * limits::trace_lines_per_second_max - limits::trace_lines_waiting_max);
  clock.now_ += 1s;
  feed.put({{}, TraceLine::Kind::sent, "", "", "", std::string(1'000'000, 'x'), false});
  CHECK(feed.take(0s).lines.at(0).text.size() == limits::trace_line_bytes_max + 3);
  CHECK_FALSE(feed.take(0s).ended);
  feed.end();
  CHECK(feed.take(1h).ended);
}

}  // namespace
}  // namespace hanse
