// SPDX-License-Identifier: Apache-2.0
// What the node says of itself unasked: to its supervisor, and about its certificates.

#include "federation/queue_admin.h"
#include "server/console/ages.h"
#include "server/node.h"
#include "server/notify.h"
#include "store/disk.h"
#include "store/disk_floor.h"

namespace hanse {

using namespace std::chrono_literals;

namespace {

constexpr Duration certificate_warning = 14 * 24h;
constexpr Duration told_again = 24h;

std::string expiry_text(Duration left) {
  return left > 0s ? "expires in " + console::age_text(left)
                   : "expired " + console::age_text(-left) + " ago";
}

}  // namespace

std::vector<std::string> Node::warnings() const {
  const std::shared_ptr<const Loaded> now = loaded();
  std::vector<std::string> out;
  for (const auto& [name, expires] : now->connections->tls->certificates()) {
    const Duration left = expires - clock_.utc();
    if (left < certificate_warning)
      out.push_back("the certificate for " + name + " " + expiry_text(left));
  }
  for (const std::string& name : now->unnamed)
    out.push_back("no certificate of ours names " + name + ", as which this node greets");
  return out;
}

// On the first shard, again and again; of one certificate once a day, whatever the wall clock does.
void Node::watch_certificates(const Loaded& loaded) {
  const Instant now = clock_.now();
  std::string expiring, expired;
  for (const auto& [name, expires] : loaded.connections->tls->certificates()) {
    const Duration left = expires - clock_.utc();
    if (left >= certificate_warning) {
      certificates_told_.erase(name);
      continue;
    }
    const auto [told, first] = certificates_told_.try_emplace(name, now);
    if (!first && now - told->second < told_again) continue;
    told->second = now;
    std::string& list = left > 0s ? expiring : expired;
    list += (list.empty() ? "" : ", ") + name + " " + expiry_text(left);
  }
  if (!expiring.empty())
    log_.write(Level::warning, "tls.certificate_expiring", "certificates of ours: " + expiring);
  if (!expired.empty())
    log_.write(Level::warning, "tls.certificate_expired", "certificates of ours: " + expired);
}

std::vector<console::BoundNow> Node::bounds() const {
  const std::shared_ptr<const Loaded> now = loaded();
  const auto or_default = [](std::size_t set, std::size_t otherwise) {
    return set != 0 ? set : otherwise;
  };
  std::uint64_t open = 0;
  for (const auto& rooms : shards_) open += rooms->connections().open();
  std::vector<console::BoundNow> out;
  out.push_back({"limits.connections_max", or_default(now->settings.limits.connections_max,
                                                      net::connections_max_of_system()), open});
  out.push_back({"memory.soft", or_default(now->settings.memory_soft, net::memory_soft_default()),
                 net::resident_bytes(), true});
  const store::StoreSettings settings = store::read_settings(*now->configuration);
  store::RealDisk disk;
  if (const auto space = disk.space(settings.directory)) {
    out.push_back({"disk.min_free",
                   store::disk_floor(settings.disk_free_min_bytes, space->total_bytes),
                   std::nullopt, true});
  }
  return out;
}

std::size_t Node::queue_length() {
  double sum = 0;
  for (const Protocol* protocol : protocols()) {
    for (int state = 0; state <= static_cast<int>(LegState::quarantine); ++state) {
      sum += metrics_.gauge("hanse_queue_messages", "Recipients in the queue.",
                            {{"proto", protocol->name},
                             {"state", leg_state_name(static_cast<LegState>(state))}}).value();
    }
  }
  return static_cast<std::size_t>(sum);
}

// On the main thread. Alive is whoever answers on every network thread; one that hangs is for the
// supervisor to end, so it gets no sign of life then.
void Node::beat() {
  if (!beat_every_ || clock_.now() < next_beat_) return;
  next_beat_ = clock_.now() + *beat_every_ / 2;
  const console::Readiness now = readiness();
  std::string state = now.live ? "WATCHDOG=1\nSTATUS=" : "STATUS=";
  if (now.ready) state += "ready";
  for (const std::string& what : now.failing)
    state += (&what == &now.failing.front() ? "not ready: " : ", ") + what;
  notify_systemd(state + "; " + std::to_string(queue_length()) + " in the queue");
}

}  // namespace hanse
