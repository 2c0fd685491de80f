// SPDX-License-Identifier: Apache-2.0
#pragma once

// An engine without anything around it: what it does is recorded, time is moved by hand and
// questions are answered by the test.

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocols/engine.h"
#include "server/base/limits.h"

namespace hanse::test {

constexpr std::int64_t first_blob = 1;   // the handle a test answers to the first Keep

class EngineBench final : public Outbox {
 public:
  struct Question {
    AskId id;
    Ask ask;
  };
  using Answerer = std::function<Answer(const Ask&)>;

  explicit EngineBench(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {
    timers_.fill(Instant::max());
  }

  void event(Event event) { engine_->on(std::move(event), now_, *this); }
  void feed(std::string_view bytes) { event(Received{bytes}); }
  // Answers open questions, and those that follow from the answers, in the order they came.
  void answer_all(const Answerer& answerer);
  void answer_first(Answer answer);
  void pass(Duration time);   // timers ring in order

  std::string take_output() { return std::exchange(output_, {}); }
  // The bytes of a submitted body, wherever they are.
  std::string body_of(const Submission& submission) const;

  void send(std::string_view bytes) override;
  std::size_t untaken() const override { return untaken_; }
  void start_tls(TlsWish wish) override {
    wish_ = std::move(wish);
    ++tls_started_;
  }
  void pass(Submission submission) override { passed_.push_back(std::move(submission)); }
  void serve(std::string_view lane, bool beside) override {
    served_.emplace_back(std::string(lane) + (beside ? " beside" : ""));
  }
  void wake(std::string_view lane) override { woken_.emplace_back(lane); }
  void set_timer(TimerId timer, Instant at) override { timers_.at(timer) = at; }
  void cancel_timer(TimerId timer) override { timers_.at(timer) = Instant::max(); }
  AskId ask(Ask ask) override;
  void discard(std::int64_t blob) override { blobs_.erase(blob); }
  void ready() override {}
  void settle(DeliveryId id, Outcome outcome) override { settled_.emplace_back(id, outcome); }
  void promise(LegacyKey key) override { promised_.push_back(std::move(key)); }
  void leave(LegacyKey key, std::shared_ptr<const Legacy> legacy) override {
    left_.emplace_back(std::move(key), std::move(legacy));
  }
  void hang_up() override { ++hung_up_; }
  void fail(LinkEnd end) override { ends_.push_back(std::move(end)); }
  void note(Level, std::string_view event, std::string_view text) override;

  std::unique_ptr<Engine> engine_;
  Instant now_{std::chrono::hours(1)};
  std::string output_;
  std::vector<Submission> passed_;
  TlsWish wish_;
  std::vector<std::string> served_, woken_;
  std::vector<LinkEnd> ends_;
  std::vector<std::pair<DeliveryId, Outcome>> settled_;
  std::vector<LegacyKey> promised_;
  std::vector<std::pair<LegacyKey, std::shared_ptr<const Legacy>>> left_;
  std::string log_;
  unsigned writes_ = 0, tls_started_ = 0, hung_up_ = 0;
  std::size_t untaken_ = 0;   // of what was sent
  std::deque<Question> open_;
  std::map<std::int64_t, std::string> blobs_;
  std::array<Instant, limits::timers_per_engine_max> timers_{};

 private:
  AskId last_ask_ = 0;
};

// "permit <a@b> -> <c@d>", "lookup b.example MX": the words of transcripts.
std::string describe(const Ask& ask);

}  // namespace hanse::test
