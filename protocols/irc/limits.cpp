// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/limits.h"

#include "protocols/irc/protocol.h"
#include "server/base/fixed_limit.h"

namespace hanse::irc {
namespace {

using enum FixedLimit::Unit;

// In the order of limits.h; a test finds what is missing here.
constexpr FixedLimit table[] = {
    {"tag_section_bytes_max", limits::tag_section_bytes_max, bytes},
    {"tags_passed_bytes_max", limits::tags_passed_bytes_max, bytes},
    {"msgid_bytes_max", limits::msgid_bytes_max, bytes},
    {"tags_max", limits::tags_max, count},
    {"body_read_bytes_max", limits::body_read_bytes_max, bytes},
    {"body_write_bytes_max", limits::body_write_bytes_max, bytes},
    {"body_long_write_bytes_max", limits::body_long_write_bytes_max, bytes},
    {"parameters_max", limits::parameters_max, count},
    {"parameters_strict_max", limits::parameters_strict_max, count},
    {"lines_per_message_max", limits::lines_per_message_max, count},
    {"mode_parameters_max", limits::mode_parameters_max, count},
    {"mode_line_bytes_max", limits::mode_line_bytes_max, bytes},
    {"server_name_bytes_max", limits::server_name_bytes_max, bytes},
    {"places_max", limits::places_max, count},
    {"network_name_bytes_max", limits::network_name_bytes_max, bytes},
    {"channel_name_bytes_max", limits::channel_name_bytes_max, bytes},
    {"host_bytes_max", limits::host_bytes_max, bytes},
    {"realname_bytes_max", limits::realname_bytes_max, bytes},
    {"timestamp_seconds_min", limits::timestamp_seconds_min, count},
    {"saved_nick_timestamp_seconds", limits::saved_nick_timestamp_seconds, count},
    {"clock_warning_seconds", limits::clock_warning_seconds, count},
    {"servers_per_network_max", limits::servers_per_network_max, count},
    {"users_per_network_max", limits::users_per_network_max, count},
    {"channels_per_network_max", limits::channels_per_network_max, count},
    {"channels_per_user_max", limits::channels_per_user_max, count},
    {"list_entries_per_channel_max", limits::list_entries_per_channel_max, count},
    {"mask_bytes_max", limits::mask_bytes_max, bytes},
    {"kept_name_bytes_max", limits::kept_name_bytes_max, bytes},
    {"kept_host_bytes_max", limits::kept_host_bytes_max, bytes},
    {"kept_text_bytes_max", limits::kept_text_bytes_max, bytes},
    {"kept_topic_bytes_max", limits::kept_topic_bytes_max, bytes},
    {"outgoing_soft_bytes", limits::outgoing_soft_bytes, bytes},
    {"outgoing_room_bytes", limits::outgoing_room_bytes, bytes},
    {"outgoing_hard_bytes", limits::outgoing_hard_bytes, bytes},
    {"outgoing_last_bytes", limits::outgoing_last_bytes, bytes},
    {"outgoing_patience", limits::outgoing_patience},
    {"upkeep_wait", limits::upkeep_wait},
    {"outgoing_piece_bytes", limits::outgoing_piece_bytes, bytes},
    {"lines_per_turn_max", limits::lines_per_turn_max, count},
    {"flow_wait", limits::flow_wait},
    {"error_bytes_max", limits::error_bytes_max, bytes},
    {"heard_words_bytes_max", limits::heard_words_bytes_max, bytes},
    {"pings_missed_max", limits::pings_missed_max, count},
    {"paced_piece_bytes", limits::paced_piece_bytes, bytes},
    {"paced_bytes_max", limits::paced_bytes_max, bytes},
    {"paced_wait_first", limits::paced_wait_first},
    {"paced_wait_last", limits::paced_wait_last},
    {"drops_per_minute_max", limits::drops_per_minute_max, count},
    {"departed_seconds", limits::departed_seconds, count},
    {"departed_most", limits::departed_most, count},
    {"handshake_lines_max", limits::handshake_lines_max, count},
    {"nick_attempts_max", limits::nick_attempts_max, count},
    {"nick_signs_wanted", limits::nick_signs_wanted, count},
    {"puppet_losses_max", limits::puppet_losses_max, count},
    {"puppet_pause_seconds", limits::puppet_pause_seconds, count},
    {"puppet_forgiven_seconds", limits::puppet_forgiven_seconds, count},
    {"puppet_idle_seconds", limits::puppet_idle_seconds, count},
    {"sent_away_seconds", limits::sent_away_seconds, count},
    {"split_seconds", limits::split_seconds, count},
    {"split_remembered_max", limits::split_remembered_max, count},
    {"puppet_renewal_seconds", limits::puppet_renewal_seconds, count},
    {"puppet_unnamed_seconds", limits::puppet_unnamed_seconds, count},
    {"hops_max", limits::hops_max, count},
    {"further_pause_seconds", limits::further_pause_seconds, count},
    {"undo_window_seconds", limits::undo_window_seconds, count},
    {"undo_window_max", limits::undo_window_max, count},
    {"undo_pause_seconds", limits::undo_pause_seconds, count},
    {"wars_known_max", limits::wars_known_max, count},
    {"late_works_max", limits::late_works_max, count},
    {"late_gather_wait", limits::late_gather_wait},
    {"late_pause", limits::late_pause},
    {"late_kept_burst", limits::late_kept_burst, count},
    {"late_kept_per_second", limits::late_kept_per_second, count},
    {"rival_shows_seconds", limits::rival_shows_seconds, count},
    {"yield_settled_seconds", limits::yield_settled_seconds, count},
    {"description_bytes_max", limits::description_bytes_max, bytes},
    {"view_looks_max", limits::view_looks_max, count},
    {"shown_bans_max", limits::shown_bans_max, count},
    {"listed_channels_max", limits::listed_channels_max, count},
    {"look_quiet_wait", limits::look_quiet_wait},
    {"look_time_max", limits::look_time_max},
    {"look_lines_max", limits::look_lines_max, count},
    {"look_line_bytes_max", limits::look_line_bytes_max, bytes},
    {"look_addresses_max", limits::look_addresses_max, count},
};

}  // namespace

std::span<const FixedLimit> fixed_limits() { return table; }

}  // namespace hanse::irc
