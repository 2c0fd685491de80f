// SPDX-License-Identifier: Apache-2.0
#include "server/base/idna.h"

#include <idn2.h>

#include <algorithm>

#include "server/base/text.h"

namespace hanse {

namespace {

constexpr std::size_t domain_octets_max = 253;   // RFC 1035 2.3.4, without the last dot
constexpr std::size_t label_octets_max = 63;

bool is_name_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_name(std::string_view domain) {
  if (domain.empty() || domain.size() > domain_octets_max) return false;
  for (const std::string_view label : split(domain, '.')) {
    if (label.empty() || label.size() > label_octets_max) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), is_name_octet)) return false;
  }
  return true;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0 && c < 0x7f; });
}

}  // namespace

Result<std::string> to_ascii_domain(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  std::string name;
  if (is_ascii(domain)) {
    name = lower_ascii(domain);
  } else if (domain.size() <= 4 * domain_octets_max && domain.find('\0') == domain.npos) {
    char* converted = nullptr;
    const std::string text(domain);
    // RFC 5891, and UTS 46 mapping of case and width as RFC 5895 allows.
    const int code = idn2_to_ascii_8z(text.c_str(), &converted, IDN2_NONTRANSITIONAL);
    if (code == IDN2_OK) name = lower_ascii(converted);
    idn2_free(converted);
    if (code != IDN2_OK)
      return Error{Fault::never, std::string("not a domain name: ") + idn2_strerror(code)};
  }
  if (!is_name(name)) return Error{Fault::never, "not a domain name: " + escape_text(domain)};
  return name;
}

std::string plain_domain(std::string_view domain) {
  if (is_ascii(domain)) return lower_ascii(domain);
  return to_ascii_domain(domain).value_or(lower_ascii(domain));
}

}  // namespace hanse
