// SPDX-License-Identifier: Apache-2.0
#include "server/net/connections.h"

#include <unistd.h>

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
}

Connections::~Connections() {
  Hall& hall = *state_->hall;
  for (const std::shared_ptr<Connection>& one : all_of(hall)) one->release();
  hall.connections.clear();
  hall.gone = true;
}

std::unique_ptr<Link> Connections::dial(DialRequest request, LinkEvents& events) {
  return std::make_shared<Connection>(state_->hall)->start_outbound(std::move(request), events);
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

void Connections::drain() {
  state_->hall->draining = true;
  for (const std::shared_ptr<Connection>& one : all_of(*state_->hall)) one->drain();
}

void Connections::cut() {
  for (const std::shared_ptr<Connection>& one : all_of(*state_->hall)) one->cut("shutting down");
}

std::size_t Connections::open() const { return state_->hall->sessions_open.load(); }

std::vector<ConnectionRow> Connections::rows() const {
  std::vector<ConnectionRow> rows;
  rows.reserve(state_->hall->connections.size());
  for (const auto& [key, connection] : state_->hall->connections) rows.push_back(connection->row());
  return rows;
}

}  // namespace hanse::net
