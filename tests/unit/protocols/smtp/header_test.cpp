// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/header.h"

#include <ctime>

#include "tests/catch.h"

namespace hanse {
namespace {

const std::string from = "From: <a@b.example>\r\n";
constexpr std::string_view broken = "550 5.6.0 broken header block";
constexpr std::string_view too_large = "550 5.6.0 header block too large";
constexpr std::string_view field_too_long = "550 5.6.0 header field too long";
constexpr std::string_view twice = "550 5.6.0 a header field stands twice";
constexpr std::string_view from_wanted = "550 5.7.1 exactly one From field is needed";
constexpr std::string_view loop = "554 5.4.6 mail loop";

std::string refusal(const std::string& message, bool normalize = false) {
  smtp::HeaderRules rules;
  rules.normalize = normalize;
  return std::string(smtp::check_header_block(message, rules).refusal);
}

void good(const std::string& message) {
  INFO(message.substr(0, 200));
  CHECK(refusal(message) == "");
}

void bad(const std::string& message, std::string_view reply) {
  INFO(message.substr(0, 200));
  CHECK(refusal(message) == reply);
}

TEST_CASE("D-6 header blocks") {
  good(from);
  good(from + "\r\n");
  good(from + "\r\nno field: body\r\n\xff\r\n");
  good(from + "Subject: a\r\n b\r\n\tc\r\n\r\n");
  good(from + "Subject:\r\n\r\n");
  good(from + "Subject: \r\n \r\n\r\n");                     // a continuation of blanks only
  good("X: 1\r\nX: 2\r\n" + from);
  good("!#$%&'*+-./0[]^_`{|}~: odd but legal\r\n" + from);
  good(std::string(256, 'n') + ": x\r\n" + from);
  bad(std::string(257, 'n') + ": x\r\n" + from, broken);
  bad(" begins with a continuation\r\n" + from, broken);
  bad(from + "no field\r\n\r\n", broken);
  bad(from + ": no name\r\n\r\n", broken);
  bad(from + "a b: blank in the name\r\n\r\n", broken);
  bad(from + "\xc3\xbc: not ASCII\r\n\r\n", broken);
  bad("From b@b.example Sat Jan  6 11:02:10 2024\r\n" + from, broken);   // a mailbox file
  bad(">From b@b.example\r\n" + from, broken);
  bad(from + "Subject : x\r\n", broken);
}

TEST_CASE("D-6 limits: 1000 fields, 64 KiB a field, 256 KiB the block") {
  std::string fields = from;
  for (int i = 1; i < 1000; ++i) fields += "X: y\r\n";
  good(fields + "\r\nbody\r\n");
  bad(fields + "X: y\r\n\r\nbody\r\n", too_large);

  good(from + "X:" + std::string(65536 - 4, 'x') + "\r\n");
  bad(from + "X:" + std::string(65536 - 3, 'x') + "\r\n", field_too_long);
  std::string folded = from + "X:\r\n";
  while (folded.size() < 66000) folded += " 012345678901234567890123456789\r\n";
  bad(folded, field_too_long);

  std::string block = from;
  while (block.size() < 262144 - 1000) block += "X:" + std::string(996, 'x') + "\r\n";
  good(block + "\r\n" + std::string(100000, 'b') + "\r\n");
  block += "X:" + std::string(996, 'x') + "\r\nX: " + std::string(996, 'x') + "\r\n";
  bad(block + "\r\n", too_large);
  bad(block + "X: and so on", too_large);   // more of it than fits into memory
}

TEST_CASE("D-7 fields that may stand only once") {
  for (const std::string name : {"Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID",
                                 "In-Reply-To", "References", "Subject", "Date"}) {
    good(from + name + ": x\r\n");
    bad(from + name + ": x\r\n" + name + ": x\r\n", twice);
  }
  bad(from + "SUBJECT: x\r\nsubject: x\r\n", twice);
  good(from + "Comments: x\r\nComments: x\r\nKeywords: x\r\nKeywords: x\r\n");
  bad("", from_wanted);
  bad("\r\n" + from, from_wanted);
  bad("To: x\r\n\r\n", from_wanted);
  bad(from + from, from_wanted);
  bad(from + "from: <x@c.example>\r\n", from_wanted);
}

TEST_CASE("D-7 smtp_from_policy = tag: no From or several are told, and nothing else is let in") {
  const auto report = [](const std::string& block) {
    smtp::HeaderRules rules;
    rules.tag_from = true;
    const smtp::HeaderReport found = smtp::check_header_block(block, rules);
    return std::string(found.tag) + "|" + std::string(found.refusal);
  };
  CHECK(report(from) == "|");
  CHECK(report("To: x\r\n\r\n") == "no-from|");
  CHECK(report(from + "FROM: <x@c.example>\r\n") == "several-from|");
  CHECK(report(from + from + "To: x\r\nTo: x\r\n") == "several-from|" + std::string(twice));
  CHECK(report(from + "From : <x@c.example>\r\n").ends_with("|550 5.6.0 broken header block"));
}

TEST_CASE("D-6 D-7 line_endings = normalize: the body begins where the fields end") {
  CHECK(refusal(from + "no field\r\nTo: x\r\nTo: x\r\n", true) == "");
  CHECK(refusal("no field\r\n" + from, true) == from_wanted);
  CHECK(refusal(from + "From : <x@c.example>\r\n", true) == from_wanted);
  CHECK(refusal(from + "To : x\r\nTo: x\r\n", true) == twice);
}

TEST_CASE("R-4 loops: too many hops, or twice through us for the same recipient") {
  smtp::HeaderRules rules;
  rules.hops_max = 3;
  rules.node = "a.example";
  const std::vector<Address> recipients = {{"smtp", "c", "d.example"},
                                           {"smtp", "e f", "d.example"}};
  rules.recipients = &recipients;
  const auto check = [&rules](const std::string& fields) {
    return std::string(smtp::check_header_block(fields + from, rules).refusal);
  };
  const std::string other = "Received: by x.example id 1; date\r\n";
  CHECK(check(other + other) == "");
  CHECK(check(other + "RECEIVED: y\r\n" + other) == loop);

  rules.hops_max = 100;
  const auto own = [](const std::string& path, const std::string& by = "a.example") {
    return "Received: from b.example (unknown [192.0.2.7])\r\n\tby " + by +
           " with ESMTP id 01HKXXXXXXXXXXXXXXXXXXXXX1\r\n\tfor " + path + ";\r\n\tdate\r\n";
  };
  CHECK(check(own("<c@d.example>")) == "");
  CHECK(check(own("<c@d.example>") + own("<c@d.example>")) == loop);
  CHECK(check(own("<c@d.example>") + own("<\"e f\"@d.example>")) == "");   // once each
  CHECK(check(own("<\"e f\"@d.example>") + own("<\"e f\"@d.example>")) == loop);
  CHECK(check(own("<c@d.example>", "A.Example") + own("<c@d.example>")) == loop);
  CHECK(check(own("<c@d.example>", "b.example") + own("<c@d.example>")) == "");
  CHECK(check(own("<x@d.example>") + own("<x@d.example>")) == "");
  CHECK(check("Received: by a.example id short for <c@d.example>; d\r\n" +
              own("<c@d.example>")) == "");
}

TEST_CASE("the message's own id, for its key") {
  const auto id = [](const std::string& field) {
    return smtp::check_header_block(from + field, {}).message_id;
  };
  CHECK(id("Message-ID: <1@b.example>\r\n") == "1@b.example");
  CHECK(id("message-id:\r\n <1@b.example> (c)\r\n") == "1@b.example");
  CHECK(id("Message-ID: <1 @b.example>\r\n") == "");
  CHECK(id("Message-ID: 1@b.example\r\n") == "");
  CHECK(id("Message-ID: >1@b.example<\r\n") == "");
  CHECK(id("X-Message-ID: <1@b.example>\r\n") == "");
}

TEST_CASE("V-1 no header block makes checking it slow") {
  for (const std::string& piece : {std::string("Received: by by by by\r\n"), std::string("\r"),
                                   std::string(" \r\n"), std::string("X"), std::string(":")}) {
    std::string block = "Received:";
    while (block.size() < 300 * 1024) block += piece;
    const std::clock_t begun = std::clock();
    CHECK_FALSE(refusal(block).empty());
    CHECK(std::clock() - begun < CLOCKS_PER_SEC);
  }
}

}  // namespace
}  // namespace hanse
