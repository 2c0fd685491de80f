// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/limits.h"

#include "protocols/smtp/protocol.h"
#include "server/base/fixed_limit.h"

namespace hanse::smtp {
namespace {

using enum FixedLimit::Unit;

// In the order of limits.h; a test finds what is missing here.
constexpr FixedLimit table[] = {
    {"command_line_octets_max", command_line_octets_max, bytes},
    {"command_eaten_octets_max", command_eaten_octets_max, bytes},
    {"local_part_octets_max", local_part_octets_max, bytes},
    {"domain_octets_max", domain_octets_max, bytes},
    {"label_octets_max", label_octets_max, bytes},
    {"path_octets_max", path_octets_max, bytes},
    {"text_line_octets_max", text_line_octets_max, bytes},
    {"long_text_line_octets_max", long_text_line_octets_max, bytes},
    {"header_octets_max", header_octets_max, bytes},
    {"header_fields_max", header_fields_max, count},
    {"header_name_octets_max", header_name_octets_max, bytes},
    {"text_id_octets_max", text_id_octets_max, bytes},
    {"session_reply_kept_octets_max", session_reply_kept_octets_max, bytes},
    {"reply_line_octets_max", reply_line_octets_max, bytes},
    {"reply_octets_max", reply_octets_max, bytes},
    {"reply_lines_max", reply_lines_max, count},
    {"reply_kept_octets_max", reply_kept_octets_max, bytes},
    {"quit_wait", quit_wait},
    {"deliveries_open_max", deliveries_open_max, count},
    {"chunk_octets_max", chunk_octets_max, bytes},
    {"reply_shown_octets_max", reply_shown_octets_max, bytes},
    {"mx_hosts_max", mx_hosts_max, count},
    {"hosts_asked_at_once", hosts_asked_at_once, count},
    {"addresses_enough", addresses_enough, count},
    {"no_name_wait", no_name_wait},
};

}  // namespace

std::span<const FixedLimit> fixed_limits() { return table; }

}  // namespace hanse::smtp
