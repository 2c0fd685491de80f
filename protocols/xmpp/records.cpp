// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/records.h"

#include <algorithm>

#include "federation/next_hop.h"

namespace hanse::xmpp {

namespace {

// Those the world has to find here: a component that lives behind a server of its own is not one.
std::vector<std::string> reachable_domains(const XmppSettings& settings) {
  std::vector<std::string> out = settings.hosts;
  for (const auto& [domain, component] : settings.components)
    if (component.role == Component::Role::accept) out.push_back(domain);
  for (const XmppSettings::Face& face : settings.faces)
    if (!face.match.starts_with("*")) out.push_back(face.match);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

std::vector<DnsWish> wished_records(const XmppSettings& settings) {
  std::vector<DnsWish> out;
  const std::vector<std::string>& listens = settings.dial.own_endpoints;
  if (listens.empty()) return out;
  // Each port takes both; where there are two, the second is the one for direct TLS.
  const std::uint16_t starttls = parse_next_hop(listens.front()).port;
  const std::uint16_t direct = parse_next_hop(listens.back()).port;
  for (const std::string& domain : reachable_domains(settings)) {
    out.push_back({"_xmpp-server._tcp." + domain, DnsType::srv,
                   DnsSrv{5, 0, starttls, settings.node_domain},
                   "XMPP servers find " + domain + " here (STARTTLS)"});
    out.push_back({"_xmpps-server._tcp." + domain, DnsType::srv,
                   DnsSrv{5, 0, direct, settings.node_domain}, "the same with direct TLS"});
  }
  if (out.empty()) return out;
  out.push_back({settings.node_domain, DnsType::a, DnsAddress{}, "where this node listens"});
  return out;
}

}  // namespace hanse::xmpp
