// SPDX-License-Identifier: Apache-2.0
#include "server/net/census.h"

#include "server/base/limits.h"
#include "server/net/connections.h"
#include "server/net/socket.h"
#include "tests/catch.h"

namespace hanse {
namespace {

constexpr Instant start{std::chrono::hours(1)};

TEST_CASE("connections over four fifths of the bound are told that it is crowded") {
  net::ConnectionLimits limits;
  limits.connections_max = 10;
  limits.trusted = {*parse_network("192.0.2.0/24")};
  const net::SocketAddress remote = *net::parse_socket_address("192.0.2.7:40000");
  net::Census census;
  std::string seen;
  for (int i = 0; i < 11; ++i) {
    const net::Census::Ticket ticket = census.enter(remote, limits, start);
    seen += ticket.admission != net::Admission::welcome ? 'b' : ticket.crowded ? 'c' : '.';
  }
  CHECK(seen == "........ccb");
  for (int i = 0; i < 4; ++i) census.leave({});
  CHECK_FALSE(census.enter(remote, limits, start).crowded);
}

TEST_CASE("it is crowded until under seven tenths of the bound") {
  net::ConnectionLimits limits;
  limits.connections_max = 10;
  limits.trusted = {*parse_network("192.0.2.0/24")};
  const net::SocketAddress remote = *net::parse_socket_address("192.0.2.7:40000");
  net::Census census;
  std::string seen;
  for (int i = 0; i < 9; ++i) {
    census.enter(remote, limits, start);
    seen += census.crowded() ? 'c' : '.';
  }
  for (int i = 0; i < 4; ++i) {
    census.leave({});
    seen += census.crowded() ? 'c' : '.';
  }
  CHECK(seen == "........c" "cc..");
}

TEST_CASE("operations section 2: a peer has a bound of its own, wherever it comes from") {
  net::ConnectionLimits limits;
  limits.per_peer_max = 2;
  net::Census census;
  CHECK(census.enter_peer("b.example", limits));
  CHECK(census.enter_peer("b.example", limits));
  CHECK_FALSE(census.enter_peer("b.example", limits));
  CHECK(census.enter_peer("c.example", limits));
  census.leave_peer("b.example");
  CHECK(census.enter_peer("b.example", limits));
}

// One letter for each connection, which is closed at once: '.' welcome, 'r' told that it comes too
// often, 'p' that there are too many, '-' nothing at all.
std::string come(net::Census& census, const net::ConnectionLimits& limits,
                 const std::string& address, Instant now, int times) {
  std::string seen;
  const net::SocketAddress remote = *net::parse_socket_address(address);
  for (int i = 0; i < times; ++i) {
    const net::Census::Ticket ticket = census.enter(remote, limits, now);
    seen += ticket.admission == net::Admission::turned_away ? '-'
            : ticket.too_often                              ? 'r'
            : ticket.admission == net::Admission::busy      ? 'p'
                                                            : '.';
    if (ticket.admission != net::Admission::turned_away) census.leave(ticket.prefix);
  }
  return seen;
}

TEST_CASE("S-18 a source that opens too many connections a minute is told so, then nothing") {
  using namespace std::chrono_literals;
  net::ConnectionLimits limits;
  limits.per_prefix_per_minute_max = 3;
  limits.trusted = {*parse_network("192.0.2.0/28")};
  net::Census census;
  CHECK(come(census, limits, "192.0.2.77:1", start, 7) == "...rrr-");
  CHECK(come(census, limits, "192.0.2.78:1", start, 1) == ".");            // another source
  CHECK(come(census, limits, "192.0.2.7:1", start, 9) == ".........");     // may relay
  CHECK(come(census, limits, "[2001:db8::1]:1", start, 2) == "..");
  CHECK(come(census, limits, "[2001:db8::2]:1", start, 2) == ".r");        // the same /64
  CHECK(come(census, limits, "[2001:db8:0:1::2]:1", start, 1) == ".");
  // Of the minute before counts what lies within the last sixty seconds: 7 of 7, 3 of 7, none.
  CHECK(come(census, limits, "192.0.2.77:1", start + 60s, 1) == "-");
  CHECK(come(census, limits, "192.0.2.77:1", start + 90s, 1) == "r");
  CHECK(come(census, limits, "192.0.2.77:1", start + 200s, 4) == "...r");
  limits.per_prefix_per_minute_max = 0;
  CHECK(come(census, limits, "192.0.2.77:1", start + 200s, 9) == ".........");
}

TEST_CASE("S-18 too many at once is another thing than too often") {
  net::ConnectionLimits limits;
  limits.per_prefix_max = 1;
  limits.per_prefix_per_minute_max = 9;
  const net::SocketAddress remote = *net::parse_socket_address("192.0.2.77:1");
  net::Census census;
  CHECK(census.enter(remote, limits, start).admission == net::Admission::welcome);
  const net::Census::Ticket second = census.enter(remote, limits, start);
  CHECK(second.admission == net::Admission::busy);
  CHECK_FALSE(second.too_often);
  CHECK(second.reason == "prefix");
}

TEST_CASE("S-18 the table of sources is bounded: those beyond it are not counted") {
  using namespace std::chrono_literals;
  net::ConnectionRates rates;
  for (std::size_t i = 0; i < limits::rate_prefixes_max; ++i)
    REQUIRE(rates.count(std::to_string(i), start) == 1);
  CHECK(rates.count("one more", start) == 0);
  CHECK(rates.count("17", start) == 2);
  CHECK(rates.count("one more", start + 60s) == 1);   // a new minute, a new table
}

}  // namespace
}  // namespace hanse
