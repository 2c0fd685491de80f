// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "server/base/time.h"

// Bounds of resumption (XEP-0198 5, xmpp 6.4); what all protocols share, and the other bounds of
// streams, are in server/base/limits.h.
namespace hanse::limits {

constexpr Duration stream_resume_max = std::chrono::seconds(300);   // after it was lost
constexpr unsigned stream_resume_asks_max = 3;                // for it, on streams that break
constexpr std::size_t stream_session_id_octets_max = 256;     // as the peer names it
constexpr std::size_t stream_remembered_max = 8192;           // stanzas of lost ones that arrived

constexpr std::size_t stream_lang_octets_max = 35;            // BCP 47; a longer one is ignored

// XEP-0485.
constexpr std::size_t public_peers_max = 16384;               // pairs of domains that are counted
constexpr std::size_t public_peers_named_max = 512;           // in one answer
constexpr Duration public_peer_asked_again_after = std::chrono::hours(1);

}  // namespace hanse::limits
