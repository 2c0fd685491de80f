// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.h"
#include "tests/unit/protocols/smtp/inbound_bench.h"
#include "tests/unit/protocols/smtp/outbound_bench.h"

namespace hanse {
namespace {

// What goes out when this content has come in, both as they are on the wire.
std::string relayed(const std::string& content) {
  test::Acceptor acceptor;
  test::EngineBench in = test::in_content({}, acceptor);
  in.feed(content + ".\r\n");
  in.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  REQUIRE(acceptor.submissions.size() == 1);
  auto envelope = std::make_shared<Envelope>(acceptor.submissions.front().envelope);
  envelope->id = "01TEST";
  Work work;
  work.body = acceptor.submissions.front().body;
  work.targets = {{1, envelope->to.front(), 1}};
  work.envelope = envelope;
  test::OutboundBench out;
  out.become_ready();
  out.event(Deliver{work});
  out.sent_raw();
  out.server("250 ok\n250 ok\n354 go\n");
  return out.sent_raw();
}

// Every field of a message that a relay could be tempted to touch.
const std::string fields =
    "Return-Path: <earlier@b.example>\r\n"
    "Received: by x.example id 1; date\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256;\r\n\tb=abc=\r\n"
    "BCC: <hidden@b.example>\r\n"
    "from:    <a@b.example>  \r\n"
    "Subject:\r\n folded\r\n\t twice \r\n";

TEST_CASE("R-2 R-3 one trace field on top, and every octet below as it came") {
  std::string content = fields;
  content += "\r\n.. dots\r\n...\r\n \r\n\r\nlast\r\n";
  const std::string wire = relayed(content);
  REQUIRE(wire.starts_with("Received: from b.example "));
  const std::size_t end_of_trace = wire.find("\r\nReturn-Path: <earlier@b.example>\r\n");
  REQUIRE(end_of_trace != std::string::npos);
  CHECK(wire.substr(end_of_trace + 2) == content + ".\r\n");
  // The trace field alone: no Return-Path, no Message-ID, no Date was added.
  const std::string trace = wire.substr(0, end_of_trace + 2);
  for (std::size_t at = trace.find("\r\n"); at + 2 < trace.size(); at = trace.find("\r\n", at + 2))
    CHECK(trace[at + 2] == '\t');
}

TEST_CASE("R-2 a message without Message-ID and Date gets neither") {
  const std::string wire = relayed("From: <a@b.example>\r\n\r\nx\r\n");
  CHECK(wire.find("Message-ID") == std::string::npos);
  CHECK(wire.find("\r\nDate:") == std::string::npos);
  CHECK(wire.ends_with("\r\nFrom: <a@b.example>\r\n\r\nx\r\n.\r\n"));
}

}  // namespace
}  // namespace hanse
