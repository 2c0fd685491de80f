// SPDX-License-Identifier: Apache-2.0
#include "server/net/connections.h"

#include <unistd.h>

#include <algorithm>

#include "server/base/limits.h"
#include "server/net/connection.h"

namespace hanse::net {

namespace {

// A copy, since every call below may change the hall's own list.
std::vector<std::shared_ptr<Connection>> all_of(const Hall& hall) {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(hall.connections.size());
  for (const auto& [key, connection] : hall.connections) all.push_back(connection);
  return all;
}

// Closes a descriptor that nobody took over.
struct Accepted {
  explicit Accepted(int native) : native_(native) {}
  Accepted(const Accepted&) = delete;
  Accepted& operator=(const Accepted&) = delete;
  ~Accepted() {
    if (native_ >= 0) ::close(native_);
  }
  int take() { return std::exchange(native_, -1); }

 private:
  int native_;
};

}  // namespace

struct Connections::State {
  std::shared_ptr<Hall> hall;
};

Connections::Connections(Shard& shard, Services& services,
                         std::shared_ptr<const ConnectionSetup> setup, const Clock& clock,
                         Log& log, Metrics& metrics)
    : state_(std::make_shared<State>()) {
  state_->hall = std::make_shared<Hall>(shard, services, std::move(setup), clock, log, metrics);
  state_->hall->door->executor = &shard;
}

Connections::~Connections() {
  Hall& hall = *state_->hall;
  for (const std::shared_ptr<Connection>& one : all_of(hall)) one->release();
  hall.connections.clear();
  hall.gone = true;
  hall.door->executor = nullptr;
}

std::unique_ptr<Link> Connections::dial(DialRequest request, LinkEvents& events) {
  return std::make_shared<Connection>(state_->hall)->start_outbound(std::move(request), events);
}

std::unique_ptr<Link> Connections::probe(DialRequest request, LinkEvents& events,
                                         std::shared_ptr<TraceFeed> feed) {
  const auto connection = std::make_shared<Connection>(state_->hall);
  connection->probe(std::move(feed));
  return connection->start_outbound(std::move(request), events);
}

void Connections::adopt(int descriptor, const Listen& listen, std::string protocol) {
  Hall& hall = *state_->hall;
  hall.shard.post([hall = state_->hall, listen, protocol = std::move(protocol),
                   accepted = std::make_shared<Accepted>(descriptor)] {
    if (!hall->gone)
      std::make_shared<Connection>(hall)->start_inbound(accepted->take(), listen, protocol);
  });
}

void Connections::apply(std::shared_ptr<const ConnectionSetup> setup) {
  state_->hall->setup = std::move(setup);
}

void Connections::reload() {
  for (const std::shared_ptr<Connection>& one : all_of(*state_->hall)) one->reload();
}

void Connections::drain() {
  state_->hall->draining = true;
  for (const std::shared_ptr<Connection>& one : all_of(*state_->hall)) one->drain();
}

void Connections::drain(const std::function<bool(const ConnectionRow& row)>& which) {
  for (const std::shared_ptr<Connection>& one : all_of(*state_->hall))
    if (which(one->row())) one->drain();
}

void Connections::cut() {
  for (const std::shared_ptr<Connection>& one : all_of(*state_->hall)) one->cut("shutting down");
}

// operations section 2. An eighth of those that hold something for their peers, at least one: what
// they hold shrinks as their messages end or their deadlines pass.
void Connections::relieve(bool short_of_memory) {
  std::vector<std::pair<std::size_t, Connection*>> noisy;
  for (const auto& [key, connection] : state_->hall->connections) {
    if (!short_of_memory) connection->pause(false);
    else if (!connection->paused() && connection->memory_bytes() > limits::memory_quiet_bytes)
      noisy.emplace_back(connection->memory_bytes(), key);
  }
  std::sort(noisy.begin(), noisy.end(), std::greater<>());
  noisy.resize((noisy.size() + 7) / 8);
  for (const auto& [bytes, connection] : noisy) connection->pause(true);
}

std::size_t Connections::open() const { return state_->hall->sessions_open.load(); }

std::vector<ConnectionRow> Connections::rows() const {
  std::vector<ConnectionRow> rows;
  rows.reserve(state_->hall->connections.size());
  for (const auto& [key, connection] : state_->hall->connections) rows.push_back(connection->row());
  return rows;
}

std::optional<ConnectionDetail> Connections::detail(std::string_view id) const {
  for (const auto& [key, connection] : state_->hall->connections)
    if (connection->id() == id) return connection->detail();
  return std::nullopt;
}

void Connections::trace(std::shared_ptr<TraceFeed> feed) {
  state_->hall->traces.push_back(feed);
  for (const auto& [key, connection] : state_->hall->connections) connection->watch(feed, true);
}

void Connections::untrace() {
  std::erase_if(state_->hall->traces, [](const auto& feed) { return feed->closed(); });
  for (const auto& [key, connection] : state_->hall->connections) connection->unwatch();
}

bool Connections::close(std::string_view id, const std::shared_ptr<TraceFeed>& feed,
                        bool at_once) {
  for (const std::shared_ptr<Connection>& one : all_of(*state_->hall))
    if (one->id() == id) return one->close(feed, at_once);
  return false;
}

}  // namespace hanse::net
