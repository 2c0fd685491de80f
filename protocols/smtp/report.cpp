// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/report.h"

#include <algorithm>

#include "federation/retry.h"
#include "protocols/smtp/address.h"
#include "protocols/smtp/limits.h"
#include "server/base/text.h"

namespace hanse::smtp {

namespace {

constexpr std::size_t folded_line_octets = 76;

using Failure = Reportable::Failure;

// RFC 5322 2.2.3: a long value goes on in the next line, broken at spaces.
std::string folded(std::string_view name, std::string_view value) {
  std::string out(name);
  out += ':';
  std::size_t line = out.size();
  for (const std::string_view word : split(value, ' ')) {
    if (word.empty()) continue;
    const bool fits = line + 1 + word.size() <= folded_line_octets;
    out.append(fits ? " " : "\r\n ").append(word);
    line = (fits ? line : 0) + 1 + word.size();
  }
  return out.append("\r\n");
}

// The host without its port: "mx.b.example [192.0.2.7]:25" is mx.b.example to the sender.
std::string_view host_of(std::string_view remote) {
  return remote.substr(0, std::min(remote.find(' '), remote.find("]:") == remote.npos
                                                         ? remote.size()
                                                         : remote.find("]:") + 1));
}

// Of one whose lifetime is over: what was said the last time.
std::string_view last_reply(const Outcome& outcome) {
  std::string_view reply = outcome.reply;
  if (reply.starts_with(expired_prefix)) reply.remove_prefix(expired_prefix.size());
  return reply;
}

bool said_by_server(const Outcome& outcome) {
  const std::string_view reply = last_reply(outcome);
  return !outcome.remote.empty() && reply.size() >= 3 && reply[0] >= '2' && reply[0] <= '5' &&
         std::all_of(reply.begin(), reply.begin() + 3, [](char c) { return c >= '0' && c <= '9'; });
}

std::string shown(const Outcome& outcome) {
  return escape_text(outcome.reply, reply_shown_octets_max);
}

// The header of the original, whole lines, seven bits: the way back may not take more.
std::string header_of(std::string_view head) {
  const std::size_t blank = head.find("\r\n\r\n");
  const std::size_t end = blank != head.npos ? blank + 2 : head.rfind("\r\n") + 2;
  std::string out(head.substr(0, head.find("\r\n") == head.npos ? 0 : end));
  std::replace_if(out.begin(), out.end(), [](char c) { return (c & 0x80) != 0; }, '?');
  return out;
}

// A line of the original that looked like the boundary would end its part (RFC 2046 5.1.1).
std::string boundary_for(const Envelope& envelope, std::string_view header) {
  std::string boundary = "=_report_" + envelope.id;
  while (header.find(boundary) != header.npos) boundary += '_';
  return boundary;
}

std::string head_fields(const SmtpSettings& settings, const Envelope& envelope,
                        const std::string& message_id, const std::string& boundary, UtcTime now) {
  std::string out;
  out.append("Date: ").append(format_mail_date(now)).append("\r\n");
  out.append("From: Mail delivery <MAILER-DAEMON@").append(settings.node.domain).append(">\r\n");
  out.append("To: ").append(path_text(envelope.from)).append("\r\n");
  out.append("Subject: Your message could not be delivered\r\n");
  out.append("Message-ID: <").append(message_id).append(">\r\n");
  out.append("Auto-Submitted: auto-replied\r\n");  // RFC 3834 5
  out.append("MIME-Version: 1.0\r\n");
  out.append("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"");
  return out.append(boundary).append("\"\r\n");  // RFC 6522 3
}

std::string for_people(const SmtpSettings& settings, const Reportable& failed) {
  std::string out = "This is the mail server " + settings.node.domain +
                    ".\r\n\r\nA message of yours, accepted on " +
                    format_mail_date(failed.envelope->accepted) +
                    ",\r\ncould not be delivered to:\r\n\r\n";
  for (const Failure& failure : failed.failures) {
    out.append("  ").append(path_text(failure.to)).append("\r\n");
    const std::string speaker =
        said_by_server(failure.outcome) ? std::string(host_of(failure.outcome.remote)) + " said:"
                                        : "Reason:";
    out.append(folded("    " + speaker.substr(0, speaker.size() - 1), shown(failure.outcome)));
    out.append("\r\n");
  }
  return out.append("It will not be tried again. Its header is attached; its id here was\r\n")
      .append(failed.envelope->id)
      .append(".\r\n");
}

// RFC 3464 2.2
std::string message_fields(const SmtpSettings& settings, const Envelope& envelope) {
  std::string out = folded("Reporting-MTA", "dns; " + settings.node.domain);
  if (!envelope.trace.empty() && !envelope.trace.back().from_name.empty())
    out += folded("Received-From-MTA", "dns; " + envelope.trace.back().from_name);
  return out + folded("Arrival-Date", format_mail_date(envelope.accepted));
}

// RFC 3464 2.3
std::string recipient_fields(const Failure& failure) {
  const Outcome& outcome = failure.outcome;
  std::string out = "\r\nFinal-Recipient: rfc822; " + mailbox_text(failure.to) + "\r\n";
  out.append("Action: failed\r\n");
  out.append(folded("Status", outcome.status.empty() ? "5.0.0" : outcome.status));  // B-7
  if (said_by_server(outcome))
    out.append(folded("Remote-MTA", "dns; " + std::string(host_of(outcome.remote))));
  const std::string diagnostic =   // a client reads a code at its beginning
      said_by_server(outcome) ? "smtp; " + escape_text(last_reply(outcome), reply_shown_octets_max)
                              : "x-hanse; " + shown(outcome);
  out.append(folded("Diagnostic-Code", diagnostic));
  return out.append(folded("Last-Attempt-Date", format_mail_date(failure.last_attempt)));
}

}  // namespace

Result<Submission> make_report(const SmtpSettings& settings, const Reportable& failed,
                               std::string_view head, UtcTime now) {
  const Envelope& original = *failed.envelope;
  if (original.from.empty() || original.is_report || failed.failures.empty())  // B-1
    return Error{Fault::never, "nobody to tell"};
  const std::string header = header_of(head);
  const std::string boundary = boundary_for(original, header);
  const std::string message_id = original.id + "." + std::to_string(failed.failures.front().id) +
                                 ".report@" + settings.node.domain;
  const std::string next_part = "\r\n--" + boundary + "\r\nContent-Type: ";
  std::string text = head_fields(settings, original, message_id, boundary, now);
  text += next_part + "text/plain; charset=us-ascii\r\n\r\n" + for_people(settings, failed);
  text += next_part + "message/delivery-status\r\n\r\n" + message_fields(settings, original);
  for (const Failure& failure : failed.failures) text += recipient_fields(failure);
  text += next_part + "text/rfc822-headers\r\n\r\n" + header;
  text += "\r\n--" + boundary + "--\r\n";

  Submission out;
  out.envelope.key = {"smtp", settings.node.domain, message_id};
  out.envelope.from.protocol = "smtp";
  out.envelope.to = {original.from};
  out.envelope.is_report = true;
  out.body.size = text.size();
  out.body.bytes = std::make_shared<const std::string>(std::move(text));
  return out;
}

}  // namespace hanse::smtp
