// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

namespace hanse::net {

void ask_for_staple(SSL* client);   // RFC 6066 8

// Whether the server itself has shown an answer of its authority that says its certificate is
// revoked (xmpp 3.4): one that is signed by that authority or in its name, is about that
// certificate, and holds now. No answer, or one that proves nothing, leaves things as they are.
bool is_revoked(SSL* client);

}  // namespace hanse::net
