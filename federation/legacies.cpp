// SPDX-License-Identifier: Apache-2.0
#include "federation/legacies.h"

#include <utility>

#include "federation/exchange.h"
#include "server/base/limits.h"

namespace hanse {

namespace {

void post(const ShardDoor& door, std::function<void()> work) {
  if (Executor* const executor = door.executor.load()) executor->post(std::move(work));
}

}  // namespace

Legacies::Legacies(Shards& shards, const Clock& clock, Timers& timers,
                   std::shared_ptr<ShardDoor> door)
    : shards_(shards), clock_(clock), timers_(timers), door_(std::move(door)) {}

Legacies::~Legacies() {
  if (armed_) timers_.cancel(timer_);
}

// ---- from the connections of this shard ----

void Legacies::promise(const LegacyKey& key, std::function<void()> wanted) {
  shards_.visit(key.protocol, key.place,
                [key, door = door_, wanted = std::move(wanted)](Exchange& keeper) {
                  keeper.legacies().promised(key, [door, wanted] { post(*door, wanted); });
                });
}

void Legacies::leave(const LegacyKey& key, std::shared_ptr<const Legacy> legacy) {
  shards_.visit(key.protocol, key.place, [key, legacy = std::move(legacy)](Exchange& keeper) {
    keeper.legacies().left(key, legacy);
  });
}

// Only a number travels: whoever asks is let go of on its own thread.
void Legacies::inherit(const LegacyKey& key, Heir reply) {
  const std::uint64_t number = ++last_asking_;
  asking_.emplace(number, std::move(reply));
  const Heir answer = [this, token = std::weak_ptr(alive_), door = door_,
                       number](const std::shared_ptr<const Legacy>& legacy) {
    post(*door, [this, token, number, legacy] {
      if (!token.expired()) answered(number, legacy);
    });
  };
  const bool sent = shards_.visit(key.protocol, key.place, [key, answer](Exchange& keeper) {
    keeper.legacies().asked(key, answer);
  });
  if (!sent) answer(nullptr);
}

void Legacies::answered(std::uint64_t number, std::shared_ptr<const Legacy> legacy) {
  auto asked = asking_.extract(number);
  if (!asked.empty()) asked.mapped()(std::move(legacy));
}

// ---- where it is kept ----

void Legacies::promised(const LegacyKey& key, std::function<void()> wanted) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) forget(found);
  entries_[key].wanted = std::move(wanted);
}

void Legacies::left(const LegacyKey& key, std::shared_ptr<const Legacy> legacy) {
  Heir heir;
  if (const auto found = entries_.find(key); found != entries_.end()) {
    heir = std::move(found->second.heir);
    forget(found);
  }
  if (heir) heir(std::move(legacy));
  else if (legacy != nullptr) keep(key, std::move(legacy));
}

void Legacies::asked(const LegacyKey& key, Heir heir) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return heir(nullptr);
  Entry& entry = found->second;
  if (!entry.wanted) {
    const std::shared_ptr<const Legacy> legacy = std::move(entry.legacy);
    forget(found);
    return heir(legacy);
  }
  if (entry.heir) std::exchange(entry.heir, nullptr)(nullptr);   // the latest is there for sure
  entry.heir = std::move(heir);
  entry.wanted();
}

void Legacies::keep(const LegacyKey& key, std::shared_ptr<const Legacy> legacy) {
  const std::size_t bytes = legacy->bytes();
  if (bytes > limits::legacies_bytes_max) return;
  make_room(key, bytes);
  Entry& entry = entries_[key];
  bytes_ += entry.bytes = bytes;
  entry.legacy = std::move(legacy);
  entry.until = clock_.now() + limits::legacy_kept_max;
  entry.number = ++last_number_;
  in_order_.emplace(entry.number, key);
  arm();
}

// The oldest goes: of the same place, or of all.
void Legacies::make_room(const LegacyKey& key, std::size_t bytes) {
  auto oldest = entries_.end();
  std::size_t of_place = 0;
  for (auto at = entries_.lower_bound({key.protocol, key.place, {}}); at != entries_.end(); ++at) {
    if (at->first.protocol != key.protocol || at->first.place != key.place) break;
    if (at->second.number == 0) continue;   // promised only: bounded by the connections
    ++of_place;
    if (oldest == entries_.end() || at->second.number < oldest->second.number) oldest = at;
  }
  if (of_place >= limits::legacies_per_place_max) forget(oldest);
  while (in_order_.size() >= limits::legacies_max || bytes_ + bytes > limits::legacies_bytes_max)
    forget(entries_.find(in_order_.begin()->second));
}

void Legacies::forget(Entries::iterator entry) {
  if (entry->second.heir) std::exchange(entry->second.heir, nullptr)(nullptr);
  in_order_.erase(entry->second.number);
  bytes_ -= entry->second.bytes;
  entries_.erase(entry);
}

void Legacies::sweep() {
  armed_ = false;
  const Instant now = clock_.now();
  while (!in_order_.empty()) {
    const auto entry = entries_.find(in_order_.begin()->second);
    if (entry->second.until > now) break;
    forget(entry);
  }
  arm();
}

void Legacies::arm() {
  if (armed_ || in_order_.empty()) return;
  armed_ = true;
  timer_ = timers_.at(entries_.find(in_order_.begin()->second)->second.until, [this] { sweep(); });
}

}  // namespace hanse
