// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "server/base/time.h"

// Bounds of this folder; those that were here before it are in server/base/limits.h.
namespace hanse::limits {

// Resumption (XEP-0198 5, xmpp 6.4)
constexpr Duration stream_resume_max = std::chrono::seconds(300);   // after it was lost
constexpr unsigned stream_resume_asks_max = 3;                // for it, on streams that break
constexpr std::size_t stream_session_id_octets_max = 256;     // as the peer names it
constexpr std::size_t stream_remembered_max = 8192;           // stanzas of lost ones that arrived

constexpr std::size_t stream_lang_octets_max = 35;            // BCP 47; a longer one is ignored

// What one stream may hold, before its peer has proved itself and after (xmpp 7.5); how large a
// stanza may be then is a setting.
constexpr std::size_t untrusted_element_bytes_max = 8 * 1024;
constexpr std::size_t untrusted_depth_max = 16, trusted_depth_max = 64;
constexpr std::size_t untrusted_nodes_max = 64, trusted_nodes_max = 20'000;
constexpr std::size_t untrusted_attributes_max = 32, trusted_attributes_max = 64;
constexpr std::size_t xml_name_bytes_max = 256;               // of an element, an attribute
constexpr std::size_t xml_ns_bytes_max = 1024;
constexpr std::size_t xml_namespaces_max = 64;                // in scope
constexpr std::size_t xml_dictionary_names_max = 8192;        // then the parser is made anew (7.6)

// Sending
constexpr unsigned stanzas_per_question_max = 50;             // not acknowledged (xmpp 6.2)
constexpr Duration quiet_wait = std::chrono::seconds(10);     // nothing broke: arrived (5.3)
constexpr Duration component_taken_wait = std::chrono::milliseconds(100);   // while it takes
constexpr std::size_t works_per_look = 32;                    // written to a component
constexpr Duration taken_wait = std::chrono::seconds(1);      // between two looks at TCP for that
constexpr Duration short_patience_max = std::chrono::seconds(60);   // probes, errors, iq (xmpp 5)
constexpr Duration presence_patience_max = std::chrono::minutes(5);
constexpr Duration subscription_patience_max = std::chrono::hours(24);
constexpr std::size_t error_payload_bytes_max = 8 * 1024;     // of an iq, that its error repeats

// Streams that have proved nothing yet (9.3); one more waits for the end of another
constexpr std::size_t untrusted_streams_max = 512;
constexpr std::size_t untrusted_streams_per_source_max = 8;   // IPv4 address or IPv6 /64
constexpr Duration untrusted_stream_wait_max = std::chrono::seconds(10);
constexpr Duration untrusted_stream_look_every = std::chrono::milliseconds(100);

// Receiving
constexpr std::size_t read_burst_bytes_max = 1024 * 1024;     // beyond the rate, at once (9.3)
constexpr Duration permission_kept_max = std::chrono::seconds(1);
constexpr std::size_t messages_remembered_max = 262'144;      // committed, should they come again
constexpr Duration message_remembered_max = std::chrono::minutes(15);   // (5.3)
// Of one domain for one target: a user, a room (9.3). Joins come in crowds when a server restarts.
constexpr unsigned subscriptions_per_target_at_once = 30;
constexpr Duration subscription_per_target_every = std::chrono::seconds(2);
constexpr unsigned joins_per_target_at_once = 300;
constexpr Duration join_per_target_every = std::chrono::milliseconds(200);

// Discovery
constexpr std::size_t srv_targets_max = 16;                   // that are looked at
constexpr std::size_t addresses_max = 16;                     // over all targets (xmpp 1.5)
constexpr std::size_t addresses_per_target_max = 8;           // one leaves room for the others

constexpr std::size_t pings_open_max = 16384;                 // of streams that were quiet (9.1)

// XEP-0485.
constexpr std::size_t public_peers_max = 16384;               // pairs of domains that are counted
constexpr std::size_t public_peers_named_max = 512;           // in one answer
constexpr Duration public_peer_asked_again_after = std::chrono::hours(1);

}  // namespace hanse::limits
