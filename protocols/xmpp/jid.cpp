// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/jid.h"

#include <algorithm>
#include <array>

#include "protocols/xmpp/precis.h"
#include "server/base/idna.h"
#include "server/base/limits.h"
#include "server/base/network_address.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

constexpr std::size_t part_octets_max = limits::jid_part_octets_max;
constexpr std::size_t raw_octets_max = 4 * part_octets_max;  // mapping shortens to a third at most
constexpr std::string_view forbidden_in_local = "\"&'/:<>@";  // RFC 7622 3.3.1

// What an octet is to the fast paths. 0: not there, leave it to the slow one.
enum : std::uint8_t { in_local = 1, in_domain = 2, in_resource = 4, upper_case = 8 };

constexpr std::array<std::uint8_t, 256> make_octets() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned octet = 0x20; octet < 0x7f; ++octet) {
    const char c = static_cast<char>(octet);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    std::uint8_t kinds = in_resource;
    if (c != ' ' && forbidden_in_local.find(c) == forbidden_in_local.npos) kinds |= in_local;
    if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.') kinds |= in_domain;
    if (c >= 'A' && c <= 'Z') kinds |= upper_case;
    table[octet] = kinds;
  }
  return table;
}
constexpr std::array<std::uint8_t, 256> octets = make_octets();

struct Look {
  bool plain = true;   // every octet is of the wanted kind
  bool upper = false;
};

Look look_at(std::string_view text, std::uint8_t wanted) {
  std::uint8_t all = 0xff, any = 0;
  for (const char c : text) {
    const std::uint8_t kinds = octets[static_cast<unsigned char>(c)];
    all = static_cast<std::uint8_t>(all & kinds);
    any = static_cast<std::uint8_t>(any | kinds);
  }
  return {(all & wanted) != 0, (any & upper_case) != 0};
}

Error malformed(std::string_view part, std::string_view text, std::string_view why) {
  return Error{Fault::never, std::string(part) + " \"" + escape_text(text, 80) + "\": " +
                                 std::string(why)};
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

constexpr std::size_t name_octets_max = 253;   // RFC 1035 2.3.4

enum class Labels : std::uint8_t { good, bad, encoded };  // encoded: one begins with xn--

// Of letters, digits and hyphens.
Labels look_at_label(std::string_view label) {
  constexpr std::size_t label_octets_max = 63;  // RFC 1035 2.3.4
  if (label.empty() || label.size() > label_octets_max) return Labels::bad;
  if (label.front() == '-' || label.back() == '-') return Labels::bad;
  const bool encoded = label.size() >= 4 && label[2] == '-' && starts_with_case(label, "xn--");
  return encoded ? Labels::encoded : Labels::good;
}

// Over a name of letters, digits, hyphens and dots, label by label without splitting.
Labels look_at_labels(std::string_view name) {
  if (name.size() > name_octets_max) return Labels::bad;
  Labels out = Labels::good;
  for (std::size_t start = 0;;) {
    const std::size_t end = std::min(name.find('.', start), name.size());
    const std::string_view label = name.substr(start, end - start);
    const Labels one = look_at_label(label);
    if (one == Labels::bad) return one;
    if (one == Labels::encoded) out = one;
    // A last label of digits is no name: resolvers take such things for addresses.
    if (end == name.size()) return is_digits(label) ? Labels::bad : out;
    start = end + 1;
  }
}

Result<std::string> prepare_literal(std::string_view text) {
  const std::string_view inside = text.substr(1, text.size() - 2);
  const std::string address = canonical_address(inside);
  if (!text.ends_with(']') || inside.find(':') == inside.npos || address.empty())
    return malformed("domain", text, "no IPv6 literal");
  return "[" + address + "]";
}

Result<std::string> prepare_international(std::string_view text) {
  if (text.size() > raw_octets_max) return malformed("domain", text, "too long");
  Result<std::string> name = to_unicode_domain(text);
  if (!name) return malformed("domain", text, name.error().what);
  if (name->ends_with('.')) name->pop_back();  // a dot of another script
  if (name->size() > part_octets_max) return malformed("domain", text, "too long");
  // UTS 46 lets symbols pass that IDNA2008 does not; what has no A-labels has no DNS either.
  const Result<std::string> ascii = to_ascii_domain(*name);
  if (!ascii) return malformed("domain", text, "not a domain name");
  // Digits and dots of another width have become an address or a name that may be none.
  if (look_at(*name, in_domain).plain) return prepare_domain(*name);
  if (look_at_labels(*ascii) == Labels::bad)
    return malformed("domain", text, "not a domain name");
  return name;
}

void copy_lower(std::string_view text, bool upper, std::string& out) {
  out.assign(text);
  if (!upper) return;
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
}

// The fast paths: false when the part is not plain ASCII, or not good.
bool take_plain_local(std::string_view text, std::string& out) {
  if (text.empty() || text.size() > part_octets_max) return false;
  const Look look = look_at(text, in_local);
  if (look.plain) copy_lower(text, look.upper, out);
  return look.plain;
}

// One pass: every stanza brings two of them.
bool take_plain_domain(std::string_view text, std::string& out) {
  if (text.ends_with('.')) text.remove_suffix(1);  // RFC 7622 3.2
  if (text.size() > name_octets_max) return false;
  std::uint8_t all = in_domain, any = 0;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::uint8_t kinds = octets[static_cast<unsigned char>(text[at])];
    all = static_cast<std::uint8_t>(all & kinds);
    any = static_cast<std::uint8_t>(any | kinds);
    if (text[at] != '.') continue;
    if (look_at_label(text.substr(start, at - start)) != Labels::good) return false;
    start = at + 1;
  }
  const std::string_view last = text.substr(start);
  if (all == 0 || look_at_label(last) != Labels::good || is_digits(last)) return false;
  copy_lower(text, (any & upper_case) != 0, out);
  return true;
}

bool take_plain_resource(std::string_view text, std::string& out) {
  if (text.empty() || text.size() > part_octets_max) return false;
  if (!look_at(text, in_resource).plain) return false;
  out.assign(text);
  return true;
}

Result<std::string> prepare_local(std::string_view text) {
  if (text.empty()) return malformed("localpart", text, "empty");
  if (text.size() > raw_octets_max) return malformed("localpart", text, "too long");
  Result<std::string> out = prepare_username(text);
  if (!out) return malformed("localpart", text, out.error().what);
  if (out->empty() || out->size() > part_octets_max)
    return malformed("localpart", text, "too long or empty");
  if (out->find_first_of(forbidden_in_local) != out->npos)
    return malformed("localpart", text, "a character no name may hold");
  return out;
}

Result<std::string> prepare_resource(std::string_view text) {
  if (text.empty()) return malformed("resource", text, "empty");
  if (text.size() > raw_octets_max) return malformed("resource", text, "too long");
  Result<std::string> out = prepare_opaque(text);
  if (!out) return malformed("resource", text, out.error().what);
  if (out->empty() || out->size() > part_octets_max)
    return malformed("resource", text, "too long or empty");
  return out;
}

}  // namespace

Result<Jid> parse_jid(std::string_view text) {
  // RFC 7622 3.1: the first slash, then the first at-sign before it.
  const std::size_t slash = text.find('/');
  std::string_view address = text.substr(0, slash);
  Result<Jid> out{Jid{}};
  if (const std::size_t at = address.find('@'); at != address.npos) {
    if (const std::string_view part = address.substr(0, at); !take_plain_local(part, out->local)) {
      Result<std::string> local = prepare_local(part);
      if (!local) return std::move(local).error();
      out->local = *std::move(local);
    }
    address.remove_prefix(at + 1);
  }
  if (!take_plain_domain(address, out->domain)) {
    Result<std::string> domain = prepare_domain(address);
    if (!domain) return std::move(domain).error();
    out->domain = *std::move(domain);
  }
  if (slash == text.npos) return out;
  if (const std::string_view part = text.substr(slash + 1);
      !take_plain_resource(part, out->resource)) {
    Result<std::string> resource = prepare_resource(part);
    if (!resource) return std::move(resource).error();
    out->resource = *std::move(resource);
  }
  return out;
}

std::string bare(const Jid& jid) {
  std::string out;
  out.reserve(jid.local.size() + 1 + jid.domain.size());
  if (!jid.local.empty()) out.append(jid.local) += '@';
  return out += jid.domain;
}

std::string to_text(const Jid& jid) {
  std::string out;
  out.reserve(jid.local.size() + jid.domain.size() + jid.resource.size() + 2);
  if (!jid.local.empty()) out.append(jid.local) += '@';
  out += jid.domain;
  if (!jid.resource.empty()) (out += '/') += jid.resource;
  return out;
}

Result<std::string> prepare_domain(std::string_view text) {
  std::string plain;
  if (take_plain_domain(text, plain)) return plain;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return malformed("domain", text, "empty");
  if (text.front() == '[') return prepare_literal(text);
  if (!look_at(text, in_domain).plain || look_at_labels(text) == Labels::encoded)
    return prepare_international(text);
  if (is_ip_address(text)) return std::string(text);
  return malformed("domain", text, "not a domain name");
}

std::string domain_key(std::string_view domain) {
  std::string plain;
  if (take_plain_domain(domain, plain)) return plain;
  const Result<std::string> prepared = prepare_domain(domain);
  if (!prepared) return {};
  if (prepared->front() == '[' || look_at(*prepared, in_domain).plain) return *prepared;
  return to_ascii_domain(*prepared).value_or({});
}

std::string prepared_key(std::string_view prepared) {
  const Look look = look_at(prepared, in_domain);
  const bool as_is = look.plain && !look.upper && !prepared.ends_with('.');
  return as_is ? std::string(prepared) : domain_key(prepared);
}

}  // namespace hanse::xmpp
