// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/dialect.h"

#include "protocols/irc/inspircd.h"
#include "protocols/irc/ngircd.h"
#include "protocols/irc/ts6.h"

namespace hanse::irc {

std::unique_ptr<Dialect> make_dialect(DialectKind kind, const std::string& nonce) {
  switch (kind) {
    case DialectKind::inspircd: return std::make_unique<Inspircd>(nonce);
    case DialectKind::solanum: return std::make_unique<Ts6>(false);
    case DialectKind::hybrid: return std::make_unique<Ts6>(true);
    case DialectKind::ngircd: return std::make_unique<Ngircd>();
    case DialectKind::automatic: break;
  }
  return nullptr;
}

std::unique_ptr<Dialect> dialect_of(const Line& first, const std::string& nonce) {
  if (first.command == "CAPAB" && first.at(0) == "START")
    return make_dialect(DialectKind::inspircd, nonce);
  if (first.command != "PASS") return nullptr;
  if (first.at(1) == "TS") return make_dialect(DialectKind::solanum, nonce);
  if (first.at(1).starts_with("0210")) return make_dialect(DialectKind::ngircd, nonce);
  if (first.parameters == 1) return make_dialect(DialectKind::hybrid, nonce);
  return nullptr;
}

}  // namespace hanse::irc
