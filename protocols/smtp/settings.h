// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "federation/next_hop.h"
#include "protocols/protocol.h"
#include "server/base/options.h"
#include "server/base/text.h"

namespace hanse::smtp {

// How a message's content is judged where there is a choice.
struct ContentPolicy {
  bool normalize_line_endings = false;   // D-3
  bool tag_from = false;                 // D-7: without a From or with several it is marked
};

// What the receiving side is told by [smtp], and by the smtp_ keys of [peer."..."].
struct InboundSettings {
  std::string postmaster_domain;         // of a bare <postmaster>
  std::vector<Network> relay_from;       // our own networks: their senders are not checked
  std::uint64_t size_max = 0;            // octets of one message
  std::size_t recipients_max = 0;        // of one transaction
  std::size_t hops_max = 0;              // Received fields
  std::size_t header_field_max = 64 * 1024;   // octets of one header field (D-6)
  ContentPolicy content;
  std::map<std::string, ContentPolicy, std::less<>> peers;   // those that say otherwise
  bool accept_long_lines = false;        // D-5
  bool check_sender_domain = true, check_recipient_domain = true;   // M-4
  bool reverse_names = true;
  bool ask_certificate = false;          // some peer is known by its certificate (T-5)
  bool relay_to_literals = false;        // S-7
  bool refuse_all = false;               // S-18
  Duration greet_delay{0};               // S-19
  Duration command_wait{0}, data_wait{0}, session_age_max{0};   // D-17
  std::size_t session_messages_max = 0;
  std::size_t errors_max = 10;           // of one session (S-12)
  std::uint64_t octets_per_second_min = 1024;   // of a message, after its head start (D-17)
};

// What the sending side is told by [smtp].
struct OutboundSettings : DialRules {
  std::string helo_name;
  std::uint16_t port = 25;                  // of hosts found by DNS
  std::size_t recipients_per_transaction = 0;                  // C-10
  bool try_next = false;                                       // M-10
  // C-5
  Duration banner_wait{0}, ehlo_wait{0}, starttls_wait{0}, mail_wait{0}, rcpt_wait{0};
  Duration data_wait{0}, block_wait{0}, end_wait{0}, reset_wait{0};
};

// One loaded configuration as every engine of this room sees it; immutable and shared.
struct SmtpSettings {
  NodeFacts node;
  InboundSettings in;
  OutboundSettings out;
};

const ContentPolicy& content_policy(const InboundSettings& in, std::string_view peer);

std::span<const OptionTable> option_tables();   // [smtp] and [listen.smtp]
std::span<const Option> peer_options();         // in [peer."..."]
Result<SmtpSettings> read_settings(const Configuration& configuration, const NodeFacts& node);

}  // namespace hanse::smtp
