// SPDX-License-Identifier: Apache-2.0
#include "federation/dns.h"

namespace hanse {

std::string_view dns_type_name(DnsType type) {
  switch (type) {
    case DnsType::a: return "A";
    case DnsType::ns: return "NS";
    case DnsType::cname: return "CNAME";
    case DnsType::soa: return "SOA";
    case DnsType::ptr: return "PTR";
    case DnsType::mx: return "MX";
    case DnsType::txt: return "TXT";
    case DnsType::aaaa: return "AAAA";
    case DnsType::srv: return "SRV";
    case DnsType::tlsa: return "TLSA";
  }
  return "other";
}

}  // namespace hanse
