// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/address.h"

#include "protocols/smtp/octets.h"
#include "server/base/text.h"
#include "server/base/utf8.h"

namespace hanse::smtp {

namespace {

bool fits(const Address& address) {
  // Measured as it will be written to the next server, where the same limits hold.
  const std::string path = path_text(address);
  const std::size_t local = path.size() - address.domain.size() - 3;
  return local <= local_part_octets_max && path.size() <= path_octets_max;
}

bool is_dot_atom(std::string_view text) {
  bool after_dot = true;
  for (const char octet : text) {
    const bool dot = octet == '.';
    if (dot ? after_dot : !is_atext(octet)) return false;
    after_dot = dot;
  }
  return !after_dot;
}

// Takes the local part off the front of `text`. RFC 5321 4.1.2
bool take_local_part(std::string_view& text, std::string& local) {
  if (!text.empty() && text.front() == '"') {
    for (std::size_t at = 1; at < text.size(); ++at) {
      char octet = text[at];
      if (octet == '"') {
        text.remove_prefix(at + 1);
        return true;
      }
      if (octet == '\\' && ++at < text.size()) octet = text[at];
      if (at >= text.size() || !is_printable(octet)) return false;
      local += octet;
    }
    return false;
  }
  const std::size_t end = text.find('@');
  if (end == std::string_view::npos || !is_dot_atom(text.substr(0, end))) return false;
  local = text.substr(0, end);
  text.remove_prefix(end);
  return true;
}

// S-5: `@a,@b:user@d` means `user@d`; a route that is not well-formed is a syntax error.
bool drop_source_route(std::string_view& text) {
  if (text.empty() || text.front() != '@') return true;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  for (const std::string_view hop : split(text.substr(0, colon), ',')) {
    if (hop.empty() || hop.front() != '@' || !is_domain(hop.substr(1))) return false;
  }
  text.remove_prefix(colon + 1);
  return true;
}

// Where the path ends: the first '>' outside a quoted string.
std::size_t closing_bracket(std::string_view text) {
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (text[at] == '\\' && quoted) ++at;
    if (at < text.size() && text[at] == '>' && !quoted) return at;
  }
  return std::string_view::npos;
}

// The text between the brackets, or a fault.
ParsedPath open_path(std::string_view text, std::string_view& inside) {
  ParsedPath path;
  if (text.empty() || text.front() != '<') {
    path.fault = PathFault::brackets;
    return path;
  }
  const std::size_t end = closing_bracket(text);
  if (end == std::string_view::npos) {
    path.fault = PathFault::brackets;
    return path;
  }
  inside = text.substr(1, end - 1);
  path.rest = text.substr(end + 1);
  if (has_high_octet(inside))
    path.fault = is_utf8(inside) ? PathFault::non_ascii : PathFault::bad_utf8;
  return path;
}

void read_mailbox(std::string_view inside, ParsedPath& path) {
  if (!drop_source_route(inside) || !parse_mailbox(inside, path.address))
    path.fault = PathFault::syntax;
}

}  // namespace

ParsedPath parse_sender_path(std::string_view text) {
  std::string_view inside;
  ParsedPath path = open_path(text, inside);
  path.address.protocol = "smtp";
  if (path.fault != PathFault::none || inside.empty()) return path;
  read_mailbox(inside, path);
  return path;
}

ParsedPath parse_recipient_path(std::string_view text) {
  std::string_view inside;
  ParsedPath path = open_path(text, inside);
  path.address.protocol = "smtp";
  if (path.fault != PathFault::none) return path;
  if (equal_ascii_case(inside, "postmaster")) {  // RFC 5321 4.5.1
    path.address.local = "postmaster";
    return path;
  }
  read_mailbox(inside, path);
  return path;
}

bool parse_mailbox(std::string_view text, Address& address) {
  address.protocol = "smtp";
  address.local.clear();
  if (!take_local_part(text, address.local)) return false;
  if (text.empty() || text.front() != '@') return false;
  text.remove_prefix(1);
  if (!is_domain(text) && !is_address_literal(text)) return false;
  address.domain = lower_ascii(text);
  return fits(address);
}

std::string mailbox_text(const Address& address) {
  std::string out;
  out.reserve(address.local.size() + address.domain.size() + 3);
  if (is_dot_atom(address.local)) {
    out = address.local;
  } else {
    out += '"';
    for (const char octet : address.local) {
      if (octet == '"' || octet == '\\') out += '\\';
      out += octet;
    }
    out += '"';
  }
  if (!address.domain.empty()) out.append("@").append(address.domain);
  return out;
}

std::string path_text(const Address& address) {
  return address.empty() ? "<>" : "<" + mailbox_text(address) + ">";
}

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > domain_octets_max) return false;
  for (const std::string_view label : split(text, '.')) {
    if (label.empty() || label.size() > label_octets_max) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    for (const char octet : label) {
      if (!is_letter_or_digit(octet) && octet != '-') return false;
    }
  }
  return true;
}

bool is_address_literal(std::string_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  if (starts_with_case(text, "IPv6:")) {
    text.remove_prefix(5);
    return text.find(':') != std::string_view::npos && is_ip_address(text);
  }
  return text.find(':') == std::string_view::npos && is_ip_address(text);
}

bool is_greeting_name(std::string_view text) {
  if (is_address_literal(text)) return true;
  if (text.empty() || text.size() > domain_octets_max) return false;
  for (const std::string_view label : split(text, '.')) {
    if (label.empty() || label.size() > label_octets_max) return false;
    for (const char octet : label) {
      if (!is_letter_or_digit(octet) && octet != '-' && octet != '_') return false;
    }
  }
  return true;
}

}  // namespace hanse::smtp
