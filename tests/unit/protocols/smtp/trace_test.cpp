// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/trace.h"

#include "protocols/smtp/header.h"
#include "tests/catch.h"

namespace hanse {
namespace {

Envelope arrived() {
  Envelope envelope;
  envelope.id = "01HKXXXXXXXXXXXXXXXXXXXXX1";
  envelope.to = {{"smtp", "c", "d.example"}};
  Hop hop;
  hop.by_node = "a.example";
  hop.protocol = "ESMTPS";
  hop.from_name = "b.example";
  hop.from_host = "mx.b.example";
  hop.from_address = "192.0.2.7";
  hop.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
  hop.at = from_unix_ms(1'704'538'930'000);
  envelope.trace = {hop};
  return envelope;
}

TEST_CASE("R-1 the trace field says from, by, with, id, TLS, for and when") {
  CHECK(smtp::received_field(arrived()) ==
        "Received: from b.example (mx.b.example [192.0.2.7])\r\n"
        "\tby a.example with ESMTPS id 01HKXXXXXXXXXXXXXXXXXXXXX1\r\n"
        "\t(TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
        "\tfor <c@d.example>;\r\n"
        "\tSat, 06 Jan 2024 11:02:10 +0000\r\n");
}

TEST_CASE("R-1 without reverse name and TLS, over IPv6, for more than one") {
  Envelope envelope = arrived();
  envelope.to.push_back({"smtp", "e", "d.example"});
  Hop& hop = envelope.trace.front();
  hop.from_host.clear();
  hop.tls.clear();
  hop.protocol = "ESMTP";
  hop.from_address = "2001:db8::7";
  CHECK(smtp::received_field(envelope) ==
        "Received: from b.example (unknown [IPv6:2001:db8::7])\r\n"
        "\tby a.example with ESMTP id 01HKXXXXXXXXXXXXXXXXXXXXX1;\r\n"
        "\tSat, 06 Jan 2024 11:02:10 +0000\r\n");
}

TEST_CASE("D-7 a message without exactly one From is marked in a comment of our own field") {
  Envelope envelope = arrived();
  CHECK(smtp::received_field(envelope).find("From field") == std::string::npos);
  smtp::add_fact(envelope.native, smtp::fact_eight_bit);
  smtp::add_fact(envelope.native, smtp::fact_several_from);
  CHECK(envelope.native == "8bit several-from");
  CHECK(smtp::received_field(envelope).find(
            "\r\n\t(TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n\t(more than one From field)\r\n\tfor ") !=
        std::string::npos);
  envelope.native = smtp::fact_no_from;
  CHECK(smtp::received_field(envelope).find("\t(no From field)\r\n") != std::string::npos);
}

TEST_CASE("R-1 the newest hop is written, none without one") {
  Envelope envelope = arrived();
  envelope.trace.push_back(envelope.trace.front());
  envelope.trace.back().from_name = "newest.example";
  CHECK(smtp::received_field(envelope).find("from newest.example (") != std::string::npos);
  envelope.trace.clear();
  CHECK(smtp::received_field(envelope).empty());
}

TEST_CASE("R-1 a recipient's odd octets stay within quotes") {
  Envelope envelope = arrived();
  envelope.to = {{"smtp", "a\"(;)\\", "d.example"}};
  const std::string field = smtp::received_field(envelope);
  CHECK(field.find("for <\"a\\\"(;)\\\\\"@d.example>;\r\n") != std::string::npos);
}

TEST_CASE("R-4 what we write is what we recognise as our own") {
  const Envelope envelope = arrived();
  smtp::HeaderRules rules;
  rules.node = "a.example";
  rules.recipients = &envelope.to;
  const std::string once = smtp::received_field(envelope);
  const std::string from = "From: <a@b.example>\r\n";
  CHECK(smtp::check_header_block(once + from, rules).refusal.empty());
  CHECK(smtp::check_header_block(once + once + from, rules).refusal == "554 5.4.6 mail loop");
}

TEST_CASE("native facts are words") {
  CHECK(smtp::has_fact("8bit", smtp::fact_eight_bit));
  CHECK(smtp::has_fact("other 8bit", smtp::fact_eight_bit));
  CHECK_FALSE(smtp::has_fact("8bitten", smtp::fact_eight_bit));
  CHECK_FALSE(smtp::has_fact("", smtp::fact_eight_bit));
}

}  // namespace
}  // namespace hanse
