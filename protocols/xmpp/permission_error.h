// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/permission.h"
#include "protocols/xmpp/errors.h"

namespace hanse::xmpp {

// What the sender of a stanza hears when it may not pass (xmpp 4.6). Null: no decision was made.
inline StanzaError permission_error(const Permission* permission, const std::string& by) {
  using Answer = Permission::Answer;
  if (permission == nullptr) return {"internal-server-error", "wait", {}, by};
  switch (permission->answer) {
    case Answer::not_now: return {"not-allowed", "cancel", {}, by};   // the other one is blocked
    case Answer::yes:
    case Answer::peer_limited:
    case Answer::full: return {"resource-constraint", "wait", {}, by};
    case Answer::no_relay:
    case Answer::peer_refused: return {"forbidden", "cancel", {}, by};
    case Answer::no_such_address: break;
  }
  return {"service-unavailable", "cancel", {}, by};
}

}  // namespace hanse::xmpp
