// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/records.h"

namespace hanse::smtp {

std::vector<DnsWish> wished_records(std::span<const std::string> hosts, const std::string& name) {
  std::vector<DnsWish> out;
  if (hosts.empty()) return out;
  for (const std::string& host : hosts) {
    out.push_back({host, DnsType::mx, DnsMx{10, name}, "mail for " + host + " comes here"});
    out.push_back({host, DnsType::txt, DnsTxt{"v=spf1 mx -all"},
                   "RFC 7208: mail of " + host + " leaves from here alone"});
  }
  out.push_back({name, DnsType::a, DnsAddress{}, "where this node listens and sends from"});
  out.push_back({name, DnsType::ptr, DnsName{name}, "the address leads back to the name"});
  return out;
}

}  // namespace hanse::smtp
