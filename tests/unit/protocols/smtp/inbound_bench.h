// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/smtp/inbound.h"
#include "tests/unit/protocols/engine_bench.h"
#include "tests/unit/protocols/transcript.h"

namespace hanse::test {

// An inbound engine of a.example with the defaults of [smtp], except that it does not look up
// reverse names. Keys as in [smtp]; "busy", "too_often", "crowded", "tls" of its context; and
// "normalize_peer", "reject_peer", "tag_peer" with the name of a peer that has a policy of its own.
std::unique_ptr<Engine> make_inbound(const Settings& settings);

// Answers yes to everything and remembers what was submitted.
struct Acceptor {
  Answer operator()(const Ask& ask);
  std::vector<Submission> submissions;
  Permission::Answer permission = Permission::Answer::yes;
  std::string peer;   // the configured one the other side is taken for
};

// A message with the one field that must be there, as it goes over the wire.
constexpr std::string_view small_content = "From: <a@b.example>\r\n\r\nhello\r\n";

EngineBench opened(const Settings& settings = {});
std::string large_content(std::size_t octets);   // at least so many

// A session that has said EHLO, MAIL, RCPT and DATA and got its 354.
EngineBench in_content(const Settings& settings, Acceptor& acceptor);

}  // namespace hanse::test
