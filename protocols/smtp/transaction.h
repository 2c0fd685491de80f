// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "federation/message.h"
#include "protocols/smtp/data.h"
#include "protocols/smtp/settings.h"

namespace hanse::smtp {

// One mail transaction of the receiving side: made at MAIL, gone with its last reply.
struct Transaction {
  std::size_t too_many = 0;              // recipients that were one too many
  explicit Transaction(Address sender) : from(std::move(sender)) {}

  Address from;
  std::vector<Address> to;
  Address recipient;                // the one a question is open about
  std::string peer;                 // the configured peer the sender's host is
  ContentPolicy content;            // that goes for it
  std::string domain_found;         // of a recipient: it is no null MX (M-4)
  std::uint64_t declared_size = 0;  // SIZE=
  bool eight_bit = false;           // BODY=8BITMIME

  DataReader data{DataRules{}};
  std::string body;                 // what is not kept in the store yet
  std::int64_t blob = 0;            // the store's handle of what is
  Instant content_begun{};
  bool header_checked = false;
  std::string message_id;
  std::string_view tag;             // a fact of its header that the trace field tells (D-7)
  std::string_view refusal;         // the reply at the end of data; empty: accept
};

}  // namespace hanse::smtp
