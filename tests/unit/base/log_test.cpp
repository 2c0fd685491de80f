// SPDX-License-Identifier: Apache-2.0
#include "server/base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "server/base/digest.h"
#include "server/base/limits.h"
#include "tests/catch.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

struct HandClock final : Clock {
  Instant now() const override { return Instant(elapsed); }
  UtcTime utc() const override {
    return from_unix_ms(1'767'697'330'123) + std::chrono::floor<std::chrono::milliseconds>(elapsed);
  }
  Duration elapsed{0};
};

struct LogBench {
  HandClock clock;
  std::vector<std::string> lines;
  Log log{clock, [this](std::string_view line) { lines.emplace_back(line); }};

  void warn(std::string_view peer) {
    log.write(Level::warning, "conn.refused", "no", {{"peer", peer}});
  }
};

const std::string tuesday = R"({"ts":"2026-01-06T11:02:10.123Z",)";

TEST_CASE_METHOD(LogBench, "log: a line is JSON with ts, lvl, ev, msg and the fields in order") {
  log.write(Level::info, "msg.accepted", "queued",
            {{"qid", "q1"}, {"size", std::int64_t{-7}}, {"dur_ms", 1.5}, {"tls", true}});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == tuesday + R"("lvl":"info","ev":"msg.accepted","msg":"queued",)"
                              R"("qid":"q1","size":-7,"dur_ms":1.5,"tls":true})" "\n");
}

TEST_CASE_METHOD(LogBench, "log: what a peer wrote cannot make a second line or break the JSON") {
  log.write(Level::info, "a.b", "x\n{\"ev\":\"forged\"}", {{"peer", "\xff\r\x1b\""}});
  CHECK(lines[0] == tuesday + R"("lvl":"info","ev":"a.b","msg":"x\n{\"ev\":\"forged\"}",)"
                              R"("peer":"\ufffd\r\u001b\""})" "\n");
}

TEST_CASE_METHOD(LogBench, "log: a field is cut at its bound, between characters") {
  const std::string most(limits::log_text_bytes_max, 'a');
  log.write(Level::info, "a.b", most, {{"peer", most.substr(1) + "\xc3\xa9"}});
  CHECK(lines[0].find("\"msg\":\"" + most + "\"") != std::string::npos);
  CHECK(lines[0].find("\"peer\":\"" + most.substr(1) + "...\"") != std::string::npos);
}

TEST_CASE_METHOD(LogBench, "log: numbers JSON has no word for are null") {
  log.write(Level::info, "a.b", "", {{"x", 1.0 / 0.0}, {"y", 0.0 / 0.0}});
  CHECK(lines[0].find(R"("x":null,"y":null)") != std::string::npos);
}

TEST_CASE_METHOD(LogBench, "log: the level of the event's area counts, else the common one") {
  const auto all = {Level::debug, Level::info, Level::warning, Level::error};
  const auto shown = [&](std::string_view event) {
    return std::count_if(all.begin(), all.end(), [&](Level l) { return log.enabled(l, event); });
  };
  CHECK(shown("conn.open") == 3);
  log.set_level("conn", Level::debug);
  log.set_level("store", Level::error);
  CHECK(shown("conn.open") == 4);
  CHECK(shown("store.recovered") == 1);
  CHECK(shown("msg.accepted") == 3);
  CHECK(shown("connection.open") == 3);
  CHECK(shown("conn") == 4);
  log.write(Level::info, "store.recovered", "not shown");
  CHECK(lines.empty());
  log.set_level(Level::warning);
  CHECK(shown("audit.drain") == 4);   // always
  CHECK(shown("conn.open") == 2);
  CHECK(shown("store.recovered") == 2);
}

TEST_CASE_METHOD(LogBench, "operations 6: repeats are written once, then counted once a minute") {
  for (int i = 0; i < 5; ++i) warn("b.example");
  warn("c.example");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("b.example") != std::string::npos);
  CHECK(lines[1].find("c.example") != std::string::npos);

  clock.elapsed = 59s;
  warn("b.example");
  CHECK(lines.size() == 2);
  clock.elapsed = 60s;
  log.write(Level::info, "other.event", "any line lets the summary out");
  REQUIRE(lines.size() == 4);
  CHECK(lines[2].find(R"("ev":"conn.refused","msg":"no","peer":"b.example","repeats":5})") !=
        std::string::npos);

  warn("b.example");  // still the same trouble: counted for the next minute
  warn("c.example");  // was quiet for a minute: written as itself again
  REQUIRE(lines.size() == 5);
  CHECK(lines[4].find("\"peer\":\"c.example\"}") != std::string::npos);
  clock.elapsed = 200s;
  warn("b.example");
  REQUIRE(lines.size() == 6);
  CHECK(lines[5].find(R"("peer":"b.example","repeats":1})") != std::string::npos);
}

TEST_CASE_METHOD(LogBench, "operations 6: what a noisy peer causes is counted at info too") {
  const auto refuse = [this](const char* event, const char* text, const char* peer) {
    log.write(Level::info, event, text, {{"proto", "mail"}, {"peer", peer}});
  };
  for (int i = 0; i < 30; ++i) {
    refuse("conn.connect_failed", "connection refused", "b.example");
    refuse("mail.refused", std::to_string(i).c_str(), "192.0.2.1");   // each in other words
    refuse("route.refused", "no", "192.0.2.1");
    refuse("mail.closed", "421", "192.0.2.2");
  }
  CHECK(lines.size() == 4);
  refuse("mail.refused", "no", "192.0.2.2");
  CHECK(lines.size() == 5);                // another peer
  clock.elapsed = 60s;
  refuse("mail.refused", "no", "192.0.2.1");
  REQUIRE(lines.size() == 9);
  CHECK(lines[6].find(R"("ev":"mail.refused","msg":"0","peer":"192.0.2.1","repeats":29})") !=
        std::string::npos);
}

TEST_CASE_METHOD(LogBench, "log: what came about is written each time, so is what is of no peer") {
  for (int i = 0; i < 3; ++i) {
    log.write(Level::info, "msg.accepted", "queued", {{"peer", "b.example"}});
    log.write(Level::info, "conn.auth_ok", "by certificate", {{"peer", "b.example"}});
    log.write(Level::info, "door.closed", "for the night");
    log.write(Level::info, "mail.refused", "of one message", {{"peer", "b.example"}, {"qid", "q"}});
  }
  CHECK(lines.size() == 12);
}

TEST_CASE_METHOD(LogBench, "operations 6: every final line of a message, every audit line") {
  for (int i = 0; i < 2; ++i) log.write(Level::warning, "audit.refused", "no", {{"who", "x"}});
  REQUIRE(lines.size() == 2);
  lines.clear();
  for (const char* id : {"q1", "q2", "q2"}) {
    log.write(Level::warning, "msg.bounced", "no", {{"peer", "b.example"}, {"qid", id}});
  }
  CHECK(lines.size() == 3);
}

TEST_CASE_METHOD(LogBench, "log: addresses can be hashed; other fields stay") {
  log.hash_addresses(true);
  log.write(Level::info, "msg.accepted", "",
            {{"from", "a@a.example"}, {"to", "a@a.example"}, {"peer", "a.example"}});
  const std::string digest = "\"#" + sha256_hex("a@a.example").substr(0, 16) + "\"";
  CHECK(lines[0].find("\"from\":" + digest + ",\"to\":" + digest + ",\"peer\":\"a.example\"") !=
        std::string::npos);
  log.hash_addresses(false);
  log.write(Level::info, "msg.accepted", "", {{"from", "a@a.example"}});
  CHECK(lines[1].find("\"from\":\"a@a.example\"") != std::string::npos);
}

TEST_CASE_METHOD(LogBench, "log: without a peer, different messages are different events") {
  for (const char* text : {"one", "two", "one"}) log.write(Level::error, "config.rejected", text);
  CHECK(lines.size() == 2);
}

TEST_CASE_METHOD(LogBench, "log: the memory for repeats is bounded and forgets nothing unsaid") {
  warn("first.example");
  warn("first.example");
  for (std::size_t peer = 0; peer < limits::log_repeats_max + 5; ++peer) {
    warn(std::to_string(peer) + ".example");
  }
  const auto told = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find(R"("peer":"first.example","repeats":1})") != std::string::npos;
  });
  CHECK(told != lines.end());
  CHECK(lines.size() == limits::log_repeats_max + 7);
}

TEST_CASE("log: level names there and back") {
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error}) {
    Level parsed = level == Level::info ? Level::error : Level::info;
    CHECK(parse_level(level_name(level), parsed));
    CHECK(parsed == level);
  }
  Level untouched = Level::warning;
  for (const char* bad : {"", "Info", "warn", "debug "}) CHECK_FALSE(parse_level(bad, untouched));
  CHECK(untouched == Level::warning);
}

// Puts a pipe that is full and does not block in the place of stderr, as a slow journal would be.
class SlowStderr {
 public:
  SlowStderr() : kept_(::dup(STDERR_FILENO)) {
    REQUIRE(::pipe2(ends_, O_NONBLOCK) == 0);
    const std::string filler(4096, '.');
    while (::write(ends_[1], filler.data(), filler.size()) > 0) filled_ += filler.size();
    REQUIRE(::dup2(ends_[1], STDERR_FILENO) == STDERR_FILENO);
  }
  ~SlowStderr() {
    ::dup2(kept_, STDERR_FILENO);
    for (const int descriptor : {kept_, ends_[0], ends_[1]}) ::close(descriptor);
  }
  std::string read(std::size_t most) {
    std::string all;
    while (all.size() < filled_ + most) {
      pollfd waiting{ends_[0], POLLIN, 0};
      if (::poll(&waiting, 1, 10'000) != 1) break;
      char part[3001];
      const ssize_t count = ::read(ends_[0], part, sizeof part);
      if (count > 0) all.append(part, static_cast<std::size_t>(count));
    }
    return all.substr(std::min(filled_, all.size()));
  }

 private:
  int kept_ = -1, ends_[2] = {-1, -1};
  std::size_t filled_ = 0;
};

TEST_CASE("log: stderr gets every line whole, also through a full pipe") {
  std::string expected;
  for (int line = 0; line < 20; ++line) {
    expected += std::string(9000, static_cast<char>('a' + line)) + '\n';
  }
  std::string seen;
  {
    SlowStderr slow;
    std::thread writer([&] {
      const Log::Sink sink = stderr_sink();
      for (std::size_t at = 0; at < expected.size(); at += 9001) {
        sink(std::string_view(expected).substr(at, 9001));
      }
    });
    seen = slow.read(expected.size());
    writer.join();
  }
  CHECK((seen == expected));
}

}  // namespace
}  // namespace hanse
