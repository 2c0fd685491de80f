// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/limits.h"

#include "protocols/xmpp/protocol.h"
#include "server/base/fixed_limit.h"

namespace hanse::xmpp {
namespace {

using enum FixedLimit::Unit;

// In the order of limits.h; a test finds what is missing here.
constexpr FixedLimit table[] = {
    {"stream_resume_max", limits::stream_resume_max},
    {"stream_resume_asks_max", limits::stream_resume_asks_max, count},
    {"stream_session_id_octets_max", limits::stream_session_id_octets_max, bytes},
    {"stream_remembered_max", limits::stream_remembered_max, count},
    {"stream_lang_octets_max", limits::stream_lang_octets_max, bytes},
    {"untrusted_element_bytes_max", limits::untrusted_element_bytes_max, bytes},
    {"untrusted_depth_max", limits::untrusted_depth_max, count},
    {"trusted_depth_max", limits::trusted_depth_max, count},
    {"untrusted_nodes_max", limits::untrusted_nodes_max, count},
    {"trusted_nodes_max", limits::trusted_nodes_max, count},
    {"untrusted_attributes_max", limits::untrusted_attributes_max, count},
    {"trusted_attributes_max", limits::trusted_attributes_max, count},
    {"xml_name_bytes_max", limits::xml_name_bytes_max, bytes},
    {"xml_ns_bytes_max", limits::xml_ns_bytes_max, bytes},
    {"xml_namespaces_max", limits::xml_namespaces_max, count},
    {"xml_dictionary_names_max", limits::xml_dictionary_names_max, count},
    {"stanzas_per_question_max", limits::stanzas_per_question_max, count},
    {"quiet_wait", limits::quiet_wait},
    {"taken_wait", limits::taken_wait},
    {"component_taken_wait", limits::component_taken_wait},
    {"works_per_look", limits::works_per_look, count},
    {"short_patience_max", limits::short_patience_max},
    {"presence_patience_max", limits::presence_patience_max},
    {"subscription_patience_max", limits::subscription_patience_max},
    {"error_payload_bytes_max", limits::error_payload_bytes_max, bytes},
    {"untrusted_streams_max", limits::untrusted_streams_max, count},
    {"untrusted_streams_per_source_max", limits::untrusted_streams_per_source_max, count},
    {"untrusted_stream_wait_max", limits::untrusted_stream_wait_max},
    {"untrusted_stream_look_every", limits::untrusted_stream_look_every},
    {"read_burst_bytes_max", limits::read_burst_bytes_max, bytes},
    {"permission_kept_max", limits::permission_kept_max},
    {"messages_remembered_max", limits::messages_remembered_max, count},
    {"message_remembered_max", limits::message_remembered_max},
    {"subscriptions_per_target_at_once", limits::subscriptions_per_target_at_once, count},
    {"subscription_per_target_every", limits::subscription_per_target_every},
    {"joins_per_target_at_once", limits::joins_per_target_at_once, count},
    {"join_per_target_every", limits::join_per_target_every},
    {"srv_targets_max", limits::srv_targets_max, count},
    {"addresses_max", limits::addresses_max, count},
    {"addresses_per_target_max", limits::addresses_per_target_max, count},
    {"pings_open_max", limits::pings_open_max, count},
    {"public_peers_max", limits::public_peers_max, count},
    {"public_peers_named_max", limits::public_peers_named_max, count},
    {"public_peer_asked_again_after", limits::public_peer_asked_again_after},
};

}  // namespace

std::span<const FixedLimit> fixed_limits() { return table; }

}  // namespace hanse::xmpp
