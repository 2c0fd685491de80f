// SPDX-License-Identifier: Apache-2.0
#pragma once

// The world around a lane or an exchange, with time that is moved by hand: a queue in memory
// that keeps the rules of the store, names, links that do what a test says.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "federation/exchange.h"

namespace hanse::fake {

using namespace std::chrono_literals;

class World final : public Clock, public Timers, public Executor {
 public:
  Instant now() const override { return now_; }
  UtcTime utc() const override { return wall_; }
  TimerKey at(Instant when, std::function<void()> work) override;
  void cancel(TimerKey key) override;
  void post(std::function<void()> work) override { at(now_, std::move(work)); }

  void run_for(Duration duration);            // every timer on the way, in order
  void settle_down() { run_for(0us); }        // what is due right now
  void jump(std::chrono::milliseconds by) { wall_ += by; }   // the wall clock only
  std::size_t timers() const { return timers_.size(); }

 private:
  struct Timer { TimerKey key; std::function<void()> work; };
  Instant now_ = Instant(1000s);
  UtcTime wall_ = from_unix_ms(1'767'697'330'000);   // 2026-01-06T11:02:10Z
  std::multimap<Instant, Timer> timers_;
  TimerKey last_key_ = 0;
};

enum class Leg : std::uint8_t { waiting, active, delivered, failed, expired };

class MemoryQueue final : public Queue, public Blobs {
 public:
  explicit MemoryQueue(World& world) : world_(world) {}

  struct Row {
    std::shared_ptr<const Envelope> envelope;
    Body body;
    hanse::Leg leg;
    Leg state = Leg::active;
    UtcTime due{};
    unsigned attempts = 1;
    Outcome last;
    bool reportable = false;
    UtcTime ended{};
  };
  std::map<DeliveryId, Row> rows;
  std::vector<std::vector<Settlement>> settled;   // each call
  std::size_t claims = 0, expires = 0, reports_ended = 0;
  bool accept_fails = false, claim_fails = false;
  Duration accept_wait = 0us;

  DeliveryId put(const std::string& lane, std::string to = "user@b.example", unsigned attempts = 0);
  std::size_t count(Leg state) const;

  void accept(Acceptance acceptance, std::function<void(Result<Accepted>)> committed) override;
  void claim(std::string_view protocol, std::string_view lane, std::size_t most, UtcTime now,
             bool in_order, std::function<void(Result<Claimed>)> reply) override;
  void settle(std::vector<Settlement> settlements) override;
  void expire(std::string_view protocol, std::string_view lane, UtcTime now,
              UtcTime accepted_before, Outcome outcome) override;
  void reportable(UtcTime failed_before, std::size_t most,
                  std::function<void(Result<std::vector<Reportable>>)> reply) override;
  void settle_reports(std::vector<DeliveryId> ids) override;
  void append(std::int64_t blob, std::string bytes,
              std::function<void(Result<std::int64_t>)> reply) override;
  void discard(std::int64_t) override {}
  void fetch(std::int64_t blob, std::uint64_t offset, std::size_t most,
             std::function<void(Result<std::string>)> reply) override;

 private:
  World& world_;
  Instant answer_at();                 // one after the other
  DeliveryId last_id_ = 0;
  Instant answered_{};
};

class Links;

class FakeLink final : public Link {
 public:
  FakeLink(Links& links, DialRequest asked, LinkEvents& events)
      : request(std::move(asked)), links_(links), events_(events) {}
  ~FakeLink() override;
  void deliver(Work work) override;
  void drain() override;
  const Endpoint& endpoint() const override { return request.endpoint; }

  void connect() { others_left = events_.link_connected(*this); }
  void ready() {
    connect();
    events_.link_ready(*this);
  }
  void answer(Disposition disposition, std::string status = "2.0.0");   // the oldest work, whole
  void settle(DeliveryId id, Outcome outcome) { events_.link_settled(*this, id, outcome); }
  void close(LinkEnd end);                                              // gives back what is open

  DialRequest request;
  std::vector<Work> works;
  bool draining = false, closed = false, others_left = false;

 private:
  Links& links_;
  LinkEvents& events_;
};

// What a dialled host does.
struct Behaviour {
  bool connects = true;
  LinkEnd end;                         // when it does not, or fails in a later stage
  Duration connect_time = 1ms, handshake_time = 0us, work_time = 1ms;
  Disposition disposition = Disposition::delivered;
  std::string status = "2.0.0";
  std::optional<LinkEnd> closes;       // instead of an answer, with the work given back
  bool by_hand = false;                // the test plays the host
};

class Links final : public Dialer {
 public:
  explicit Links(World& world) : world_(world) {}
  std::unique_ptr<Link> dial(DialRequest request, LinkEvents& events) override;

  std::function<Behaviour(const DialRequest&)> behave = [](const DialRequest&) {
    return Behaviour{};
  };
  std::vector<DialRequest> dialled;
  std::vector<FakeLink*> open;         // in the order of dialling
  std::size_t delivered_works = 0, most_in_flight = 0;
  std::vector<std::string> delivered;  // message ids

 private:
  friend class FakeLink;
  void later(FakeLink* link, Duration wait, std::function<void(FakeLink&)> work);
  bool alive(FakeLink* link) const;
  World& world_;
};

class Names final : public Resolver {
 public:
  explicit Names(World& world) : world_(world) {}
  void lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) override;
  std::map<std::string, Result<DnsAnswer>> answers;
  std::vector<std::string> asked;

 private:
  World& world_;
};

// Asks one A question and dials every address of the answer at port 25.
std::unique_ptr<Discovery> ask_addresses(const std::string& lane);
Result<DnsAnswer> addresses(const std::vector<std::string>& all);

std::shared_ptr<LaneTraits> test_traits();
std::shared_ptr<Envelope> message(const std::string& id, UtcTime accepted,
                                  std::string from = "sender@a.example");
Address address(const std::string& text);
LinkEnd refused(std::string what = "connection refused");
Behaviour black_hole();                // never answers

}  // namespace hanse::fake
