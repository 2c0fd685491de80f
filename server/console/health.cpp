// SPDX-License-Identifier: Apache-2.0
#include "server/console/health.h"

#include <algorithm>
#include <map>
#include <utility>

#include "federation/way.h"
#include "server/base/text.h"
#include "server/base/version.h"
#include "server/console/metrics_server.h"

namespace hanse::console {
namespace {

constexpr std::string_view plain = "text/plain; charset=utf-8";
constexpr std::string_view open_metrics =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

double seconds_between(UtcTime now, UtcTime then) {
  return std::chrono::duration<double>(now - then).count();
}

}  // namespace

std::string Health::answer(std::string_view path) {
  const Readiness readiness = node_.view.readiness();
  was_ready_ = was_ready_ || readiness.ready;
  if (path == "/livez") return checks(readiness.live, readiness);
  if (path == "/readyz") return checks(readiness.ready, readiness);
  if (path == "/startupz") return checks(was_ready_, readiness);
  if (path != "/metrics") return http_response(404, plain, "not found\n");
  take_figures(readiness);
  return http_response(200, open_metrics, node_.view.metrics().render());
}

std::string Health::checks(bool well, const Readiness& readiness) const {
  if (well) return http_response(200, plain, "ok\n");
  std::string body;
  for (const std::string& check : readiness.failing) body += escape_text(check) + "\n";
  return http_response(503, plain, body.empty() ? "failing\n" : body);
}

// What nobody counts as it happens is looked at when somebody asks.
void Health::take_figures(const Readiness& readiness) {
  node_.view.metrics()
      .gauge("hanse_ready", "1 when the node is ready")
      .set(readiness.ready ? 1 : 0);
  node_.view.metrics()
      .gauge("hanse_build_info", "Which build this is.", {{"version", version}, {"commit", commit}})
      .set(1);
  for (const BoundNow& bound : node_.view.bounds()) {
    const std::string_view name = bound.setting == "disk.min_free" ? "hanse_disk_free_min_bytes"
                                  : bound.setting == "limits.connections_max"
                                      ? "hanse_connections_max"
                                      : "";
    if (!name.empty())
      node_.view.metrics()
          .gauge(name, "What is in force for " + bound.setting + ".")
          .set(static_cast<double>(bound.bound));
  }
  const Result<QueueTotals> totals = node_.queue.totals();
  if (!totals) return;
  show_ages(*totals);
}

// Of configured peers, and of all others together.
void Health::show_ages(const QueueTotals& totals) {
  const UtcTime now = node_.clock.utc();
  const std::shared_ptr<const Policy> policy = node_.view.policy();
  std::map<std::string, double> ages{{"other", 0}};
  for (const PeerPolicy& peer : policy->peers) ages.emplace(peer.domain, 0);
  for (const auto& [lane, accepted] : totals.oldest_of_lanes) {
    const PeerPolicy* const peer = peer_of_lane(*policy, {}, lane);
    double& age = ages[peer == nullptr ? "other" : peer->domain];
    age = std::max(age, seconds_between(now, accepted));
  }
  for (const std::string& gone : std::exchange(peers_shown_, {}))
    ages.emplace(gone, 0);
  for (const auto& [peer, age] : ages) {
    node_.view.metrics()
        .gauge("hanse_queue_oldest_seconds", "Age of the oldest message.", {{"peer", peer}})
        .set(age);
    peers_shown_.insert(peer);
  }
}

}  // namespace hanse::console
