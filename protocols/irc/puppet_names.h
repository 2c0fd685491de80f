// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "protocols/irc/dialect.h"

namespace hanse::irc {

// What a person of one network is called on another, by what is allowed there (irc 9).

// `attempt` 0: "alice|home"; 1: "alice||home", as the first is taken; beyond: with a digest of
// `unique`, which no other person has.
std::string puppet_nick(std::string_view nick, std::string_view network, const DialectFacts& facts,
                        unsigned attempt, std::string_view unique);
// "alice/home": an account of services there is never called so. Empty: none.
std::string puppet_account(std::string_view account, std::string_view network);
std::string puppet_ident(std::string_view ident, const DialectFacts& facts);
std::string puppet_host(std::string_view host, const DialectFacts& facts);

}  // namespace hanse::irc
