// SPDX-License-Identifier: Apache-2.0
// The receiving side of SMTP against any client in any segmentation: replies stay well-formed,
// what is submitted is clean, and the segmentation decides nothing.

#include "protocols/smtp/inbound.h"
#include "tests/fuzz/session_world.h"

namespace hanse::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t size_max = 256 * 1024;
constexpr std::size_t reply_octets_max = 512;   // RFC 5321 4.5.3.1.5

std::unique_ptr<Engine> make_engine(const Clock& clock, bool tls) {
  smtp::SmtpSettings all;
  all.node.domain = "a.example";
  all.node.clock = &clock;
  smtp::InboundSettings& in = all.in;
  in.postmaster_domain = "a.example";
  in.size_max = size_max;
  in.recipients_max = 20;
  in.hops_max = 5;
  in.command_wait = 300s;
  in.data_wait = 180s;
  in.session_age_max = 1h;
  // A session ends by its age at the end of a turn, so that depends on the segmentation.
  in.session_messages_max = tls ? 5 : 1'000'000;
  InboundContext context;
  context.tls_available = tls;
  return std::make_unique<smtp::Inbound>(
      std::make_shared<const smtp::SmtpSettings>(std::move(all)), context);
}

// The bytes choose the answer: names the corpus uses.
Answer answer(const Ask& ask) {
  if (std::holds_alternative<Verify>(ask)) return TrustDecision{Verdict::accept, "", "", {}};
  if (std::holds_alternative<Submit>(ask)) return Submitted{"01TEST"};
  if (const Permit* permit = std::get_if<Permit>(&ask)) {
    const std::string& local = permit->question.to.local;
    if (local == "nobody") return Permission{Permission::Answer::no_such_address, "", {}};
    if (local == "relay") return Permission{Permission::Answer::no_relay, "", {}};
    if (local == "full") return Permission{Permission::Answer::full, "", {}};
    return Permission{Permission::Answer::yes, "", {}};
  }
  if (const Lookup* lookup = std::get_if<Lookup>(&ask)) {
    if (lookup->question.name == "missing.example") return DnsAnswer{DnsStatus::no_name, {}, "", 0};
    return DnsAnswer{DnsStatus::ok, {DnsMx{10, "mx.b.example"}}, lookup->question.name, 60};
  }
  return Error{Fault::broken, "not a question for this test"};
}

struct SteadyClock final : Clock {
  Instant now() const override { return {}; }
  UtcTime utc() const override { return from_unix_ms(1'700'000'000'000); }
};

void check_reply_lines(std::string_view written) {
  while (!written.empty()) {
    const std::size_t end = written.find("\r\n");
    require(end != written.npos && end + 2 <= reply_octets_max, "a reply line ends in time");
    const std::string_view line = written.substr(0, end);
    require(line.size() >= 4 && line[0] >= '2' && line[0] <= '5' && line[1] >= '0' &&
                line[1] <= '5' && line[2] >= '0' && line[2] <= '9' &&
                (line[3] == ' ' || line[3] == '-'),
            "a reply line starts with its code");
    for (const char byte : line) require(byte >= ' ' && byte <= '~', "a reply is printable");
    written.remove_prefix(end + 2);
  }
}

void check_submission(const SessionWorld& world, const Submission& submission) {
  const std::string body = world.body_of(submission);
  require(!submission.envelope.to.empty(), "a message has a recipient");
  require(body.size() <= size_max, "a message is within its size");
  require(body.find('\0') == body.npos, "no NUL is taken");
  for (std::size_t at = 0; at < body.size(); ++at) {   // D-4
    if (body[at] == '\r') require(body.substr(at + 1, 1) == "\n", "no bare CR is taken");
    if (body[at] == '\n') require(at > 0 && body[at - 1] == '\r', "no bare LF is taken");
  }
}

// Everything a session did, in one text.
std::string played(std::string_view input, bool tls) {
  const SteadyClock clock;
  SessionWorld world(make_engine(clock, tls), answer);
  world.play(input);
  check_reply_lines(world.written());
  std::string story;
  for (const Submission& submission : world.submissions()) {
    check_submission(world, submission);
    story += "from " + to_text(submission.envelope.from);
    for (const Address& to : submission.envelope.to) story += " to " + to_text(to);
    story += "\n" + world.body_of(submission) + "\n";
  }
  return story;
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse::fuzz;
  const std::string_view input = as_text(data, size);
  played(input, true);
  std::string_view bytes = input;
  const Script dropped(bytes);
  const std::string whole = "\n" + std::string(bytes);
  const std::string octet_by_octet = std::string(bytes.size(), 'a') + "\n" + std::string(bytes);
  require(played(whole, false) == played(octet_by_octet, false),
          "the segmentation does not change which messages there are");
  return 0;
}
