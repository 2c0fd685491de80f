// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/smtp/outbound_bench.h"

#include <algorithm>

#include "server/base/limits.h"

namespace hanse::test {

using namespace std::chrono_literals;

std::shared_ptr<const smtp::SmtpSettings> sending_settings(std::size_t recipients_max,
                                                           bool try_next) {
  smtp::SmtpSettings all;
  all.node.domain = "a.example";
  all.out.helo_name = "a.example";
  all.out.recipients_per_transaction = recipients_max;
  all.out.try_next = try_next;
  all.out.banner_wait = all.out.ehlo_wait = all.out.starttls_wait = 300s;
  all.out.mail_wait = all.out.rcpt_wait = 300s;
  all.out.data_wait = 120s;
  all.out.block_wait = 180s;
  all.out.end_wait = 600s;
  all.out.reset_wait = 20s;
  return std::make_shared<const smtp::SmtpSettings>(std::move(all));
}

OutboundBench::OutboundBench(TlsLevel tls, std::size_t recipients_max, bool others_left,
                             bool try_next) {
  OutboundContext context;
  context.lane = "b.example";
  context.endpoint = {"mx.b.example", "192.0.2.7", 25, {"b.example"}, false};
  context.tls = tls;
  context.others_left = others_left;
  engine_ = std::make_unique<smtp::Outbound>(context, sending_settings(recipients_max, try_next));
  timers_.fill(Instant::max());
}

void OutboundBench::open() { event(Opened{"192.0.2.1", "192.0.2.7", 25}); }

void OutboundBench::tls_up(bool verified) {
  event(TlsUp{{"TLSv1.3", "TLS_AES_256_GCM_SHA384", "ab12", verified,
               verified ? "" : "self-signed certificate"}});
}

void OutboundBench::server(std::string_view bytes) {
  std::string wire;
  for (const char c : bytes) wire.append(c == '\n' ? "\r\n" : std::string(1, c));
  event(Received{wire});
  while (answers_trust_ && !open_.empty() && fetches_.empty())
    answer(TrustDecision{verdict_, "", "as the test says", {}});
}

void OutboundBench::pass(Duration time) {
  const Instant end = now_ + time;
  for (;;) {
    const auto earliest = std::min_element(timers_.begin(), timers_.end());
    if (*earliest > end) break;
    now_ = std::max(now_, *earliest);
    *earliest = Instant::max();
    event(Rang{static_cast<TimerId>(earliest - timers_.begin())});
  }
  now_ = end;
}

void OutboundBench::answer(Answer answer) {
  const AskId id = open_.front();
  open_.pop_front();
  event(Answered{id, std::move(answer)});
}

void OutboundBench::answer_fetches() {
  while (!fetches_.empty()) {
    const Fetch fetch = fetches_.front();
    fetches_.pop_front();
    answer(Fetched{stored_.substr(fetch.offset, fetch.most)});
  }
}

void OutboundBench::become_ready(std::string_view extensions) {
  open();
  server("220 mx.b.example ESMTP\n");
  std::string reply = "250-mx.b.example\n";
  while (!extensions.empty()) {
    const std::size_t end = extensions.find('\n');
    reply.append("250-").append(extensions.substr(0, end + 1));
    extensions.remove_prefix(end + 1);
  }
  reply += "250 HELP\n";
  server(reply);
  sent();
  story();
}

void OutboundBench::deliver(const std::vector<std::string>& to, std::string body,
                            std::string native, bool stored) {
  auto envelope = std::make_shared<Envelope>();
  envelope->id = "01TEST";
  envelope->from = {"smtp", "alice", "a.example"};
  envelope->native = std::move(native);
  Work work;
  for (const std::string& text : to) {
    const std::size_t at = text.rfind('@');
    const Address address{"smtp", text.substr(0, at), text.substr(at + 1)};
    envelope->to.push_back(address);
    work.targets.push_back({++last_id_, address, 1});
  }
  work.envelope = std::move(envelope);
  work.body.size = body.size();
  if (stored) {
    stored_ = std::move(body);
    work.body.blob = 9;
  } else {
    work.body.bytes = std::make_shared<const std::string>(std::move(body));
  }
  event(Deliver{std::move(work)});
}

std::string OutboundBench::sent() {
  std::string out = sent_raw();
  std::erase(out, '\r');
  return out;
}

void OutboundBench::start_tls(TlsWish wish) {
  story_.append("tls ").append(wish.name);
  for (const std::string& one : wish.also) story_.append(" or ").append(one);
  story_ += '\n';
}

AskId OutboundBench::ask(Ask ask) {
  if (const Verify* verify = std::get_if<Verify>(&ask)) trust_asked_ = *verify;
  if (const Fetch* fetch = std::get_if<Fetch>(&ask)) fetches_.push_back(*fetch);
  open_.push_back(++last_ask_);
  return last_ask_;
}

void OutboundBench::settle(DeliveryId id, Outcome outcome) {
  static constexpr std::string_view names[] = {"delivered", "deferred", "failed", "returned"};
  story_.append(std::to_string(id)).append(" ");
  story_.append(names[static_cast<std::size_t>(outcome.disposition)]).append(" ");
  story_.append(outcome.status).append(outcome.ambiguous ? " ambiguous\n" : "\n");
  ++settled_[id];
  outcomes_[id] = std::move(outcome);
}

void OutboundBench::fail(LinkEnd end) {
  if (end.orderly) {
    story_ += "end in order\n";
    return;
  }
  story_ += end.stage == LinkEnd::Stage::handshake ? "failed before ready " : "failed ";
  story_.append(end.status).append(end.tls_failed ? " (TLS)" : "");
  story_.append(end.fault == Fault::never ? " for good\n" : "\n");
}

}  // namespace hanse::test
