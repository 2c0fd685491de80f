// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/smtp/inbound_bench.h"

#include "server/base/text.h"

namespace hanse::test {

namespace {

struct FixedClock final : Clock {
  Instant now() const override { return {}; }
  UtcTime utc() const override { return from_unix_ms(1'700'000'000'000); }
};
const FixedClock fixed_clock;

std::int64_t number(const Settings& settings, const std::string& key, std::int64_t fallback) {
  const auto found = settings.find(key);
  return found == settings.end() ? fallback : std::stoll(found->second);
}

bool flag(const Settings& settings, const std::string& key) {
  return number(settings, key, 0) != 0;
}

}  // namespace

std::unique_ptr<Engine> make_inbound(const Settings& settings) {
  smtp::SmtpSettings all;
  all.node.domain = "a.example";
  all.node.clock = &fixed_clock;
  smtp::InboundSettings& in = all.in;
  in.postmaster_domain = "a.example";
  if (settings.contains("relay_from")) in.relay_from = {*parse_network(settings.at("relay_from"))};
  in.size_max = static_cast<std::uint64_t>(number(settings, "size_max", 50 * 1024 * 1024));
  in.recipients_max = static_cast<std::size_t>(number(settings, "recipients_max", 1000));
  in.hops_max = static_cast<std::size_t>(number(settings, "hops_max", 100));
  in.content.normalize_line_endings = flag(settings, "normalize");
  in.accept_long_lines = flag(settings, "accept_long_lines");
  in.check_sender_domain = flag(settings, "check_sender_domain");
  in.check_recipient_domain = number(settings, "check_recipient_domain", 1) != 0;
  in.reverse_names = flag(settings, "reverse_names");
  in.relay_to_literals = flag(settings, "relay_to_literals");
  for (const auto& [key, value] : settings) {
    if (key == "normalize_peer") in.peers[value].normalize_line_endings = true;
    if (key == "reject_peer") in.peers[value].normalize_line_endings = false;
    if (key == "tag_peer") in.peers[value].tag_from = true;
  }
  in.refuse_all = flag(settings, "refuse_all");
  in.greet_delay = std::chrono::seconds(number(settings, "greet_delay", 0));
  in.command_wait = std::chrono::seconds(300);
  in.data_wait = std::chrono::seconds(180);
  in.session_age_max = std::chrono::hours(1);
  in.session_messages_max =
      static_cast<std::size_t>(number(settings, "session_messages_max", 1000));
  in.errors_max = static_cast<std::size_t>(number(settings, "errors_max", 10));
  in.header_field_max = static_cast<std::size_t>(number(settings, "header_field_max", 64 * 1024));
  in.octets_per_second_min =
      static_cast<std::uint64_t>(number(settings, "octets_per_second_min", 1024));
  InboundContext context;
  context.too_often = flag(settings, "too_often");
  context.busy = context.too_often || flag(settings, "busy");
  context.tls_available = flag(settings, "tls");
  context.crowded = flag(settings, "crowded");
  return std::make_unique<smtp::Inbound>(
      std::make_shared<const smtp::SmtpSettings>(std::move(all)), context);
}

Answer Acceptor::operator()(const Ask& ask) {
  if (std::holds_alternative<Verify>(ask)) return TrustDecision{Verdict::accept, peer, "", {}};
  if (std::holds_alternative<Permit>(ask)) return Permission{permission, "", {}};
  if (std::holds_alternative<Keep>(ask)) return Kept{first_blob};
  if (const Submit* submit = std::get_if<Submit>(&ask)) {
    submissions.push_back(submit->submission);
    return Submitted{"01TEST"};
  }
  return Error{Fault::try_later, "not answered in this test"};
}

EngineBench in_content(const Settings& settings, Acceptor& acceptor) {
  EngineBench bench(make_inbound(settings));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  bench.feed("EHLO b.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
  bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
  bench.take_output();
  return bench;
}

EngineBench opened(const Settings& settings) {
  EngineBench bench(make_inbound(settings));
  bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
  return bench;
}

std::string large_content(std::size_t octets) {
  std::string content(small_content);
  while (content.size() < octets)
    content += "line " + std::to_string(content.size()) + " of a large message\r\n";
  return content;
}

}  // namespace hanse::test
