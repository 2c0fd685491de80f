// SPDX-License-Identifier: Apache-2.0
#include "federation/dns.h"

#include "federation/tlsa.h"

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

std::string record_text(const DnsRecord& record) {
  const auto host = [](const std::string& name) { return name + "."; };
  if (const auto* address = std::get_if<DnsAddress>(&record)) return address->address;
  if (const auto* name = std::get_if<DnsName>(&record)) return host(name->name);
  if (const auto* mx = std::get_if<DnsMx>(&record))
    return std::to_string(mx->preference) + " " + host(mx->exchange);
  if (const auto* srv = std::get_if<DnsSrv>(&record))
    return std::to_string(srv->priority) + " " + std::to_string(srv->weight) + " " +
           std::to_string(srv->port) + " " + host(srv->target);
  if (const auto* text = std::get_if<DnsTxt>(&record)) return "\"" + text->text + "\"";
  return to_text(std::get<DnsTlsa>(record));
}

}  // namespace hanse
