// SPDX-License-Identifier: Apache-2.0
#include <deque>

#include "server/base/random.h"
#include "server/base/text.h"
#include "tests/catch.h"
#include "tests/unit/protocols/smtp/outbound_bench.h"

namespace hanse {
namespace {

using test::OutboundBench;

constexpr std::string_view words[] = {
    "220 x\n", "250 ok\n", "250 2.0.0 ok\n", "250-PIPELINING\n250-SIZE\n250 STARTTLS\n", "354 go\n",
    "421 4.3.2 no\n", "450 x\n", "452 4.5.3 x\n", "550 5.1.1 x\n", "554 x\n", "220 go\n",
    "250-x\n", "25", "\n", "garbage\n", "250 ok\n250 ok\n354 go\n", "250-a\n251 b\n", "500 x\n",
};

struct Played {
  bool content_in_clear = false, delivered = false;
  bool settled_once = true;
  bool delivered_without_yes = false;
};

// What a decent server would answer to each line.
void answer_decently(const std::string& wire, std::deque<std::string_view>& answers) {
  for (const std::string_view line : split(wire, '\n')) {
    if (line.starts_with("EHLO")) answers.push_back(words[3]);
    if (line.starts_with("STARTTLS")) answers.push_back("220 go\n");
    if (line.starts_with("MAIL") || line.starts_with("RCPT") || line.starts_with("RSET"))
      answers.push_back("250 ok\n");
    if (line.starts_with("DATA")) answers.push_back("354 go\n");
    if (line == ".\r") answers.push_back("250 2.0.0 ok\n");
  }
}

// Mostly decent, else random; in random pieces, with work, time, TLS and the end mixed in.
Played play(std::uint64_t seed, TlsLevel level) {
  SeededRandom random(seed);
  OutboundBench bench(level, 2);
  bool tls = false, ended = false;
  std::size_t dots = 0, yes_after_dot = 0;
  std::deque<std::string_view> answers = {"220 x\n"};
  Played out;
  bench.open();
  for (int turn = 0; turn < 80 && !ended; ++turn) {
    const std::uint64_t kind = random.below(24);
    if (kind == 0) bench.pass(std::chrono::seconds(random.below(100)));
    else if (kind == 1) bench.deliver({"c@b.example", "d@b.example", "e@b.example"});
    else if (kind == 2) bench.deliver({"f@b.example"}, "a: b\r\n\r\n.x\r\n", "", true);
    else if (kind == 3) bench.answer_fetches();
    else if (kind == 4 && random.below(8) == 0) bench.event(Drain{});
    else {
      std::string_view word = words[random.below(std::size(words))];
      if (kind > 5 && answers.empty()) continue;
      if (kind > 5) {
        word = answers.front();
        answers.pop_front();
      }
      if (dots > 0 && word.starts_with("2")) ++yes_after_dot;
      bench.server(word);
    }
    const std::string story = bench.story();
    if (story.find("tls ") != std::string::npos) {
      bench.tls_up(true);
      tls = true;
    }
    const std::string wire = bench.sent_raw();
    answer_decently(wire, answers);
    if (wire.find("MAIL") != std::string::npos && !tls && level >= TlsLevel::encrypt)
      out.content_in_clear = true;
    if (wire.find("\r\n.\r\n") != std::string::npos) ++dots;
    if (story.find(" delivered") != std::string::npos) {
      out.delivered = true;
      out.delivered_without_yes |= yes_after_dot == 0;
    }
    ended = story.find("hang up") != std::string::npos;
  }
  bench.closed();
  for (DeliveryId id = 1; id <= bench.last_id_; ++id)
    if (bench.settled(id) != 1) out.settled_once = false;
  return out;
}

TEST_CASE("V-2 hostile servers: all settled once, nothing in clear, no yes without one") {
  std::size_t bad_settling = 0, in_clear = 0, false_yes = 0, delivered = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    const Played played = play(seed, static_cast<TlsLevel>(seed % 4));
    bad_settling += played.settled_once ? 0 : 1;
    in_clear += played.content_in_clear ? 1 : 0;
    false_yes += played.delivered_without_yes ? 1 : 0;
    delivered += played.delivered ? 1 : 0;
  }
  CHECK(bad_settling == 0);
  CHECK(in_clear == 0);
  CHECK(false_yes == 0);
  CHECK(delivered > 100);  // the game gets far enough to mean something
}

TEST_CASE("V-2 a conversation cut at every place goes the same way") {
  const auto run = [](std::size_t cut) {
    OutboundBench bench;
    bench.open();
    bench.server("220 mx.b.example\n");
    const std::string greeting = "250-mx.b.example\n250-PIPELINING\n250 SIZE\n";
    bench.server(greeting.substr(0, std::min(cut, greeting.size())));
    if (cut < greeting.size()) bench.server(greeting.substr(cut));
    bench.deliver({"c@b.example", "d@b.example"});
    const std::string replies = "250 ok\n550-5.1.1 who\n550 5.1.1 is that\n250 2.1.5 ok\n354 go\n";
    bench.server(replies.substr(0, std::min(cut, replies.size())));
    if (cut < replies.size()) bench.server(replies.substr(cut));
    const std::string answer = "250 2.0.0 queued\n";
    bench.server(answer.substr(0, std::min(cut, answer.size())));
    if (cut < answer.size()) bench.server(answer.substr(cut));
    return bench.sent() + bench.story();
  };
  const std::string whole = run(1000);
  CHECK(whole.ends_with("ready\n1 failed 5.1.1\n2 delivered 2.0.0\n"));
  for (std::size_t cut = 1; cut < 80; ++cut) CHECK(run(cut) == whole);
}

}  // namespace
}  // namespace hanse
