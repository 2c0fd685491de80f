// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "federation/message.h"
#include "protocols/smtp/limits.h"
#include "server/base/limits.h"

namespace hanse::smtp {

constexpr std::string_view mail_loop = "554 5.4.6 mail loop";   // a refusal

// D-6
static_assert(header_octets_max == 256 * 1024);

struct HeaderRules {
  bool normalize = false;            // a line that is no field ends the header instead (D-6)
  bool tag_from = false;             // D-7: no From or several are told, not refused
  std::size_t hops_max = 100;
  std::size_t field_octets_max = 64 * 1024;   // with its continuation lines (D-6)
  std::string_view node;             // our own name in Received fields
  const std::vector<Address>* recipients = nullptr;
};

struct HeaderReport {
  std::string_view refusal;          // the reply at the end of data, empty when all is well
  std::string_view tag;              // fact_no_from, fact_several_from or empty
  std::string message_id;            // without brackets; empty when absent
  std::size_t received_fields = 0;
};

// Checks the header block at the front of `message`, which must hold all of it or at least
// header_octets_max octets. Only looks; the bytes stay as they are.
HeaderReport check_header_block(std::string_view message, const HeaderRules& rules);

}  // namespace hanse::smtp
