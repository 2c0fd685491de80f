// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "server/session/feed_window.h"
#include "server/session/pair_order.h"
#include "server/session/session.h"
#include "server/session/tap.h"

namespace hanse {

// The outbox collects what the engine wants during one event; flush() carries it out afterwards,
// so that an engine is never entered twice. session.cpp: events, output, back-pressure;
// session_questions.cpp: what it asks and hands on.
struct Session::State final : Outbox, std::enable_shared_from_this<Session::State> {
  struct Settled { DeliveryId id; Outcome outcome; };
  struct Manner { bool held_input, beyond; };   // of a question

  State(std::unique_ptr<Engine> engine, Wire& wire, Services& services, const Clock& clock,
        Log& log, std::string protocol, std::string connection, SessionEvents* events);

  // ---- session.cpp: events ----
  void handle(Event event);
  void break_down();
  void end();
  void ring();
  void deliver(Work work);
  void return_works();
  void feed_works();
  void written();

  // ---- what the engine does ----
  void send(std::string_view bytes) override { output_.append(bytes); }
  std::size_t untaken() const override { return output_.size() + wire_.untaken(); }
  void start_tls(TlsWish wish) override { tls_ = std::make_unique<TlsWish>(std::move(wish)); }
  void set_timer(TimerId timer, Instant at) override { timers_.at(timer) = at; }
  void cancel_timer(TimerId timer) override { timers_.at(timer) = Instant::max(); }
  AskId ask(Ask ask) override;
  void discard(std::int64_t blob) override;
  void pass(Submission submission) override;
  void ready() override { ready_now_ = true; }
  void serve(std::string_view lane, bool beside) override {
    for (const auto& tap : taps_) tap->serves(lane);
    serves_.emplace_back(lane, beside);
  }
  void wake(std::string_view lane) override { woken_.emplace_back(lane); }
  void settle(DeliveryId id, Outcome outcome) override {
    if (outcome.disposition == Disposition::delivered) ++messages_;
    settled_.push_back({id, std::move(outcome)});
  }
  void promise(LegacyKey key) override { promising_.push_back(std::move(key)); }
  void leave(LegacyKey key, std::shared_ptr<const Legacy> legacy) override {
    leaving_.emplace_back(std::move(key), std::move(legacy));
  }
  void hang_up() override { hang_up_now_ = true; }
  void fail(LinkEnd end) override;
  void note(Level level, std::string_view event, std::string_view text) override;

  // ---- session.cpp: carrying it out ----
  void flush(bool last);
  void report_to_lane();
  bool may_feed();
  void steer();

  // ---- session_questions.cpp ----
  void ask_questions(bool last);
  void open_question(Question question);
  void put_question(Question&& question);
  void answered(AskId id, Manner manner, Answer answer);
  void go_on(const std::string& pair);
  void count_in(Submission& submission);
  void put_inherit(AskId id, const LegacyKey& key);
  void answered_beyond(Answered event);
  void settle_legacies();
  void break_promises();
  void put_delayed();
  void observe(const Ask& ask);
  void observe(const Answer& answer);
  void drop_passed();

  std::unique_ptr<Engine> engine_;
  Wire& wire_;
  Services& services_;
  const Clock& clock_;
  Log& log_;
  std::string protocol_, connection_, remote_;
  SessionEvents* events_;
  std::string claimed_, judged_;              // whom its peer claims to be, the last time
  std::uint64_t messages_ = 0;
  std::vector<std::unique_ptr<Tap>> taps_;    // mostly none

  std::vector<Event> inbox_;
  std::string output_;
  std::unique_ptr<TlsWish> tls_;
  std::vector<Question> questions_, delayed_;
  std::size_t asked_last_ = 0;         // in one turn: as many will come in the next
  std::vector<Settled> settled_;
  PairOrder order_;
  bool lost_ = false;                     // the store broke under a commit
  std::shared_ptr<FeedWindow> window_;        // null: nothing was handed on yet
  std::deque<Work> works_;                    // not yet with the engine
  std::vector<std::pair<std::string, bool>> serves_;   // lanes, and whether beside other links
  std::vector<std::string> woken_;            // lanes
  std::vector<LegacyKey> promising_;          // in this turn
  std::vector<std::pair<LegacyKey, std::shared_ptr<const Legacy>>> leaving_;   // likewise
  std::vector<LegacyKey> promised_;           // and not left
  std::vector<std::int64_t> blobs_;           // made by Keep, not yet part of a Submit
  std::array<Instant, limits::timers_per_engine_max> timers_{};
  Instant deadline_ = Instant::max();
  Instant feed_again_ = Instant::max();       // then read on, though the window is full
  LinkEnd end_;
  AskId last_ask_ = 0;
  std::uint16_t asks_open_ = 0, asks_holding_ = 0, beyond_open_ = 0;
  bool running_ = false, closed_ = false, reading_ = true, hanging_up_ = false;
  bool broken_ = false;                       // the engine has thrown
  bool ready_now_ = false, was_ready_ = false, hang_up_now_ = false, end_known_ = false;
};

}  // namespace hanse
