// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/base/time.h"

namespace hanse::irc::limits {

using namespace std::chrono_literals;

// Lines (irc 1.2-1.5). Bytes never count the CR LF.
constexpr std::size_t tag_section_bytes_max = 8191;       // with its '@' and its space
constexpr std::size_t tags_passed_bytes_max = 4096;       // what clients may say in them
constexpr std::size_t msgid_bytes_max = 255;
constexpr std::size_t tags_max = 30;                      // what a TS6 peer may send on one line
constexpr std::size_t body_read_bytes_max = 16 * 1024;
constexpr std::size_t body_write_bytes_max = 510;
constexpr std::size_t body_long_write_bytes_max = 480;    // where a dialect lets lines be split
constexpr std::size_t parameters_max = 64;
constexpr std::size_t parameters_strict_max = 15;         // RFC 2812 2.3.1, TS6
constexpr std::size_t lines_per_message_max = 8;
constexpr std::size_t mode_parameters_max = 12;
static_assert(mode_parameters_max + 3 <= parameters_strict_max);   // channel, its time, letters
constexpr std::size_t mode_line_bytes_max = 400;          // letters and parameters

// Names
constexpr std::size_t server_name_bytes_max = 63;
constexpr std::size_t places_max = 8;                     // addresses of one network
constexpr std::size_t network_name_bytes_max = 16;
constexpr std::size_t channel_name_bytes_max = 50;        // what every dialect takes
constexpr std::size_t host_bytes_max = 63;
constexpr std::size_t realname_bytes_max = 50;

// Timestamps (irc 4.3)
constexpr std::int64_t timestamp_seconds_min = 600;       // below this it is no date
constexpr std::int64_t saved_nick_timestamp_seconds = 100;
constexpr std::int64_t clock_warning_seconds = 15;        // of two clocks

// One network (irc 7). A peer that goes beyond them is refused, not the node brought down.
constexpr std::size_t servers_per_network_max = 1024;
constexpr std::size_t users_per_network_max = 500'000;
constexpr std::size_t channels_per_network_max = 200'000;
constexpr std::size_t channels_per_user_max = 20'000;   // ChanServ is in many
constexpr std::size_t list_entries_per_channel_max = 1000;      // bans and their like
constexpr std::size_t mask_bytes_max = 200;
// What a peer says is kept no longer than this; a nick, an id or a channel that is longer is none.
constexpr std::size_t kept_name_bytes_max = 64;                 // user names, accounts, keys too
constexpr std::size_t kept_host_bytes_max = 255;                // and names of channels
constexpr std::size_t kept_text_bytes_max = 400;                // real names, why somebody is away
constexpr std::size_t kept_topic_bytes_max = 1000;

// One link (irc 7)
constexpr std::size_t outgoing_soft_bytes = 8u * 1024 * 1024;    // who sends more has to wait
constexpr std::size_t outgoing_room_bytes = outgoing_soft_bytes / 2;   // then there is room again
constexpr std::size_t outgoing_hard_bytes = 64u * 1024 * 1024;   // then the link is cut
constexpr std::size_t outgoing_last_bytes = 1024 * 1024;         // still said before an ERROR
constexpr Duration outgoing_patience = 10s;     // of those who wait; and of one that takes nothing
constexpr Duration upkeep_wait = 2s;            // between two looks at a link
constexpr std::size_t outgoing_piece_bytes = 64 * 1024;          // handed to the connection at once
constexpr std::size_t lines_per_turn_max = 512;                  // read, then others have theirs
constexpr Duration flow_wait = 10ms;                             // for a rate that is used up
constexpr std::size_t error_bytes_max = 200;                     // of a text in ERROR
constexpr std::size_t heard_words_bytes_max = 300;               // of its own in our log
constexpr unsigned pings_missed_max = 2;
constexpr std::size_t paced_piece_bytes = 8 * 1024;              // below one read of InspIRCd's
constexpr std::size_t paced_bytes_max = 64 * 1024;               // beyond the last answer
constexpr Duration paced_wait_first = 10ms, paced_wait_last = 1s;
constexpr unsigned drops_per_minute_max = 20;                    // lines that must not be
constexpr std::int64_t departed_seconds = 60;                    // lines about who has gone
constexpr std::size_t departed_most = 10'000;                    // nicks and ids, twice at most
constexpr std::size_t handshake_lines_max = 100;

// Puppets (irc 9)
constexpr unsigned nick_attempts_max = 6;
constexpr std::size_t nick_signs_wanted = 4;              // of a name, beside its network
constexpr std::uint8_t puppet_losses_max = 3;
constexpr std::int64_t puppet_pause_seconds = 60;
constexpr std::int64_t puppet_forgiven_seconds = 3600;           // since the last loss
constexpr std::int64_t puppet_idle_seconds = 60;                 // in no channel, for private talk
constexpr std::int64_t sent_away_seconds = 600;                  // a network, by SQUIT
constexpr std::int64_t split_seconds = 60;                       // who is back then is who he was
constexpr std::size_t split_remembered_max = 10'000;
constexpr std::int64_t puppet_renewal_seconds = 10;              // of who quits to be another
constexpr std::int64_t puppet_unnamed_seconds = 30;              // after a SAVE

// People of networks further away (irc 9)
constexpr unsigned hops_max = 8;
constexpr std::int64_t further_pause_seconds = 600;              // longer than a line is under way

// What is undone where nobody has a claim to it (irc 9)
constexpr std::int64_t undo_window_seconds = 5;
constexpr unsigned undo_window_max = 15;
constexpr std::int64_t undo_pause_seconds = 60;                  // the same thing once
// And what is passed on of one thing that changes to and fro: as many in as long.
constexpr std::size_t wars_known_max = 1000;                     // things watched of one network

// What waits for a network that is down
constexpr std::size_t late_works_max = 256;                      // in the hands of one link
constexpr Duration late_gather_wait = 2s;                        // then no more come at once
constexpr Duration late_pause = 1s;                              // between two lines
constexpr std::int64_t late_kept_burst = 500;                    // lines for one network
constexpr std::int64_t late_kept_per_second = 5;                 // and so many more
constexpr std::int64_t rival_shows_seconds = 60;                 // another node, when we have left
constexpr std::int64_t yield_settled_seconds = 20;
constexpr std::size_t description_bytes_max = 50;                // what every dialect takes

// For operators
constexpr std::size_t view_looks_max = 4096;                     // of slots for one part of a list
constexpr std::size_t shown_bans_max = 5;                        // of those without counterpart
constexpr std::size_t listed_channels_max = 10;                  // of one person

// A look at a place that is no network of ours
constexpr Duration look_quiet_wait = 1500ms;                     // then it has said what it says
constexpr Duration look_time_max = 8s;                           // before TLS, and after
constexpr std::size_t look_lines_max = 12, look_line_bytes_max = 200;
constexpr std::size_t look_addresses_max = 8;

}  // namespace hanse::irc::limits
