// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "server/base/executor.h"

namespace hanse {

class Shards;

// What a connection leaves to the one that takes its place. Immutable; only its protocol knows what
// is in it.
class Legacy {
 public:
  virtual ~Legacy() = default;
  virtual std::size_t bytes() const { return 0; }   // in memory, about
};

// Where it is kept: with all that concern one peer, under a name that may be a secret.
struct LegacyKey {
  std::string protocol, place, name;
  auto operator<=>(const LegacyKey&) const = default;
};

// What connections of one node leave to those that take their places. Each place has its shard, by
// its name, as lanes have; the other shards send there. It is kept in memory for a while, in
// bounded number, and gone with the process: whoever finds nothing does without. Thread: its shard.
class Legacies {
 public:
  Legacies(Shards& shards, const Clock& clock, Timers& timers, std::shared_ptr<ShardDoor> door);
  ~Legacies();
  Legacies(const Legacies&) = delete;
  Legacies& operator=(const Legacies&) = delete;

  // For connections of this shard. `wanted` and `reply` run on it, never from inside.
  void promise(const LegacyKey& key, std::function<void()> wanted);
  void leave(const LegacyKey& key, std::shared_ptr<const Legacy> legacy);
  // Answers once what was promised is left; with null when there is nothing. It is gone then.
  using Heir = std::function<void(std::shared_ptr<const Legacy>)>;
  void inherit(const LegacyKey& key, Heir reply);

  std::size_t count() const { return entries_.size(); }   // kept on this shard

 private:
  struct Entry {
    std::function<void()> wanted;             // null: it is left, no longer promised
    std::shared_ptr<const Legacy> legacy;
    Heir heir;                                // waits for it
    Instant until = Instant::max();           // when it is left
    std::uint64_t number = 0;                 // 0: promised
    std::size_t bytes = 0;
  };
  using Entries = std::map<LegacyKey, Entry>;

  void answered(std::uint64_t number, std::shared_ptr<const Legacy> legacy);

  // On the shard that keeps the place.
  void promised(const LegacyKey& key, std::function<void()> wanted);
  void left(const LegacyKey& key, std::shared_ptr<const Legacy> legacy);
  void asked(const LegacyKey& key, Heir heir);
  void keep(const LegacyKey& key, std::shared_ptr<const Legacy> legacy);
  void make_room(const LegacyKey& key, std::size_t bytes);
  void forget(Entries::iterator entry);
  void sweep();
  void arm();

  Shards& shards_;
  const Clock& clock_;
  Timers& timers_;
  const std::shared_ptr<ShardDoor> door_;
  std::map<std::uint64_t, Heir> asking_;      // connections of this shard; they stay here
  std::uint64_t last_asking_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);

  Entries entries_;                           // kept here
  std::map<std::uint64_t, LegacyKey> in_order_;      // those that are left, oldest first
  std::uint64_t last_number_ = 0;
  std::size_t bytes_ = 0;                     // of all that is left
  TimerKey timer_ = 0;
  bool armed_ = false;
};

}  // namespace hanse
