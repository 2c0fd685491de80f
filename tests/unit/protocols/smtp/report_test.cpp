// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/report.h"

#include <algorithm>

#include "federation/retry.h"
#include "protocols/smtp/outbound_content.h"
#include "server/base/text.h"
#include "tests/catch.h"

namespace hanse::smtp {
namespace {

constexpr std::int64_t accepted_ms = 1'700'000'000'000;

SmtpSettings settings_of_a() {
  SmtpSettings settings;
  settings.node.domain = "mx.a.example";
  return settings;
}

Reportable failed_message() {
  auto envelope = std::make_shared<Envelope>();
  envelope->id = "01TESTTESTTESTTESTTESTTEST";
  envelope->from = {"smtp", "alice", "a.example"};
  envelope->accepted = from_unix_ms(accepted_ms);
  Hop hop;
  hop.from_name = "client.example";
  envelope->trace = {hop};
  Reportable out;
  out.envelope = envelope;
  out.failures.push_back({7,
                          {"smtp", "carol", "c.example"},
                          {Disposition::failed, Fault::never, "5.1.1", "550 5.1.1 no such user",
                           "mx.c.example [192.0.2.7]:25", "", false},
                          from_unix_ms(accepted_ms + 5000)});
  return out;
}

std::string report_of(const Reportable& failed, std::string_view head = "Subject: x\r\n\r\nbody") {
  const Result<Submission> made =
      make_report(settings_of_a(), failed, head, from_unix_ms(accepted_ms + 60'000));
  REQUIRE(made);
  CHECK(made->body.size == made->body.bytes->size());
  return *made->body.bytes;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Nothing a sending engine would refuse (C-3), and seven bits only.
void check_sendable(const std::string& text) {
  Stuffer stuffer;
  std::string wire;
  CHECK(stuffer.append(text, wire).has_value());
  CHECK(std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }));
}

TEST_CASE("B-2 a report comes from nobody, goes to the sender and says what it is") {
  const Result<Submission> made = make_report(settings_of_a(), failed_message(), "", UtcTime{});
  REQUIRE(made);
  CHECK(made->envelope.from.empty());
  CHECK(made->envelope.from.protocol == "smtp");
  REQUIRE(made->envelope.to.size() == 1);
  CHECK(to_text(made->envelope.to[0]) == "alice@a.example");
  CHECK(made->envelope.is_report);
  const std::string text = report_of(failed_message());
  CHECK(has(text, "\r\nFrom: Mail delivery <MAILER-DAEMON@mx.a.example>\r\n"));
  CHECK(has(text, "\r\nTo: <alice@a.example>\r\n"));
  CHECK(has(text, "\r\nAuto-Submitted: auto-replied\r\n"));
  CHECK(has(text, "\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n"));
  check_sendable(text);
}

TEST_CASE("B-2 three parts, in this order, closed") {
  const std::string text = report_of(failed_message());
  const std::string boundary = "\r\n--=_report_01TESTTESTTESTTESTTESTTEST";
  const std::size_t first = text.find(boundary + "\r\nContent-Type: text/plain; charset=us-ascii");
  const std::size_t second = text.find(boundary + "\r\nContent-Type: message/delivery-status");
  const std::size_t third = text.find(boundary + "\r\nContent-Type: text/rfc822-headers");
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
  CHECK(text.ends_with("\r\n\r\nSubject: x\r\n" + boundary + "--\r\n"));
}

TEST_CASE("B-3 the fields of the delivery status") {
  const std::string text = report_of(failed_message());
  CHECK(has(text, "\r\nReporting-MTA: dns; mx.a.example\r\n"
                  "Received-From-MTA: dns; client.example\r\n"
                  "Arrival-Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
                  "\r\n"
                  "Final-Recipient: rfc822; carol@c.example\r\n"
                  "Action: failed\r\n"
                  "Status: 5.1.1\r\n"
                  "Remote-MTA: dns; mx.c.example\r\n"
                  "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
                  "Last-Attempt-Date: Tue, 14 Nov 2023 22:13:25 +0000\r\n"));
}

TEST_CASE("B-3 what we said ourselves is no SMTP reply and has no remote") {
  Reportable failed = failed_message();
  failed.failures[0].outcome = {Disposition::failed, Fault::never, "", "domain does not exist", "",
                                "", false};
  const std::string text = report_of(failed);
  CHECK(has(text, "\r\nStatus: 5.0.0\r\n"));  // B-7
  CHECK(has(text, "\r\nDiagnostic-Code: x-hanse; domain does not exist\r\n"));
  CHECK_FALSE(has(text, "Remote-MTA"));
}

TEST_CASE("B-3 of one whose lifetime is over: what its server said the last time") {
  Reportable failed = failed_message();
  failed.failures[0].outcome.status = "4.4.7";
  failed.failures[0].outcome.reply = std::string(expired_prefix) + "451 4.7.1 later";
  const std::string text = report_of(failed);
  CHECK(has(text, "\r\nStatus: 4.4.7\r\nRemote-MTA: dns; mx.c.example\r\n"
                  "Diagnostic-Code: smtp; 451 4.7.1 later\r\n"));
  CHECK(has(text, "lifetime over"));   // for people
}

TEST_CASE("B-5 several recipients of one message, one report") {
  Reportable failed = failed_message();
  failed.failures.push_back(failed.failures[0]);
  failed.failures[1].to.local = "dan";
  failed.failures[1].outcome.remote = "[192.0.2.8]:25";
  const std::string text = report_of(failed);
  CHECK(has(text, "Final-Recipient: rfc822; carol@c.example\r\n"));
  CHECK(has(text, "Final-Recipient: rfc822; dan@c.example\r\n"));
  CHECK(has(text, "Remote-MTA: dns; [192.0.2.8]\r\n"));
}

TEST_CASE("B-1 nobody is told about a report, or about mail from nobody") {
  Reportable from_nobody = failed_message();
  auto envelope = std::make_shared<Envelope>(*from_nobody.envelope);
  envelope->from = {"smtp", "", ""};
  from_nobody.envelope = envelope;
  CHECK_FALSE(make_report(settings_of_a(), from_nobody, "", UtcTime{}).has_value());
  Reportable report = failed_message();
  envelope = std::make_shared<Envelope>(*report.envelope);
  envelope->is_report = true;
  report.envelope = envelope;
  CHECK_FALSE(make_report(settings_of_a(), report, "", UtcTime{}).has_value());
}

TEST_CASE("B-3 I-2 what a server said cannot break out of its field") {
  Reportable failed = failed_message();
  failed.failures[0].outcome.reply = "550 5.1.1 no\r\n\r\n"
                                     "--=_report_01TESTTESTTESTTESTTESTTEST--\r\n\xff\x80 " +
                                     std::string(5000, 'x');
  const std::string text = report_of(failed);
  check_sendable(text);
  const std::string end = "\r\n--=_report_01TESTTESTTESTTESTTESTTEST--\r\n";
  CHECK(text.find(end) == text.size() - end.size());
}

TEST_CASE("B-2 the header of the original: whole lines, seven bits, nothing of the body") {
  const std::string text =
      report_of(failed_message(), "Subject: gr\xc3\xbc\xc3\x9f\x65\r\n"
                                  "X: --=_report_01TESTTESTTESTTESTTESTTEST\r\n"
                                  "\r\nsecret body");
  CHECK(has(text, "\r\nSubject: gr????e\r\n"));
  CHECK_FALSE(has(text, "secret"));
  CHECK(text.ends_with("\r\n--=_report_01TESTTESTTESTTESTTESTTEST_--\r\n"));
  check_sendable(text);
  const std::string cut = report_of(failed_message(), "Subject: x\r\nX-Long: ab");
  CHECK(has(cut, "\r\nSubject: x\r\n\r\n--"));
  CHECK_FALSE(has(cut, "X-Long"));
  CHECK(has(report_of(failed_message(), "no line end"), "rfc822-headers\r\n\r\n\r\n--"));
}

TEST_CASE("B-2 the same failures give the same report") {
  CHECK(report_of(failed_message()) == report_of(failed_message()));
  Reportable later = failed_message();
  later.failures[0].id = 8;  // another recipient of the same message, told of later
  CHECK(has(report_of(failed_message()), "Message-ID: <01TESTTESTTESTTESTTESTTEST.7.report@"));
  CHECK(has(report_of(later), "Message-ID: <01TESTTESTTESTTESTTESTTEST.8.report@"));
}

}  // namespace
}  // namespace hanse::smtp
