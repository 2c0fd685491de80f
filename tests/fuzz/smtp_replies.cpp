// SPDX-License-Identifier: Apache-2.0
// The sending side of SMTP against any server: every delivery gets one outcome, "delivered" only
// when the whole message went out, and nothing but well-formed commands and clean content leaves.

#include "protocols/smtp/outbound.h"
#include "tests/fuzz/session_world.h"

namespace hanse::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view short_body = "From: x\r\n\r\n.dot\r\n..two\r\nend\r\n";
constexpr std::string_view short_stuffed = "From: x\r\n\r\n..dot\r\n...two\r\nend\r\n.\r\n";
constexpr std::int64_t stored_blob = 9;

std::shared_ptr<const smtp::SmtpSettings> make_settings(const Clock& clock) {
  smtp::SmtpSettings all;
  all.node = {"a.example", &clock};
  all.out.helo_name = "a.example";
  all.out.recipients_per_transaction = 2;
  all.out.banner_wait = all.out.ehlo_wait = all.out.starttls_wait = 300s;
  all.out.mail_wait = all.out.rcpt_wait = 300s;
  all.out.data_wait = 120s;
  all.out.block_wait = 180s;
  all.out.end_wait = 600s;
  all.out.reset_wait = 20s;
  return std::make_shared<const smtp::SmtpSettings>(std::move(all));
}

Work make_work(DeliveryId first, unsigned recipients, std::string native) {
  auto envelope = std::make_shared<Envelope>();
  envelope->id = "01TEST" + std::to_string(first);
  envelope->from = {"smtp", "alice", "a.example"};
  envelope->native = std::move(native);
  Work work;
  for (unsigned number = 0; number < recipients; ++number) {
    const Address to{"smtp", "user" + std::to_string(number), "b.example"};
    envelope->to.push_back(to);
    work.targets.push_back({first + number, to, 1});
  }
  work.envelope = std::move(envelope);
  return work;
}

std::string stored_body() {
  std::string body = "From: y\r\n\r\n";
  while (body.size() < 150'000) body += ".a line that begins with a dot\r\n";
  return body;
}

struct SteadyClock final : Clock {
  Instant now() const override { return {}; }
  UtcTime utc() const override { return from_unix_ms(1'700'000'000'000); }
};

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + what.size())) {
    ++found;
  }
  return found;
}

void check(const SessionWorld& world) {
  const std::string& written = world.written();
  const auto delivered = [&](DeliveryId id) {
    const auto outcome = world.outcomes().find(id);
    return outcome != world.outcomes().end() &&
           outcome->second.disposition == Disposition::delivered;
  };
  if (delivered(1) || delivered(2) || delivered(3)) {
    const bool in_a_chunk = count(written, " LAST\r\n") > 0 && count(written, short_body) > 0;
    require(in_a_chunk || count(written, short_stuffed) > 0,
            "delivered means: all of it went out");
  }
  if (delivered(10)) {
    require(count(written, "\r\n..a line that begins") > 4000, "a stored body went out whole");
  }
  for (std::size_t at = 0; at < written.size(); ++at) {
    if (written[at] == '\r') require(written.substr(at + 1, 1) == "\n", "no bare CR leaves");
    if (written[at] == '\n') require(at > 0 && written[at - 1] == '\r', "no bare LF leaves");
  }
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse;
  const std::string_view input = fuzz::as_text(data, size);
  for (const TlsLevel level : {TlsLevel::off, TlsLevel::may, TlsLevel::verify}) {
    const fuzz::SteadyClock clock;
    OutboundContext context;
    context.lane = "b.example";
    context.endpoint = {"mx.b.example", "192.0.2.7", 25, {"b.example"}, false};
    context.tls = level;
    fuzz::SessionWorld world(
        std::make_unique<smtp::Outbound>(std::move(context), fuzz::make_settings(clock)),
        [](const Ask&) { return TrustDecision{Verdict::accept, "", "", {}}; });
    Work inside = fuzz::make_work(1, 3, "");
    inside.body = {std::make_shared<const std::string>(fuzz::short_body), 0,
                   fuzz::short_body.size()};
    Work stored = fuzz::make_work(10, 1, "body=8bitmime");
    const std::string body = fuzz::stored_body();
    stored.body = {nullptr, fuzz::stored_blob, body.size()};
    world.hold_blob(fuzz::stored_blob, body);
    world.give_when_ready(std::move(inside));
    world.give_when_ready(std::move(stored));
    world.play(input);
    fuzz::check(world);
  }
  return 0;
}
