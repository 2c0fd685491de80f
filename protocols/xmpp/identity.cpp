// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/identity.h"

#include <algorithm>
#include <vector>

#include "protocols/xmpp/jid.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

constexpr std::string_view srv_name_type = "1.3.6.1.5.5.7.8.7";    // RFC 4985
constexpr std::string_view xmpp_addr_type = "1.3.6.1.5.5.7.8.5";   // RFC 6120 13.7.1.4
constexpr std::string_view srv_service = "_xmpp-server.";          // also for direct TLS
constexpr std::size_t names_told_max = 5;

// The key as an IP address without brackets; empty when the domain is a name.
std::string address_of(std::string_view key) {
  if (key.starts_with('[')) return canonical_address(key.substr(1, key.size() - 2));
  return canonical_address(key);
}

// RFC 6125 6.4.3: a wildcard is the whole left-most label and stands for exactly one.
bool wildcard_covers(std::string_view pattern, std::string_view key) {
  if (!pattern.starts_with("*.")) return false;
  const std::string_view parent = pattern.substr(2);
  if (parent.find('.') == parent.npos || parent.find('*') != parent.npos) return false;  // *.tld
  const std::size_t dot = key.find('.');
  return dot != key.npos && dot > 0 && equal_ascii_case(key.substr(dot + 1), parent);
}

bool dns_name_covers(std::string_view name, std::string_view key) {
  return equal_ascii_case(name, key) || wildcard_covers(name, key);
}

bool srv_name_covers(std::string_view name, std::string_view key) {
  return starts_with_case(name, srv_service) &&
         equal_ascii_case(name.substr(srv_service.size()), key);
}

bool xmpp_addr_covers(std::string_view text, std::string_view key) {
  const Result<Jid> jid = parse_jid(text);
  return jid && is_domain(*jid) && domain_key(jid->domain) == key;
}

bool has_known_name(const CertificateFacts& certificate) {
  return !certificate.dns_names.empty() || !certificate.ip_addresses.empty() ||
         std::any_of(certificate.other_names.begin(), certificate.other_names.end(),
                     [](const OtherName& name) {
                       return name.type == srv_name_type || name.type == xmpp_addr_type;
                     });
}

Identity unproven(const CertificateFacts& certificate, std::string_view wanted) {
  std::vector<std::string_view> names(certificate.dns_names.begin(),
                                      certificate.dns_names.end());
  for (const OtherName& other : certificate.other_names)
    if (other.type == srv_name_type || other.type == xmpp_addr_type) names.push_back(other.text);
  names.insert(names.end(), certificate.ip_addresses.begin(), certificate.ip_addresses.end());
  if (names.empty()) {
    if (certificate.common_name.empty())
      return {false, "no name, so not " + escape_text(wanted)};
    return {false, "only the common name " + escape_text(certificate.common_name) +
                       ", which does not count"};
  }
  Identity out{false, "names "};
  for (std::size_t i = 0; i < std::min(names.size(), names_told_max); ++i)
    out.story += escape_text(names[i]) + ", ";
  if (names.size() > names_told_max)
    out.story += "and " + std::to_string(names.size() - names_told_max) + " more, ";
  out.story += "not " + escape_text(wanted);
  return out;
}

Identity proven(std::string_view kind, std::string_view name) {
  return {true, std::string(kind) + " " + escape_text(name)};
}

// 3.4: a NUL or a control octet in any name is an attempt to be read in two ways.
constexpr std::string_view malformed_story = "a name with control octets: nothing is believed";

Identity prove_address(const CertificateFacts& certificate, const std::string& address) {
  for (const std::string& name : certificate.ip_addresses)
    if (canonical_address(name) == address) return proven("IP address", name);
  return unproven(certificate, address);
}

}  // namespace

Identity prove_domain(const CertificateFacts& certificate, std::string_view domain,
                      bool common_name) {
  if (certificate.malformed_name) return {false, std::string(malformed_story)};
  const std::string key = domain_key(domain);
  if (key.empty()) return {false, "not a domain: " + escape_text(domain)};
  if (const std::string address = address_of(key); !address.empty())
    return prove_address(certificate, address);
  for (const std::string& name : certificate.dns_names)
    if (dns_name_covers(name, key)) return proven("DNS-ID", name);
  for (const OtherName& name : certificate.other_names) {
    if (name.type == srv_name_type && srv_name_covers(name.text, key))
      return proven("SRV-ID", name.text);
    if (name.type == xmpp_addr_type && xmpp_addr_covers(name.text, key))
      return proven("XmppAddr", name.text);
  }
  if (common_name && !has_known_name(certificate) &&
      equal_ascii_case(certificate.common_name, key))
    return proven("common name", certificate.common_name);
  return unproven(certificate, key);
}

Identity prove_host(const CertificateFacts& certificate, std::string_view host) {
  if (certificate.malformed_name) return {false, std::string(malformed_story)};
  const std::string key = domain_key(host);
  if (!key.empty() && address_of(key).empty()) {
    for (const std::string& name : certificate.dns_names)
      if (dns_name_covers(name, key)) return proven("DNS-ID of the SRV target", name);
  }
  return unproven(certificate, host);
}

}  // namespace hanse::xmpp
