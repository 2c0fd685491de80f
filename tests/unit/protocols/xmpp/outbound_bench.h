// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocols/xmpp/outbound.h"
#include "server/base/limits.h"

namespace hanse::xmpp::test {

// A wall clock that stands still unless it is moved.
class StillClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  UtcTime utc() const override { return utc_; }
  Instant now_{std::chrono::hours(1)};
  UtcTime utc_ = from_unix_ms(1'700'000'000'000);
};

// One outgoing stream without a network: what it says, asks and settles is kept.
class OutboundBench final : public Outbox {
 public:
  explicit OutboundBench(OutboundContext context = {}, XmppSettings settings = sample_settings());
  static XmppSettings sample_settings();
  static OutboundContext sample_context();

  void open();
  void feed(std::string_view bytes);
  void tls_up();
  void trust(Verdict verdict, std::string why = "");
  void answer(Answer answer);                  // to the last question
  void deliver(Work work);
  void drain();
  void close();
  void pass(Duration time);
  std::string take();                          // what was sent since the last time

  // The way to a stream that carries works; `offered` goes into the last features.
  void negotiate(std::string_view offered = "");

  static std::string head(std::string_view id);
  static std::string features(std::string_view inside);
  static Work message(DeliveryId id, std::string_view body, Flow flow = Flow::durable);

  void send(std::string_view bytes) override { sent_.append(bytes); }
  std::size_t untaken() const override { return untaken_; }
  void start_tls(TlsWish wish) override { wishes_.push_back(std::move(wish)); }
  void set_timer(TimerId timer, Instant at) override { timers_.at(timer) = at; }
  void cancel_timer(TimerId timer) override { timers_.at(timer) = Instant::max(); }
  AskId ask(Ask ask) override;
  void discard(std::int64_t) override {}
  void pass(Submission submission) override { passed_.push_back(std::move(submission)); }
  void ready() override { ++ready_; }
  void serve(std::string_view, bool) override {}
  void wake(std::string_view) override {}
  void settle(DeliveryId id, Outcome outcome) override { settled_.emplace_back(id, outcome); }
  void promise(LegacyKey key) override { promised_.push_back(std::move(key)); }
  void leave(LegacyKey key, std::shared_ptr<const Legacy> legacy) override {
    left_.emplace_back(std::move(key), std::move(legacy));
  }
  void hang_up() override { ++hung_up_; }
  void fail(LinkEnd end) override { ends_.push_back(std::move(end)); }
  void note(Level, std::string_view event, std::string_view text) override;

  StillClock clock_;
  std::shared_ptr<const XmppSettings> settings_;
  std::unique_ptr<Outbound> engine_;
  std::string sent_, log_;
  std::vector<TlsWish> wishes_;
  std::vector<Ask> asked_;
  std::vector<Submission> passed_;
  std::vector<std::pair<DeliveryId, Outcome>> settled_;
  std::vector<LinkEnd> ends_;
  std::vector<LegacyKey> promised_;
  std::vector<std::pair<LegacyKey, std::shared_ptr<const Legacy>>> left_;
  std::shared_ptr<const Legacy> inherited_;    // what is found when it asks; it is answered at once
  bool finds_late_ = false;                    // or by the test
  int ready_ = 0, hung_up_ = 0;
  std::size_t untaken_ = 0;                    // of what was sent

 private:
  void event(Event one);
  std::array<Instant, limits::timers_per_engine_max> timers_{};
};

}  // namespace hanse::xmpp::test
