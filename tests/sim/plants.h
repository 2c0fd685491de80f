// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "federation/ports.h"
#include "server/base/executor.h"

namespace hanse::sim {

// Known bugs put in on purpose: the auditor must find them.
enum class Plant : std::uint8_t { none, ack_before_commit, forget_leg, overtake, count_ahead };
std::optional<Plant> parse_plant(std::string_view text);

// Passes everything on to the queue below.
class PlantedQueue : public Queue {
 public:
  explicit PlantedQueue(Queue& below) : below_(below) {}

  void accept(Acceptance acceptance, std::function<void(Result<Accepted>)> committed) override {
    below_.accept(std::move(acceptance), std::move(committed));
  }
  void settle(std::vector<Settlement> settlements) override {
    below_.settle(std::move(settlements));
  }
  void claim(std::string_view protocol, std::string_view lane, std::size_t most, UtcTime now,
             bool in_order, std::function<void(Result<Claimed>)> reply) override {
    below_.claim(protocol, lane, most, now, in_order, std::move(reply));
  }
  void expire(std::string_view protocol, std::string_view lane, UtcTime now,
              UtcTime accepted_before, Outcome outcome) override {
    below_.expire(protocol, lane, now, accepted_before, std::move(outcome));
  }
  void reportable(UtcTime failed_before, std::size_t most,
                  std::function<void(Result<std::vector<Reportable>>)> reply) override {
    below_.reportable(failed_before, most, std::move(reply));
  }
  void settle_reports(std::vector<DeliveryId> ids) override {
    below_.settle_reports(std::move(ids));
  }

 protected:
  Queue& below_;
};

// A queue that says "committed" before anything is on the disk. The legs get numbers of their own
// until the real ones are known.
class HastyQueue final : public PlantedQueue {
 public:
  HastyQueue(Queue& below, Executor& home) : PlantedQueue(below), home_(home) {}

  void accept(Acceptance acceptance, std::function<void(Result<Accepted>)> committed) override;
  void settle(std::vector<Settlement> settlements) override;

 private:
  Executor& home_;
  std::map<DeliveryId, DeliveryId> real_;             // ours -> the store's
  std::map<DeliveryId, std::vector<Settlement>> early_;   // results that came before
  DeliveryId last_ = -1;                              // the store's are positive
};

// A queue that lets what goes back in order wait a little, so that newer ones come before it.
class OvertakingQueue final : public PlantedQueue {
 public:
  OvertakingQueue(Queue& below, const Clock& clock) : PlantedQueue(below), clock_(clock) {}
  void settle(std::vector<Settlement> settlements) override;

 private:
  const Clock& clock_;
};

// Null: the plant is not one of the queue's.
std::unique_ptr<Queue> plant_queue(Plant plant, Queue& below, Executor& home, const Clock& clock);

}  // namespace hanse::sim
