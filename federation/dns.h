// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace hanse {

enum class DnsType : std::uint16_t {
  a = 1, ns = 2, cname = 5, soa = 6, ptr = 12, mx = 15, txt = 16, aaaa = 28, srv = 33, tlsa = 52,
};
std::string_view dns_type_name(DnsType type);

struct DnsQuestion {
  std::string name;              // without the last dot, lower case, A-labels
  DnsType type = DnsType::a;
  bool fresh = false;            // do not answer from the cache (smtp M-13)
  bool operator==(const DnsQuestion&) const = default;
};

struct DnsAddress { std::string address; };                      // A, AAAA: text form
struct DnsName { std::string name; };                            // PTR, NS, CNAME
struct DnsMx { std::uint16_t preference = 0; std::string exchange; };  // "" is the root (null MX)
struct DnsSrv { std::uint16_t priority = 0, weight = 0, port = 0; std::string target; };
struct DnsTxt { std::string text; };                             // strings joined
struct DnsTlsa { std::uint8_t usage = 0, selector = 0, matching = 0; std::string data; };
using DnsRecord = std::variant<DnsAddress, DnsName, DnsMx, DnsSrv, DnsTxt, DnsTlsa>;

std::string record_text(const DnsRecord& record);   // as in a zone; the data of long ones cut

enum class DnsStatus : std::uint8_t {
  ok,         // records holds at least one of the asked type
  no_data,    // the name exists, not this type
  no_name,    // NXDOMAIN
};

// A conclusive answer. SERVFAIL, REFUSED, time-outs and broken answers are Errors (try_later).
struct DnsAnswer {
  DnsStatus status = DnsStatus::ok;
  std::vector<DnsRecord> records;   // of the asked type only, CNAMEs already followed
  std::string canonical;            // the name at the end of the CNAME chain
  std::uint32_t ttl_seconds = 0;    // the lowest of the chain, capped (smtp M-12)
  bool secure = false;              // AD bit of a trusted resolver
};

}  // namespace hanse
