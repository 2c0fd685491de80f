// SPDX-License-Identifier: Apache-2.0
// The node as the console and the metrics listener see it, and what they may ask of it.

#include <dirent.h>
#include <malloc.h>

#include "server/net/tls_memory.h"
#include "server/base/limits.h"
#include "server/node.h"

namespace hanse {

using namespace std::chrono_literals;

std::string Node::domain() const { return loaded()->settings.domain; }

std::shared_ptr<const Policy> Node::policy() const { return loaded()->policy; }

std::shared_ptr<const Configuration> Node::configuration() const {
  return loaded()->configuration;
}

std::shared_ptr<const Node::Loaded> Node::loaded() const {
  std::lock_guard lock(mutex_);
  return loaded_;
}

std::uint64_t Node::config_epoch() const {
  std::lock_guard lock(mutex_);
  return config_epoch_;
}

UtcTime Node::config_loaded() const {
  std::lock_guard lock(mutex_);
  return config_loaded_;
}

std::optional<console::RejectedConfig> Node::config_rejected() const {
  std::lock_guard lock(mutex_);
  return config_rejected_;
}

std::vector<std::string> Node::waits_for_restart() const {
  std::lock_guard lock(mutex_);
  return waits_for_restart_;
}

Result<std::vector<LaneStatus>> Node::lanes() {
  return gather<LaneStatus>([](ShardRooms& rooms) { return rooms.exchange().lanes(); });
}

Result<std::vector<console::LinkRow>> Node::links() {
  return gather<console::LinkRow>([](ShardRooms& rooms) {
    std::vector<console::LinkRow> out;
    for (net::ConnectionRow& row : rooms.connections().rows()) {
      out.push_back({std::move(row.connection), std::move(row.protocol), row.outgoing,
                     std::move(row.remote), std::move(row.peer), std::move(row.tls), row.since,
                     row.bytes_in, row.bytes_out, row.messages, std::move(row.claims)});
    }
    return out;
  });
}

console::Readiness Node::readiness() {
  console::Readiness out;
  const Result<std::vector<bool>> turning =
      gather<bool>([](ShardRooms&) { return std::vector<bool>{true}; });
  out.live = turning.has_value();
  if (!out.live) out.failing.push_back("an event loop does not turn");
  std::lock_guard lock(mutex_);
  for (std::string& what : failing()) out.failing.push_back(std::move(what));
  out.ready = out.failing.empty();
  return out;
}

std::vector<std::string> Node::failing() const {
  std::vector<std::string> out;
  if (!ready_ && wish_ == Wish::none) out.push_back("still starting");
  if (wish_ == Wish::store_broken) out.push_back("the store is broken");
  else if (wish_ != Wish::none) out.push_back("draining");
  if (pressure_ && pressure_->disk_low) out.push_back("disk low");
  return out;
}

void Node::wake_lane(const std::string& protocol, const std::string& lane) {
  on_every_shard([protocol, lane](ShardRooms& rooms) { rooms.exchange().wake(protocol, lane); });
}

void Node::drain(Duration grace) {
  {
    std::lock_guard lock(mutex_);
    grace_ = grace;
  }
  wish(Wish::drain);
}

// Every few seconds, on the first shard: figures nobody else owns, and the clock (operations D8).
void Node::watch() {
  const Duration drift = std::chrono::duration_cast<Duration>(clock_.utc().time_since_epoch()) -
                         clock_.now().time_since_epoch();
  const Duration jump = clock_drift_ == Duration::zero() ? Duration::zero() : drift - clock_drift_;
  if (jump > 60s || jump < -60s) {
    log_.write(Level::warning, "clock.jump", "the wall clock was moved",
               {{"seconds", std::chrono::duration<double>(jump).count()}});
  }
  clock_drift_ = drift;

  if (DIR* folder = ::opendir("/proc/self/fd"); folder != nullptr) {
    int count = -3;  // ".", ".." and the folder itself
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    metrics_.gauge("hanse_fd_used", "Open file descriptors").set(count);
  }
  std::unique_lock lock(mutex_);
  metrics_.gauge("hanse_ready", "1 when the node is ready").set(ready_ ? 1 : 0);
  metrics_.gauge("hanse_config_epoch", "How often the configuration was loaded")
      .set(static_cast<double>(config_epoch_));
  for (const auto& [name, expires] : loaded_->connections->tls->certificates()) {
    metrics_.gauge("hanse_tls_cert_expiry_seconds", "Time until the certificate expires",
                   {{"name", name}})
        .set(std::chrono::duration<double>(expires - clock_.utc()).count());
  }
  for (const PeerPolicy& peer : loaded_->policy->peers) {
    if (peer.messages_per_minute_max == 0) continue;
    metrics_.gauge("hanse_peer_limit_ratio", "How much of a limit a configured peer uses, 0 to 1",
                   {{"peer", peer.domain}, {"limit", "max_msgs_per_min"}})
        .set(loaded_->policy->rates->used(peer.domain, clock_.now()));
  }
  lock.unlock();
  watch_certificates(*loaded());
  shards_[0]->shard().at(clock_.now() + 5s, [this] { watch(); });
}

// On the first shard. Freed memory goes back to the system first: only what is really held counts.
void Node::watch_memory() {
  const std::size_t wished = loaded()->settings.memory_soft;
  const std::size_t soft = wished != 0 ? wished : net::memory_soft_default();
  std::size_t resident = net::resident_bytes();
  if (resident >= soft || memory_short_) {
    ::malloc_trim(0);
    resident = net::resident_bytes();
  }
  metrics_.gauge("hanse_memory_bytes", "Resident memory of the process")
      .set(static_cast<double>(resident));
  metrics_.gauge("hanse_tls_memory_bytes", "What OpenSSL holds of it")
      .set(static_cast<double>(net::tls_memory_bytes()));
  const bool was_short = std::exchange(memory_short_, memory_limit_.is_short(resident, soft));
  if (memory_short_ != was_short) {
    log_.write(memory_short_ ? Level::warning : Level::info,
               memory_short_ ? "memory.short" : "memory.enough",
               memory_short_ ? "over memory.soft: the noisiest connections wait"
                             : "all connections are read from again",
               {{"resident", static_cast<std::int64_t>(resident)},
                {"soft", static_cast<std::int64_t>(soft)}});
  }
  if (memory_short_ || was_short) {
    on_every_shard([short_now = memory_short_](ShardRooms& rooms) {
      rooms.connections().relieve(short_now);
    });
  }
  shards_[0]->shard().at(clock_.now() + limits::memory_look_every, [this] { watch_memory(); });
}

}  // namespace hanse
