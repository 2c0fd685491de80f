// SPDX-License-Identifier: Apache-2.0
#include "server/net/hall.h"

#include <vector>

#include "server/base/limits.h"
#include "server/net/connection.h"

namespace hanse::net {

Hall::Hall(Shard& shard_used, Services& services_used,
           std::shared_ptr<const ConnectionSetup> first, const Clock& clock_used, Log& log_used,
           Metrics& metrics_used)
    : shard(shard_used), services(services_used), setup(std::move(first)), census(setup->census),
      clock(clock_used), log(log_used), metrics(metrics_used),
      engine_failures(metrics.counter("hanse_engine_failures_total",
                                      "Connections closed because their engine failed.")),
      connections_paused(metrics.gauge("hanse_connections_paused",
                                       "Connections not read from for want of memory.")),
      dials(shard, clock, census),
      input(limits::socket_read_bytes, '\0') {}

std::string Hall::next_id() {
  return "s" + std::to_string(shard.index()) + "-" + std::to_string(++last_number_);
}

void Hall::enrol(std::shared_ptr<Connection> connection) {
  Connection* key = connection.get();
  connections.emplace(key, std::move(connection));
}

// The caller may stand inside the connection: it goes in a later turn.
void Hall::forget(Connection& connection) {
  const auto found = connections.find(&connection);
  if (found == connections.end()) return;
  shard.post([last = std::move(found->second)] { last->release(); });
  connections.erase(found);
}

void Hall::set_deadline(Connection& connection, Instant& current, Instant wanted) {
  if (wanted == current) return;
  if (current != Instant::max()) deadlines_.erase({current, &connection});
  current = wanted;
  if (current == Instant::max()) return;
  deadlines_.insert({current, &connection});
  if (!sweeping_) sweep();
}

// One timer for all connections of the shard, only while there is a deadline to watch.
void Hall::sweep() {
  sweeping_ = !deadlines_.empty() && !gone;
  if (!sweeping_) return;
  shard.at(clock.now() + limits::deadline_sweep_every, [self = shared_from_this()] {
    std::vector<std::shared_ptr<Connection>> overdue;
    if (self->gone) return;
    const Instant now = self->clock.now();
    for (const auto& [when, connection] : self->deadlines_) {
      if (when > now) break;
      overdue.push_back(connection->shared_from_this());
    }
    for (const std::shared_ptr<Connection>& one : overdue) one->overdue();
    self->tell_crowded();
    self->sweep();
  });
}

// A turn may end a connection, and change what is walked over.
void Hall::tell_crowded() {
  if (crowded == census->crowded()) return;
  crowded = !crowded;
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections.size());
  for (const auto& [key, connection] : connections) all.push_back(connection);
  for (const std::shared_ptr<Connection>& one : all) one->crowded(crowded);
}

void Hall::count_open(const std::string& protocol, bool outgoing, double amount) {
  Gauge*& figure = open_figures_[{protocol, outgoing}];
  if (figure == nullptr)
    figure = &metrics.gauge("hanse_connections", "Open connections.",
                            {{"proto", protocol}, {"dir", outgoing ? "out" : "in"}});
  figure->add(amount);
}

void Hall::count_handshake(const std::string& protocol, bool outgoing, bool worked,
                           const std::string& version) {
  metrics.counter("hanse_tls_handshakes_total", "TLS handshakes.",
                  {{"proto", protocol},
                   {"dir", outgoing ? "out" : "in"},
                   {"result", worked ? "ok" : "failed"},
                   {"version", version}}).add();
}

void Hall::count_rejected(const std::string& protocol, std::string_view reason) {
  metrics.counter("hanse_connections_rejected_total", "Connections over a bound.",
                  {{"proto", protocol}, {"reason", reason}}).add();
}

}  // namespace hanse::net
