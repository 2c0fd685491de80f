// SPDX-License-Identifier: Apache-2.0
// The pure parts that keep a lane's pace: retry times, breaker, ramp, peer rates.

#include <set>

#include "federation/breaker.h"
#include "federation/rates.h"
#include "federation/retry.h"
#include "federation/trust.h"
#include "federation/ulid.h"
#include "federation/window.h"
#include "server/base/limits.h"
#include "tests/catch.h"

using namespace hanse;
using namespace std::chrono_literals;

namespace {

LaneTraits traits() {
  LaneTraits out;
  out.retry = {5min, 10min, 20min, 40min, 4000s};
  return out;
}

bool within(Duration value, Duration planned, int percent) {
  return value >= planned * (100 - percent) / 100 && value <= planned * (100 + percent) / 100;
}

}  // namespace

TEST_CASE("Q-5 5, 10, 20, 40 min, then every 4000 s, each give or take 10 %") {
  SeededRandom random(3);
  const Duration planned[] = {5min, 10min, 20min, 40min, 4000s, 4000s, 4000s};
  std::set<std::int64_t> different;
  for (unsigned attempt = 1; attempt <= 7; ++attempt) {
    for (int n = 0; n < 100; ++n) {
      const Duration delay = retry_delay(traits(), attempt, random);
      CHECK(within(delay, planned[attempt - 1], 10));
      different.insert(delay.count());
    }
  }
  CHECK(different.size() > 600);
  CHECK(within(retry_delay(traits(), 0, random), 5min, 10));
  LaneTraits none;
  CHECK(retry_delay(none, 3, random) > 0s);
}

TEST_CASE("a lane waits a minute while the breaker is closed, then doubles up to four hours") {
  SeededRandom random(4);
  const auto delay = [&](unsigned failures) { return lane_delay(traits(), failures, random); };
  for (unsigned failures = 1; failures < 5; ++failures) CHECK(within(delay(failures), 1min, 10));
  Duration planned = 1min;
  for (unsigned failures = 5; failures < 80; ++failures) {
    CAPTURE(failures);
    CHECK(within(delay(failures), std::min<Duration>(planned, 4h), 20));
    planned = std::min<Duration>(2 * planned, 8h);
  }
  LaneTraits fast = traits();
  fast.retry = {2s, 4s};
  CHECK(within(lane_delay(fast, 1, random), 2s, 10));
  CHECK(longest_delay(traits()) >= 4h);
}

TEST_CASE("D8 expiry needs age and two tries") {
  const UtcTime now = from_unix_ms(1'000'000);
  CHECK(given_up(now, now - 1ms, 2));
  CHECK_FALSE(given_up(now, now - 1ms, 1));
  CHECK_FALSE(given_up(now, now, 9));
  CHECK_FALSE(given_up(now - 24h * 365, now, 9));
}

TEST_CASE("the breaker: answers close nothing once it is open") {
  SeededRandom random(5);
  Breaker breaker;
  Instant now = Instant(1s);
  UtcTime utc = from_unix_ms(1'000'000);
  CHECK_FALSE(breaker.failing());
  CHECK(breaker.may_try(now));
  for (unsigned n = 1; n <= 4; ++n) {
    CHECK_FALSE(breaker.failed(traits(), random, now, utc, false));
    CHECK_FALSE(breaker.may_try(now));
    CHECK(breaker.may_try(breaker.until()));
    now = breaker.until();
    utc += 60s;
  }
  Breaker answered = breaker;
  answered.answered();
  CHECK(answered.failures() == 0);
  CHECK(answered.may_try(now));

  CHECK(breaker.failed(traits(), random, now, utc, false));
  CHECK(breaker.open());
  CHECK_FALSE(breaker.failed(traits(), random, now, utc, false));   // opened only once
  breaker.answered();
  CHECK(breaker.open());
  CHECK(breaker.failures() == 6);
  breaker.wake();
  CHECK(breaker.may_try(now));
  CHECK(breaker.delivered());
  CHECK_FALSE(breaker.open());
  CHECK_FALSE(breaker.delivered());
  CHECK(breaker.failures() == 0);
}

TEST_CASE("D8 what was accepted before the attempt before the last has been tried twice") {
  SeededRandom random(6);
  Breaker breaker;
  const UtcTime first = from_unix_ms(1'000'000), second = first + 60s, third = second + 60s;
  breaker.failed(traits(), random, Instant(1s), first, false);
  CHECK_FALSE(breaker.failed_before_last());
  breaker.failed(traits(), random, Instant(61s), second, false);
  CHECK(breaker.failed_before_last() == first);
  breaker.failed(traits(), random, Instant(121s), third, false);
  CHECK(breaker.failed_before_last() == second);
  breaker.answered();
  CHECK_FALSE(breaker.failed_before_last());
}

TEST_CASE("the ramp doubles every ten seconds and ends") {
  Ramp ramp;
  Instant now = Instant(1s);
  CHECK(ramp.may_start(now));
  ramp.begin(now);
  std::size_t allowed = limits::ramp_first_works;
  for (int slot = 0; slot < 12; ++slot, allowed *= 2) {
    std::size_t started = 0;
    while (ramp.may_start(now) && started <= limits::ramp_last_works) {
      ramp.started();
      ++started;
    }
    CAPTURE(slot);
    if (allowed <= limits::ramp_last_works) CHECK(started == allowed);
    else CHECK(started > limits::ramp_last_works);
    CHECK(ramp.slot_end() > now);
    now += limits::ramp_slot;
  }
}

TEST_CASE("a peer may send max_msgs_per_min, a tenth of it on probation") {
  PeerPolicy peer;
  peer.domain = "b.example";
  peer.messages_per_minute_max = 60;
  PeerPolicy slow = peer;
  slow.domain = "new.example";
  slow.state = PeerState::probation;
  PeerRates rates;
  rates.add(peer);
  rates.add(slow);
  const auto burst = [&](std::string_view name, Instant now) {
    int count = 0;
    for (; count < 1000 && !rates.used_up(name, now); ++count) rates.spend(name, now);
    return count;
  };
  const Instant now = Instant(100s);
  CHECK(rates.used("b.example", now) == 0);
  CHECK(burst("b.example", now) == 60);
  CHECK(rates.used("b.example", now) == 1);
  CHECK(rates.used("b.example", now + 30s) == 0.5);
  CHECK(rates.used("else.example", now) == 0);
  CHECK(burst("b.example", now + 999ms) == 0);
  CHECK(burst("b.example", now + 5s) == 5);
  CHECK(burst("b.example", now + 10min) == 60);
  CHECK(burst("new.example", now) == 6);
  CHECK(burst("else.example", now) == 1000);
}

TEST_CASE("ids sort by time and do not repeat") {
  SeededRandom random(8);
  std::set<std::string> seen;
  std::string last;
  for (int n = 0; n < 2000; ++n) {
    const std::string id = make_ulid(from_unix_ms(1'767'697'330'000 + n * 7), random);
    CHECK(id.size() == 26);
    CHECK(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos);
    CHECK(id > last);
    last = id;
    seen.insert(id);
  }
  CHECK(seen.size() == 2000);
  CHECK(make_ulid(from_unix_ms(0), random).substr(0, 10) == "0000000000");
}
