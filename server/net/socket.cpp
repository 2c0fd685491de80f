// SPDX-License-Identifier: Apache-2.0
#include "server/net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "server/base/text.h"

namespace hanse::net {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr int keepalive_idle_seconds = 60, keepalive_pause_seconds = 15, keepalive_probes = 4;

SocketAddress from_ip(const sockaddr_in& ip) {
  SocketAddress out;
  std::memcpy(&out.storage, &ip, sizeof ip);
  out.size = sizeof ip;
  return out;
}

SocketAddress from_ip(const sockaddr_in6& ip) {
  SocketAddress out;
  std::memcpy(&out.storage, &ip, sizeof ip);
  out.size = sizeof ip;
  return out;
}

Result<SocketAddress> ip_address(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return from_ip(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) return from_ip(v6);
  return Error{Fault::never, "\"" + escape_text(host) + "\" is not an IP address"};
}

Result<SocketAddress> unix_address(std::string_view path) {
  sockaddr_un local{};
  if (path.empty() || path.size() >= sizeof local.sun_path)
    return Error{Fault::never, "the path of the socket is empty or too long"};
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.data(), path.size());
  SocketAddress out;
  std::memcpy(&out.storage, &local, sizeof local);
  out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return out;
}

template <class Address>
Address as(const SocketAddress& address) {
  Address out{};
  std::memcpy(&out, &address.storage, sizeof out);
  return out;
}

Error system_error(const std::string& what) {
  return {Fault::try_later, what + ": " + error_text(errno)};
}

void set_option(int descriptor, int level, int name) {
  const int on = 1;
  setsockopt(descriptor, level, name, &on, sizeof on);
}

void set_option(int descriptor, int level, int name, int value) {
  setsockopt(descriptor, level, name, &value, sizeof value);
}

// Who comes by IPv4 to a listener of both has the address he is known by.
SocketAddress unmapped(const SocketAddress& address) {
  if (address.storage.ss_family != AF_INET6) return address;
  const auto ip = as<sockaddr_in6>(address);
  if (!IN6_IS_ADDR_V4MAPPED(&ip.sin6_addr)) return address;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = ip.sin6_port;
  std::memcpy(&v4.sin_addr, ip.sin6_addr.s6_addr + 12, sizeof v4.sin_addr);
  return from_ip(v4);
}

// A peer whose host is gone without a word is found out also when nothing is to be said to it.
void set_tcp_options(int descriptor) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_seconds);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_pause_seconds);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
}

}  // namespace

bool SocketAddress::operator==(const SocketAddress& other) const {
  return size == other.size && std::memcmp(&storage, &other.storage, size) == 0;
}

Result<SocketAddress> parse_socket_address(std::string_view text) {
  if (text.starts_with(unix_prefix)) return unix_address(text.substr(unix_prefix.size()));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return Error{Fault::never, "\"" + escape_text(text) + "\" has no port"};
  std::string_view host = text.substr(0, colon);
  const Result<std::int64_t> port = parse_integer(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535)
    return Error{Fault::never, "\"" + escape_text(text) + "\" has no valid port"};
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) host = "0.0.0.0";
  return ip_address(std::string(host), static_cast<std::uint16_t>(*port));
}

Result<SocketAddress> socket_address(const Endpoint& endpoint) {
  if (endpoint.port == 0) return unix_address(endpoint.address);
  return ip_address(endpoint.address, endpoint.port);
}

std::string address_text(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.storage.ss_family == AF_INET) {
    const auto ip = as<sockaddr_in>(address);
    inet_ntop(AF_INET, &ip.sin_addr, text, sizeof text);
  } else if (address.storage.ss_family == AF_INET6) {
    const auto ip = as<sockaddr_in6>(address);
    inet_ntop(AF_INET6, &ip.sin6_addr, text, sizeof text);
  }
  return text;
}

std::uint16_t port_of(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET) return ntohs(as<sockaddr_in>(address).sin_port);
  if (address.storage.ss_family == AF_INET6) return ntohs(as<sockaddr_in6>(address).sin6_port);
  return 0;
}

std::string to_text(const SocketAddress& address) {
  if (address.storage.ss_family == AF_UNIX)
    return std::string(unix_prefix) + as<sockaddr_un>(address).sun_path;
  const std::string ip = address_text(address);
  const bool v6 = address.storage.ss_family == AF_INET6;
  return (v6 ? "[" + ip + "]" : ip) + ":" + std::to_string(port_of(address));
}

SocketAddress local_address(int descriptor) {
  SocketAddress out;
  out.size = sizeof out.storage;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&out.storage), &out.size) != 0)
    out.size = 0;
  return unmapped(out);
}

SocketAddress remote_address(int descriptor) {
  SocketAddress out;
  out.size = sizeof out.storage;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&out.storage), &out.size) != 0)
    out.size = 0;
  return unmapped(out);
}

// SO_REUSEADDR lets a restarted node take its port back at once; without SO_REUSEPORT a second
// node on the same port fails instead of taking half of the connections.
Result<int> open_listener(const SocketAddress& address, bool both) {
  const int family = address.storage.ss_family;
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return system_error("socket");
  set_option(descriptor, SOL_SOCKET, SO_REUSEADDR);
  if (family == AF_INET6) set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, both ? 0 : 1);
  if (family != AF_UNIX) set_tcp_options(descriptor);   // accepted ones inherit them
  if (::bind(descriptor, address.raw(), address.size) != 0 ||
      ::listen(descriptor, SOMAXCONN) != 0) {
    Error error = system_error("listen on " + to_text(address));
    ::close(descriptor);
    return error;
  }
  return descriptor;
}

Result<int> open_connection(const SocketAddress& address, bool& connected) {
  const int family = address.storage.ss_family;
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return system_error("socket");
  if (family != AF_UNIX) set_tcp_options(descriptor);
  connected = ::connect(descriptor, address.raw(), address.size) == 0;
  if (!connected && errno != EINPROGRESS) {
    Error error = system_error("connect to " + to_text(address));
    ::close(descriptor);
    return error;
  }
  return descriptor;
}

int socket_error(int descriptor) {
  int number = 0;
  socklen_t size = sizeof number;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size) != 0) return errno;
  return number;
}

std::string error_text(int number) { return std::generic_category().message(number); }

}  // namespace hanse::net
