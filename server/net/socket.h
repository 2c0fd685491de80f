// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "federation/discovery.h"
#include "server/base/result.h"

namespace hanse::net {

// The system's socket addresses and calls, with our Results. No Asio.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  bool operator==(const SocketAddress& other) const;
};

// "192.0.2.7:25", "[2001:db8::1]:25", ":25" (any IPv4 address), "unix:PATH".
Result<SocketAddress> parse_socket_address(std::string_view text);
Result<SocketAddress> socket_address(const Endpoint& endpoint);

std::string address_text(const SocketAddress& address);   // IP only; "" for a Unix socket
std::uint16_t port_of(const SocketAddress& address);
std::string to_text(const SocketAddress& address);        // with the port, or "unix:PATH"

SocketAddress local_address(int descriptor);
SocketAddress remote_address(int descriptor);

// All sockets are non-blocking and closed on exec.
// `both`: [::] takes IPv4 as well.
Result<int> open_listener(const SocketAddress& address, bool both = false);
Result<int> open_connection(const SocketAddress& address, bool& connected);  // or under way
int socket_error(int descriptor);                         // of a connection under way; 0: connected
std::string error_text(int number);

}  // namespace hanse::net
