// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/pacer.h"

#include <deque>

#include "tests/catch.h"

namespace hanse::irc {
namespace {

using namespace std::chrono_literals;

// PINGs that go to a peer at that distance until all is answered, after one piece was sent.
unsigned pings_to(Duration away) {
  Pacer pacer;
  Duration now{};
  unsigned pings = 0;
  std::deque<Duration> answers;
  const auto ping = [&] {
    pacer.pinged();
    ++pings;
    answers.push_back(now + away);
  };
  if (pacer.sent(limits::paced_piece_bytes)) ping();
  for (Duration next = pacer.wait(); pacer.waits() && pings < 1000;) {
    now = std::min(next, answers.front());
    if (now == answers.front()) {
      answers.pop_front();
      pacer.answered();
    } else {
      ping();
      next = now + pacer.wait();
    }
  }
  return pings;
}

TEST_CASE("irc 3.4 a peer is woken while it sleeps, and left alone when it is only far away") {
  CHECK(pings_to(1ms) == 1);
  CHECK(pings_to(15ms) == 2);
  CHECK(pings_to(200ms) <= 6);
  CHECK(pings_to(3s) <= 10);
}

}  // namespace
}  // namespace hanse::irc
