// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/protocol.h"
#include "protocols/protocol.h"
#include "protocols/smtp/protocol.h"
#include "protocols/xmpp/protocol.h"

namespace hanse {

// The one list. A new protocol is a folder beside smtp/ and a line here.
std::span<const Protocol* const> protocols() {
  static const Protocol* const all[] = {
      &smtp::protocol(),
      &xmpp::protocol(),
      &irc::protocol(),
  };
  return all;
}

}  // namespace hanse
