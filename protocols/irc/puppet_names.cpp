// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/puppet_names.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "server/base/digest.h"

namespace hanse::irc {
namespace {

constexpr std::size_t digest_signs = 4;

bool is_letter(char one) { return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z'); }
bool is_digit(char one) { return one >= '0' && one <= '9'; }

bool may_be_in_nick(char one) {
  return is_letter(one) || is_digit(one) ||
         std::string_view("-[]\\`_^{|}").find(one) != std::string_view::npos;
}

template <class Allowed>
std::string only(std::string_view text, char instead, Allowed allowed) {
  std::string out(text);
  for (char& one : out) {
    if (!allowed(one)) one = instead;
  }
  return out;
}

}  // namespace

std::string puppet_nick(std::string_view nick, std::string_view network, const DialectFacts& facts,
                        unsigned attempt, std::string_view unique) {
  std::string tail(attempt == 1 ? 2 : 1, facts.nick_separator);
  tail += network;
  std::string digest;
  if (attempt > 1) {
    digest = facts.nick_separator;
    digest += sha256_hex(std::string(unique) + std::to_string(attempt)).substr(0, digest_signs);
  }
  std::string head = only(nick, '_', may_be_in_nick);
  if (head.empty() || is_digit(head.front()) || head.front() == '-') head.insert(0, "_");
  // A network that leaves no room for all keeps what tells people apart, then the beginning of the
  // tail, then the head.
  const std::size_t most = std::max(facts.nick_bytes_max, digest.size() + 2) - digest.size();
  if (tail.size() >= most) tail.resize(most - 1);
  head.resize(std::min(head.size(), most - tail.size()));
  return head + tail + digest;
}

std::string puppet_account(std::string_view account, std::string_view network) {
  if (account.empty()) return {};
  return std::string(account).append("/").append(network);
}

std::string puppet_ident(std::string_view ident, const DialectFacts& facts) {
  if (ident.starts_with('~')) ident.remove_prefix(1);   // says what the home thinks, not who it is
  std::string out = only(ident.substr(0, facts.ident_bytes_max), '_', [](char one) {
    return is_letter(one) || is_digit(one) || one == '_' || one == '-' || one == '.';
  });
  return out.empty() ? "user" : out;
}

std::string puppet_host(std::string_view host, const DialectFacts& facts) {
  const bool slash = facts.nick_separator == '/';
  std::string out = only(host.substr(0, limits::host_bytes_max), '-', [slash](char one) {
    return is_letter(one) || is_digit(one) || one == '-' || one == '.' || one == ':' ||
           (slash && one == '/');
  });
  if (out.starts_with(':')) out.insert(0, "0");   // an IPv6 address must not look like a trailing
  return out.empty() ? "unknown" : out;
}

}  // namespace hanse::irc
