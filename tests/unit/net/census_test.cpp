// SPDX-License-Identifier: Apache-2.0
#include "server/net/census.h"

#include "server/net/connections.h"
#include "server/net/socket.h"
#include "tests/catch.h"

namespace hanse {
namespace {

TEST_CASE("connections over four fifths of the bound are told that it is crowded") {
  net::ConnectionLimits limits;
  limits.connections_max = 10;
  limits.trusted = {*parse_network("192.0.2.0/24")};
  const net::SocketAddress remote = *net::parse_socket_address("192.0.2.7:40000");
  net::Census census;
  std::string seen;
  for (int i = 0; i < 11; ++i) {
    const net::Census::Ticket ticket = census.enter(remote, limits);
    seen += ticket.admission != net::Admission::welcome ? 'b' : ticket.crowded ? 'c' : '.';
  }
  CHECK(seen == "........ccb");
  for (int i = 0; i < 4; ++i) census.leave({});
  CHECK_FALSE(census.enter(remote, limits).crowded);
}

}  // namespace
}  // namespace hanse
