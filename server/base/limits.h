// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "server/base/time.h"

// Every bound that is not a setting, with its unit last. Settings have their bounds in the option
// tables; `hanse limits` shows both.
namespace hanse::limits {

using namespace std::chrono_literals;

// Sessions
constexpr std::size_t asks_open_max = 256;                    // questions of one engine
constexpr std::size_t input_held_bytes_max = 64 * 1024;       // input kept while a question is open
constexpr std::size_t output_high_bytes = 256 * 1024;         // stop feeding a session's output
constexpr std::size_t output_full_bytes = 512 * 1024;         // read no more: only asks for more
constexpr std::size_t output_low_bytes = 64 * 1024;           // feed it again
constexpr std::size_t output_bytes_max = 2 * 1024 * 1024;     // a session over this is closed
constexpr std::size_t timers_per_engine_max = 8;
constexpr std::size_t feed_bytes_max = 1024 * 1024;           // handed on, not gone: read no more
constexpr std::size_t feed_bytes_low = 512 * 1024;            // read again
constexpr std::size_t feed_message_bytes = 1024;              // of a message, beside its body
constexpr Duration feed_pause_max = 2s;                       // then read on: the disk has room

// Bodies
constexpr std::size_t body_inline_bytes_max = 64 * 1024;      // larger ones live in files (D4)
constexpr std::size_t body_memory_bytes_max = 256 * 1024;     // larger ones stream while received
constexpr std::size_t body_chunk_bytes = 128 * 1024;          // one Keep or Fetch

// Queue and store
constexpr std::size_t store_mailbox_items_max = 16384;
constexpr std::size_t shard_mailbox_items_max = 65536;
constexpr std::size_t commit_items_max = 256;                 // one group commit (D3)
constexpr Duration commit_wait_max = 2ms;
constexpr Duration settle_wait_max = 10ms;                    // results ride with accepts this long
constexpr std::size_t recipients_per_message_max = 1000;
constexpr std::size_t lane_memory_items_max = 512;            // work a lane holds outside the store
constexpr std::size_t bodies_in_memory_bytes_max = 64u * 1024 * 1024;  // per shard
constexpr std::size_t claim_items_max = 64;
constexpr std::size_t attempts_kept_max = 256;                // shown by `queue why`
constexpr std::size_t crashes_until_quarantine = 3;           // D7
constexpr std::size_t history_messages_max = 1'000'000;       // finished ones, whatever their age
constexpr std::size_t audit_rows_max = 100'000;
constexpr std::size_t segment_bytes_max = 32u * 1024 * 1024;     // then the next one is begun
constexpr std::size_t log_checkpoint_bytes = 16u * 1024 * 1024;  // the write-ahead log moves then

// Lanes
constexpr std::size_t lanes_max = 65536;
constexpr std::size_t legacies_max = 4096;                    // that connections left, of a shard
constexpr std::size_t legacies_bytes_max = 16u * 1024 * 1024; // of all these
constexpr std::size_t legacies_per_place_max = 16;            // of these, for one peer
constexpr Duration legacy_kept_max = 15min;                   // for whoever comes in its place
constexpr std::size_t endpoints_per_lane_max = 64;
constexpr std::size_t name_check_addresses_max = 16;           // of our own name (smtp C-1)
constexpr Duration endpoints_kept_max = 300s;                 // discovery result is reused so long
constexpr Duration attempt_max = 600s;  // one attempt over all endpoints (M-9)
constexpr Duration connection_attempt_delay = 250ms;          // between addresses (RFC 8305 5)
constexpr Duration resolution_delay = 50ms;                   // for the other family (RFC 8305 3)
constexpr Duration dead_family_kept = 10min;                  // IPv4 or IPv6 out of reach (M-8)
constexpr Duration dead_name_kept_max = 60s;                  // "no such domain" is reused so long
constexpr Duration extra_link_pause = 30s;                    // after a further link was refused
constexpr Duration claim_pause = 1s;                          // after the store was too busy
constexpr Duration ramp_slot = 10s;                           // after an outage (operations 2)
constexpr std::size_t ramp_first_works = 32;                  // started in the first slot
constexpr std::size_t ramp_last_works = 65536;                // a slot of more is no bound any more
constexpr std::size_t lanes_sweep_least = 256;                // idle lanes are forgotten from here
constexpr std::size_t lookalikes_told_max = 1024;             // names warned of, once each
constexpr auto jump_least = 60'000ms;                         // of the wall clock (D8)
constexpr Duration jump_kept = 120h;                          // mail is not aged by it so long
constexpr Duration standing_link_least = 30s;                 // a link that is kept up works then
constexpr Duration exchange_tick = 1s;                        // bounces, works no mailbox took
constexpr Duration report_wait = 60s;  // one bounce for failures within (B-5)
constexpr std::size_t reports_open_max = 16;                  // bounces being made at once
constexpr std::size_t report_head_bytes_max = 64 * 1024;
constexpr std::size_t works_returned_max = 8;                 // links that gave one work back
constexpr std::size_t lane_storing_items_max = 1024;          // being stored: they cannot leave
constexpr std::size_t lane_spill_items_max = 16384;           // waiting to be stored for that

constexpr std::size_t lanes_per_connection_max = 256;         // that one incoming one serves
constexpr Duration contest_answer_max = 5s;                   // of a peer whose place is wanted
constexpr Duration contest_wait_max = 16s;                    // for that and for its last words

// DNS
constexpr std::size_t dns_message_bytes_max = 65535;
constexpr std::size_t dns_records_max = 64;
constexpr std::size_t dns_cname_links_max = 8;
constexpr std::size_t dns_cache_entries_max = 8192;
constexpr std::size_t dns_questions_open_max = 1024;
constexpr Duration dns_ttl_min = 30s, dns_ttl_max = 24h;      // smtp M-12
constexpr Duration dns_negative_ttl_max = 15min;
constexpr std::size_t dns_query_udp_bytes = 1232;             // EDNS: fits every path unfragmented

// Mail, receiving side
constexpr std::size_t mail_commands_max = 100;                // without a finished message (S-12)
constexpr std::size_t mail_idle_commands_max = 20;            // RSET, NOOP, VRFY; more are errors
constexpr std::size_t mail_refused_data_errors_max = 3;       // behind a refused DATA (D-16)
constexpr std::size_t mail_oversize_octets_max = 64 * 1024 * 1024;  // eaten beyond size_max (D-8)
constexpr Duration mail_content_start_max = 60s;              // then a least rate counts (D-17)
constexpr Duration mail_question_wait_max = 60s;              // for our own answers (D-14)
constexpr Duration mail_recipient_wait_max = 5s;              // for the MX of a recipient (M-4)
constexpr Duration mail_crowded_wait_max = 10s;               // any wait, when connections run out
constexpr Duration mail_tls_wait_max = 60s;                   // for the handshake (D-17)

// XMPP
constexpr std::size_t jid_part_octets_max = 1023;             // RFC 7622 3, after preparation
constexpr std::size_t dialback_pairs_max = 1000;              // of one stream (xmpp 3.14)
constexpr std::size_t dialback_verifies_max = 32;             // open on one stream (3.10)
constexpr std::size_t dialback_verifies_per_source_max = 256; // open for one address (3.10)
constexpr unsigned dialback_vouches_per_second_max = 20;      // answered to one address (3.12)
constexpr std::size_t dane_hosts_max = 8;                     // of a domain that comes to us
constexpr std::size_t dane_records_max = 64;                  // of all of them
constexpr Duration dialback_wait_max = 60s;                   // for an answer (3.9, 3.10)
constexpr unsigned dialback_strikes_max = 3;                  // answers nobody asked for (3.11)
constexpr unsigned sasl_failures_max = 3;                     // of one stream (3.7)

// XML streams; what one stream may hold is in its xml::StreamLimits
constexpr std::size_t xml_declaration_bytes_max = 256;
constexpr std::size_t xml_parser_bytes_kept_max = 16 * 1024;  // read for one element; then anew
constexpr std::size_t xml_parser_busy_bytes = 2048;           // read at once: it is kept for more

// Streams between servers, receiving side
constexpr std::size_t stream_held_bytes_max = 256 * 1024;     // input behind an open question
constexpr std::size_t stream_untrusted_bytes_max = 64 * 1024; // before authentication (xmpp 7.5)
constexpr std::size_t stream_untrusted_spaces_per_second_max = 1024;
constexpr std::size_t stream_submits_open_max = 192;          // commits awaited by one stream
constexpr std::size_t stream_submit_bytes_open_max = 1024 * 1024;
constexpr Duration stream_farewell_wait_max = 5s;             // for the peer's own end (2.7)


// Configuration
constexpr std::size_t config_file_bytes_max = 1024 * 1024;
constexpr std::size_t config_files_max = 1000;                // one file and its conf.d
constexpr std::size_t config_depth_max = 16;                  // dots of a key, open brackets
constexpr std::size_t config_text_bytes_max = 4096;           // one text value
constexpr std::size_t config_list_items_max = 10'000;
constexpr std::size_t config_problems_max = 1000;             // told at once
constexpr std::size_t secret_bytes_max = 256 * 1024;

// Network
constexpr std::size_t socket_read_bytes = 64 * 1024;          // one read; shared by a shard
constexpr std::size_t last_words_bytes_max = 8u * 1024 * 1024;  // heard of a peer that is gone
constexpr unsigned reads_per_turn_max = 4;                    // then the other connections
constexpr unsigned accepts_per_turn_max = 64;
constexpr std::size_t rate_prefixes_max = 32768;              // sources counted in one minute
constexpr std::size_t output_kept_bytes_max = 4096;           // larger buffers are freed after use
constexpr std::size_t nonce_bytes = 32;                       // given to every engine
constexpr Duration deadline_sweep_every = 100ms;
constexpr Duration goodbye_wait_max = 10s;                    // last output of a closing connection
constexpr Duration linger_wait_max = 2s;                      // then for the peer's own end
constexpr Duration memory_look_every = 1s;                    // at the memory of the process
constexpr std::size_t memory_quiet_bytes = 4096;              // who holds no more is not noisy
constexpr Duration descriptors_wait = 1s;                     // none left: stop accepting

// TLS
constexpr std::size_t certificate_list_bytes_max = 100 * 1024;   // shown by a peer
constexpr std::size_t certificates_per_chain_max = 16;        // read of those
constexpr std::size_t certificate_names_max = 128;            // of one kind in one certificate
constexpr std::size_t certificate_text_octets_max = 3071;     // the longest XMPP address
constexpr std::size_t domain_name_octets_max = 255;
constexpr std::size_t object_identifier_bytes_max = 128;      // as text
constexpr std::size_t alpn_octets_max = 255;

// Console and metrics
constexpr std::size_t control_request_bytes_max = 64 * 1024;
constexpr std::size_t control_answer_bytes_max = 4 * 1024 * 1024;  // one line of an answer
constexpr std::size_t control_text_bytes_max = 4096;
constexpr std::size_t control_arguments_max = 64;
constexpr std::size_t control_options_max = 32;
constexpr std::size_t control_threads = 4;                    // console users served at once
constexpr Duration control_read_wait_max = 10s;
constexpr Duration control_write_wait_max = 10s;
constexpr std::size_t trace_sessions_max = 3;                 // traces and probes; < the threads
constexpr std::size_t trace_line_bytes_max = 2048;            // of one line of a trace
constexpr std::size_t trace_lines_per_second_max = 500;       // more are counted, not shown
constexpr std::size_t trace_lines_waiting_max = 2048;         // not yet with the console
constexpr std::size_t trace_lines_max = 100'000;              // of one trace
constexpr Duration trace_time_max = 1h;
constexpr std::size_t trace_lines_held_max = 16;              // until a peer has said who it is
constexpr std::size_t trace_connections_held_max = 256;       // whose first lines are held
constexpr Duration trace_sign_every = 1s;                     // of life, while nothing happens
constexpr Duration probe_time_max = 60s;
constexpr std::size_t probe_endpoints_max = 16;
constexpr Duration link_close_wait_max = 12s;                 // for a goodbye to be answered
constexpr std::size_t json_depth_max = 8;
constexpr std::size_t console_text_bytes_max = 400;           // one text shown to a person
constexpr std::size_t metrics_request_bytes_max = 8 * 1024;
constexpr std::size_t metrics_connections_max = 32;
constexpr Duration metrics_wait_max = 5s;
constexpr std::size_t metrics_series_max = 4096;
constexpr std::size_t list_page_items_max = 1000;
constexpr std::size_t shape_destinations_max = 50;
constexpr std::size_t log_text_bytes_max = 512;               // one field of a log line
constexpr std::size_t log_repeats_max = 1024;                 // events remembered to be summarised
constexpr Duration log_repeat_pause = 60s;                    // one summary per event and peer

}  // namespace hanse::limits
