// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "federation/message.h"
#include "protocols/smtp/data.h"

namespace hanse::smtp {

// One mail transaction of the receiving side: made at MAIL, gone with its last reply.
struct Transaction {
  Transaction(Address sender, const DataRules& rules) : from(std::move(sender)), data(rules) {}

  Address from;
  std::vector<Address> to;
  Address recipient;                // the one a question is open about
  std::string peer;                 // the configured peer the sender's host is
  std::uint64_t declared_size = 0;  // SIZE=
  bool eight_bit = false;           // BODY=8BITMIME

  DataReader data;
  std::string body;                 // what is not kept in the store yet
  std::int64_t blob = 0;            // the store's handle of what is
  Instant content_begun{};
  bool header_checked = false;
  std::string message_id;
  std::string_view refusal;         // the reply at the end of data; empty: accept
};

}  // namespace hanse::smtp
