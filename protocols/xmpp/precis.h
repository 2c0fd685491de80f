// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "server/base/result.h"

namespace hanse::xmpp {

// The seam to ICU: everything about text beyond ASCII. Input is any bytes, output is UTF-8. Pure;
// the caller bounds the length.

// RFC 8265 3.3, UsernameCaseMapped: width and case mapped, NFC, IdentifierClass, Bidi rule.
Result<std::string> prepare_username(std::string_view text);

// RFC 8265 4.2, OpaqueString: NFC, every space U+0020, FreeformClass. Code points that our tables
// do not know yet pass: the peer's tables may be newer (xmpp 10.6).
Result<std::string> prepare_opaque(std::string_view text);

// U-labels of a domain by UTS 46, non-transitional, with CheckBidi, ContextJ and STD3.
Result<std::string> to_unicode_domain(std::string_view domain);

}  // namespace hanse::xmpp
