// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/session/session.h"
#include "tests/catch.h"

namespace hanse {

// An engine whose reaction to each event is given by the test.
struct ScriptedEngine final : Engine {
  using Script = std::function<void(Event&, Instant, Outbox&)>;
  explicit ScriptedEngine(Script script) : script_(std::move(script)) {}
  void on(Event event, Instant now, Outbox& out) override { script_(event, now, out); }
  Script script_;
};

struct FakeClock final : Clock {
  Instant now() const override { return now_; }
  UtcTime utc() const override { return UtcTime{}; }
  Instant now_{std::chrono::hours(1)};
};

struct FakeWire final : Wire {
  void write(std::string_view bytes) override { written_.append(bytes); }
  std::size_t unwritten() const override { return unwritten_; }
  void start_tls(TlsWish wish) override {
    calls_ += "tls(" + wish.name + ") after \"" + written_ + "\";";
  }
  void read(bool wanted) override { calls_ += wanted ? "resume;" : "pause;"; }
  void close_after_write() override { calls_ += "close;"; }
  void set_deadline(std::optional<Instant> at) override {
    deadline_ = at;
    ++deadlines_set_;
  }
  std::string written_, calls_;
  std::size_t unwritten_ = 0;
  std::optional<Instant> deadline_;
  int deadlines_set_ = 0;
};

struct FakeServices final : Services {
  void answer(Ask ask, std::function<void(Answer)> reply) override {
    if (at_once_) {
      reply(*at_once_);
      return;
    }
    asked_.push_back(std::move(ask));
    replies_.push_back(std::move(reply));
  }
  void pass(Submission&& submission) override { passed_.push_back(std::move(submission)); }
  void wake(const std::string& protocol, const std::string& lane) override {
    woken_.push_back(protocol + " " + lane);
  }
  void promise(const LegacyKey& key, std::function<void()> wanted) override {
    promised_.push_back(key);
    wanted_.push_back(std::move(wanted));
  }
  void leave(const LegacyKey& key, std::shared_ptr<const Legacy> legacy) override {
    left_.emplace_back(key, std::move(legacy));
  }
  void discard(std::int64_t blob) override { discarded_.push_back(blob); }
  std::shared_ptr<ShardDoor> door() override { return door_; }
  std::shared_ptr<ShardDoor> door_;
  std::vector<Submission> passed_;
  std::vector<std::string> woken_;
  std::optional<Answer> at_once_;
  std::vector<Ask> asked_;
  std::vector<std::function<void(Answer)>> replies_;
  std::vector<std::int64_t> discarded_;
  std::vector<LegacyKey> promised_;
  std::vector<std::function<void()>> wanted_;
  std::vector<std::pair<LegacyKey, std::shared_ptr<const Legacy>>> left_;
};

struct FakeEvents final : SessionEvents {
  void session_serves(const std::string& lane, bool) override { story_ += "serves " + lane + ";"; }
  void session_ready() override { story_ += "ready;"; }
  void session_settled(DeliveryId id, Outcome) override {
    story_ += "settled " + std::to_string(id) + ";";
  }
  std::string story_;
};

struct Bench {
  explicit Bench(ScriptedEngine::Script script)
      : session_(std::make_unique<ScriptedEngine>(std::move(script)), wire_, services_, clock_,
                 log_, "proto", "s0-1", &events_) {}
  FakeClock clock_;
  Log log_{clock_, [](std::string_view) {}};
  FakeWire wire_;
  FakeServices services_;
  FakeEvents events_;
  Session session_;
};

}  // namespace hanse
