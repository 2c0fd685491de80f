// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocols/smtp/outbound.h"

namespace hanse::test {

// An outbound engine of a.example on its way to mx.b.example, with a test in the place of the
// server. What it does is kept as text: bytes to the server apart from the rest.
class OutboundBench final : public Outbox {
 public:
  explicit OutboundBench(TlsLevel tls = TlsLevel::off, std::size_t recipients_max = 50,
                         bool others_left = false, bool try_next = false);

  void event(Event event) { engine_->on(std::move(event), now_, *this); }
  void open();
  void tls_up(bool verified);
  void server(std::string_view bytes);            // CRLF stands in for each "\n"
  void server_raw(std::string_view bytes) { event(Received{bytes}); }
  void closed(std::string why = "closed by peer") { event(Closed{false, std::move(why)}); }
  void pass(Duration time);
  void answer(Answer answer);                     // the oldest open question

  // An open connection, ready for work, with these extensions offered.
  void become_ready(std::string_view extensions = "PIPELINING\n8BITMIME\nSIZE 10000\n");

  // Target ids are 1, 2, ... ; the body is in memory, or in the store when `stored`.
  void deliver(const std::vector<std::string>& to, std::string body = "From: x\r\n\r\nhi\r\n",
               std::string native = "", bool stored = false);

  std::string sent();                             // since the last call, "\n" for CRLF
  std::string sent_raw() { return std::exchange(sent_, {}); }
  std::string story() { return std::exchange(story_, {}); }
  Outcome outcome(DeliveryId id) const { return outcomes_.at(id); }
  std::size_t settled(DeliveryId id) const { return settled_.count(id) ? settled_.at(id) : 0; }

  void send(std::string_view bytes) override { sent_.append(bytes), ++writes_; }
  void start_tls(TlsWish wish) override;
  void pass(Submission) override {}
  void serve(std::string_view, bool) override {}
  void wake(std::string_view) override {}
  void set_timer(TimerId timer, Instant at) override { timers_.at(timer) = at; }
  void cancel_timer(TimerId timer) override { timers_.at(timer) = Instant::max(); }
  AskId ask(Ask ask) override;
  void discard(std::int64_t) override {}
  void ready() override { story_ += "ready\n"; }
  void settle(DeliveryId id, Outcome outcome) override;
  void hang_up() override { story_ += "hang up\n"; }
  void fail(LinkEnd end) override;
  void note(Level, std::string_view event, std::string_view) override {
    notes_.append(event) += '\n';
  }

  Verdict verdict_ = Verdict::accept;             // of the trust question, answered at once
  bool answers_trust_ = true;
  unsigned writes_ = 0;
  std::string notes_;
  Verify trust_asked_;
  DeliveryId last_id_ = 0;
  std::deque<Fetch> fetches_;
  std::string stored_;                            // what a Fetch reads

  void answer_fetches();                          // until none is open

 private:
  std::unique_ptr<Engine> engine_;
  Instant now_{std::chrono::hours(1)};
  std::string sent_, story_;
  std::deque<AskId> open_;
  AskId last_ask_ = 0;
  std::array<Instant, limits::timers_per_engine_max> timers_{};
  std::map<DeliveryId, Outcome> outcomes_;
  std::map<DeliveryId, std::size_t> settled_;
};

std::shared_ptr<const smtp::SmtpSettings> sending_settings(std::size_t recipients_max = 50,
                                                           bool try_next = false);

}  // namespace hanse::test
