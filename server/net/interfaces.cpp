// SPDX-License-Identifier: Apache-2.0
#include "server/net/interfaces.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "server/net/socket.h"

namespace hanse::net {

namespace {

constexpr const char* ipv6_table = "/proc/self/net/if_inet6";
constexpr std::size_t ipv6_digits = 32;   // the first word of each of its lines
constexpr std::size_t addresses_max = 4096;   // of each family; more are an error

Error failed(const char* what) {
  return Error{Fault::broken, std::string(what) + ": " + error_text(errno)};
}

Error too_many() {
  return Error{Fault::broken, "more than " + std::to_string(addresses_max) + " addresses"};
}

Result<std::vector<std::string>> ipv4_addresses() {
  const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return failed("socket");
  std::vector<ifreq> entries(addresses_max);
  ifconf list{};
  list.ifc_len = static_cast<int>(entries.size() * sizeof(ifreq));
  list.ifc_req = entries.data();
  const int result = ::ioctl(descriptor, SIOCGIFCONF, &list);
  const Error error = failed("SIOCGIFCONF");
  ::close(descriptor);
  if (result != 0) return error;
  entries.resize(static_cast<std::size_t>(list.ifc_len) / sizeof(ifreq));
  if (entries.size() >= addresses_max) return too_many();
  std::vector<std::string> out;
  for (const ifreq& one : entries) {
    SocketAddress address;
    address.size = sizeof(sockaddr_in);
    std::memcpy(&address.storage, &one.ifr_addr, sizeof one.ifr_addr);
    out.push_back(address_text(address));
  }
  return out;
}

// A kernel without IPv6 has no such file.
Result<std::vector<std::string>> ipv6_addresses() {
  std::vector<std::string> out;
  std::ifstream table(ipv6_table);
  if (!table) {
    if (errno == ENOENT) return out;
    return failed(ipv6_table);
  }
  for (std::string line; std::getline(table, line);) {
    if (line.size() < ipv6_digits) continue;
    if (out.size() >= addresses_max) return too_many();
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    for (std::size_t at = 0; at < sizeof address.sin6_addr; ++at) {
      const std::string octet = line.substr(2 * at, 2);
      address.sin6_addr.s6_addr[at] =
          static_cast<std::uint8_t>(std::strtoul(octet.c_str(), nullptr, 16));
    }
    SocketAddress text;
    text.size = sizeof address;
    std::memcpy(&text.storage, &address, sizeof address);
    out.push_back(address_text(text));
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> interface_addresses() {
  Result<std::vector<std::string>> all = ipv4_addresses();
  if (!all) return all;
  const Result<std::vector<std::string>> further = ipv6_addresses();
  if (!further) return further;
  all->insert(all->end(), further->begin(), further->end());
  return all;
}

}  // namespace hanse::net
