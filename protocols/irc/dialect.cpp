// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/dialect.h"

#include "protocols/irc/inspircd.h"
#include "protocols/irc/irc2.h"
#include "protocols/irc/limits.h"
#include "protocols/irc/ngircd.h"
#include "protocols/irc/remedy.h"
#include "protocols/irc/ts6.h"
#include "server/base/digest.h"
#include "server/base/text.h"

namespace hanse::irc {

Error refuse(std::string what) { return {Fault::refused, std::move(what)}; }

Error its_refusal(const Line& error) {
  return refuse(std::string(its_words) + escape_text(error.at(0), limits::heard_words_bytes_max));
}

std::string sid_here(const DialectFacts& facts, std::string_view sid) {
  if (!facts.has_ids) return {};
  std::string out(sid);
  if (!out.empty() && out.size() < facts.sid_bytes) out.resize(facts.sid_bytes, 'A');
  return out;
}

Result<const NetworkSettings*> know_peer(const NetworkSettings* dialled, std::string_view name,
                                         std::string_view password, HandshakeDesk& desk) {
  const Result<const NetworkSettings*> known = dialled != nullptr ? dialled : desk.admit(name);
  if (!known) return known.error();
  const NetworkSettings& network = **known;
  if (!equal_ascii_case(name, network.peer))
    return refuse("it calls itself " + escape_text(name, 64) + ", not " + network.peer);
  if (!equal_constant_time(password, network.receive_password.text()))
    return refuse(password.empty() ? "it sent no PASS" : "wrong password");
  return &network;
}

std::unique_ptr<Dialect> make_dialect(DialectKind kind, const std::string& nonce) {
  switch (kind) {
    case DialectKind::inspircd: return std::make_unique<Inspircd>(nonce);
    case DialectKind::solanum: return std::make_unique<Ts6>(false);
    case DialectKind::hybrid: return std::make_unique<Ts6>(true);
    case DialectKind::ngircd: return std::make_unique<Ngircd>();
    case DialectKind::irc2: return std::make_unique<Irc2>();
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
  if (first.at(1).starts_with("0211")) return make_dialect(DialectKind::irc2, nonce);
  if (first.parameters == 1) return make_dialect(DialectKind::hybrid, nonce);
  return nullptr;
}

}  // namespace hanse::irc
