// SPDX-License-Identifier: Apache-2.0
#include "federation/discovery.h"

namespace hanse {

std::string_view tls_level_name(TlsLevel level) {
  switch (level) {
    case TlsLevel::off: return "off";
    case TlsLevel::may: return "may";
    case TlsLevel::encrypt: return "encrypt";
    case TlsLevel::verify: return "verify";
  }
  return "off";
}

std::optional<TlsLevel> parse_tls_level(std::string_view text) {
  for (const TlsLevel level :
       {TlsLevel::off, TlsLevel::may, TlsLevel::encrypt, TlsLevel::verify})
    if (text == tls_level_name(level)) return level;
  return std::nullopt;
}

void demand_of(std::vector<Endpoint>& endpoints, const HopDemand& demand) {
  for (Endpoint& one : endpoints) {
    one.identity = demand.identity;
    one.pin = demand.pin;
  }
}

std::string to_text(const Endpoint& endpoint) {
  if (endpoint.port == 0) return "unix:" + endpoint.address;
  std::string out;
  if (!endpoint.host.empty() && endpoint.host != endpoint.address) out = endpoint.host + " ";
  return out + "[" + endpoint.address + "]:" + std::to_string(endpoint.port);
}

}  // namespace hanse
