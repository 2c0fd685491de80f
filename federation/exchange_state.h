// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "federation/exchange.h"
#include "federation/handed_on.h"
#include "federation/intake.h"
#include "federation/lane_table.h"
#include "federation/report_desk.h"

namespace hanse {

// What the store holds of which its lane does not know; 0: nothing that has come since the start.
struct Missed {
  DeliveryId oldest = 0, newest = 0;
};

// Swift works that are being stored on their way to one lane, and what only memory holds behind
// them: how many of those go before it.
struct Detours {
  std::size_t open = 0;
  std::deque<std::pair<std::size_t, LaneShare>> behind;
};

// The parts of an exchange. exchange.cpp: its face, what is kept, the tick; exchange_flow.cpp: what
// is handed on from memory.
struct Exchange::State final : LaneHost {
  State(ExchangeParts exchange_parts, std::shared_ptr<const Policy> first_policy);
  ~State() override;

  // LaneHost
  bool may_store() const override { return !pressure->disk_low; }
  void undelivered(const Work& work, const Outcome& outcome) override;

  void pass(Submission&& submission);
  void convey(Submission submission, std::function<void(Result<Outcome>)> reply);
  void send(LaneShare share);
  void store(LaneShare share);
  void end_detour(const LaneKey& key);
  void wait_behind(LaneShare share), hand_behind(LaneShare share);
  void submit(Submission submission, std::function<void(Result<std::string>)> committed);
  void hand_over(std::vector<LaneShare> shares);
  bool barred(const LaneShare& share) const;
  void give_back(const std::string& protocol, const Work& work, std::string_view why);
  bool strays(const std::string& protocol, std::string_view lane, const Work& work) const;
  void send_back(const std::string& protocol, const std::string& lane, Work work);
  void nudge(const LaneKey& key, const Missed& what = {});
  void miss(const LaneKey& key, const Work& work);
  void warn_of_lookalike(const Claim& claim);
  void set_up(const std::vector<std::shared_ptr<const LaneTraits>>& traits);
  void tick();
  void arm();

  ExchangeParts parts;
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const StorePressure> pressure = std::make_shared<StorePressure>();
  LaneTable lanes;
  Intake intake;
  ReportDesk desk;
  std::map<LaneKey, Missed> missed;
  HandedOn handed_on;
  std::map<LaneKey, Detours> detours;
  std::shared_ptr<ShardDoor> askers = std::make_shared<ShardDoor>();
  Legacies legacies{parts.shards, parts.clock, parts.timers, askers};
  std::set<std::string> lookalikes_told;
  std::size_t commits_open = 0;
  bool makes_reports = false, draining = false, armed = false;
  TimerKey timer = 0;
  std::shared_ptr<int> alive = std::make_shared<int>(0);
};

}  // namespace hanse
