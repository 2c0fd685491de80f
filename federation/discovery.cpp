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

std::string_view tls_version_name(TlsVersion version) {
  switch (version) {
    case TlsVersion::usual: return "";
    case TlsVersion::v1_0: return "1.0";
    case TlsVersion::v1_1: return "1.1";
    case TlsVersion::v1_2: return "1.2";
    case TlsVersion::v1_3: return "1.3";
  }
  return "";
}

std::optional<TlsVersion> parse_tls_version(std::string_view text) {
  for (const TlsVersion version :
       {TlsVersion::v1_0, TlsVersion::v1_1, TlsVersion::v1_2, TlsVersion::v1_3})
    if (text == tls_version_name(version)) return version;
  return std::nullopt;
}

// Where something is demanded of a hop, whatever the reason, an old version is none of it.
void demand_of(std::vector<Endpoint>& endpoints, const HopDemand& demand) {
  const bool too_old = demand.tls > TlsLevel::may && demand.tls_min < TlsVersion::v1_2;
  for (Endpoint& one : endpoints) {
    one.identity = demand.identity;
    one.pin = demand.pin;
    one.tls_min = too_old ? TlsVersion::usual : demand.tls_min;
  }
}

std::string to_text(const Endpoint& endpoint) {
  if (endpoint.port == 0) return "unix:" + endpoint.address;
  std::string out;
  if (!endpoint.host.empty() && endpoint.host != endpoint.address) out = endpoint.host + " ";
  return out + "[" + endpoint.address + "]:" + std::to_string(endpoint.port);
}

}  // namespace hanse
