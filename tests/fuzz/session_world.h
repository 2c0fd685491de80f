// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/base/log.h"
#include "server/session/session.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {

// One session with everything around it played by a script: the wire, the answers, the time.
// Watches what must hold for every protocol: questions are answered once, blobs end somewhere,
// each delivery is settled once, all timers end.
class SessionWorld final : public Wire, public Services, public SessionEvents, public Clock {
 public:
  // How a question is answered when all is well. Keep and Fetch are the world's own.
  using Answerer = std::function<Answer(const Ask&)>;

  SessionWorld(std::unique_ptr<Engine> engine, Answerer answerer);
  ~SessionWorld() override;

  void give_when_ready(Work work) { works_.push_back(std::move(work)); }
  void hold_blob(std::int64_t blob, std::string bytes) { blobs_[blob] = std::move(bytes); }

  // The whole life of the connection; the script chops and disturbs. Ends closed and settled.
  void play(std::string_view script_and_bytes);

  const std::string& written() const { return written_; }
  const std::vector<Submission>& submissions() const { return submissions_; }
  const std::map<DeliveryId, Outcome>& outcomes() const { return outcomes_; }
  std::string body_of(const Submission& submission) const;

  void write(std::string_view bytes) override;
  std::size_t unwritten() const override { return 0; }
  void start_tls(TlsWish) override;
  void read(bool wanted) override { reading_ = wanted; }
  void close_after_write() override { closing_ = true; }
  void set_deadline(std::optional<Instant> at) override { deadline_ = at; }
  void answer(Ask ask, std::function<void(Answer)> reply) override;
  void discard(std::int64_t blob) override;
  void pass(Submission&& submission) override { submissions_.push_back(std::move(submission)); }
  void wake(const std::string&, const std::string&) override {}
  void session_serves(const std::string&, bool) override { ready_ = true; }
  void session_ready() override { ready_ = true; }
  void session_settled(DeliveryId id, Outcome outcome) override;
  Instant now() const override { return now_; }
  UtcTime utc() const override { return from_unix_ms(1'700'000'000'000); }

 private:
  struct Question {
    Ask ask;
    std::function<void(Answer)> reply;
  };

  void step(std::uint8_t decision, std::string_view& bytes);
  void feed(std::string_view& bytes, std::size_t most);
  void finish_tls(bool well);
  void answer_first(bool well);
  void answer_all();
  void deliver_all();
  void ring();
  void end();
  Answer good_answer(const Ask& ask);
  Answer keep(const Keep& keep);
  Answer fetch(const Fetch& fetch) const;

  Answerer answerer_;
  Log log_{*this, [](std::string_view) {}};
  std::unique_ptr<Session> session_;
  std::deque<Question> questions_;
  std::deque<Work> works_;
  std::map<std::int64_t, std::string> blobs_;
  std::set<std::int64_t> unfinished_;            // made by Keep, neither submitted nor discarded
  std::set<DeliveryId> given_;
  std::map<DeliveryId, Outcome> outcomes_;
  std::vector<Submission> submissions_;
  std::string written_;
  Instant now_{std::chrono::hours(1)};
  std::optional<Instant> deadline_;
  std::int64_t last_blob_ = 1000;
  bool reading_ = true, closing_ = false, ready_ = false, tls_wanted_ = false, tls_up_ = false;
};

}  // namespace hanse::fuzz
