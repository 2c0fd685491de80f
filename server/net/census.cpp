// SPDX-License-Identifier: Apache-2.0
#include "server/net/census.h"

#include <algorithm>

#include "federation/limits.h"
#include "server/net/connections.h"
#include "server/net/memory.h"
#include "server/net/socket.h"

namespace hanse::net {

namespace {

constexpr std::size_t ipv6_prefix_bytes = 8;  // a /64 is one customer (operations section 2)

// The raw octets of the /32 or /64; empty for a Unix socket or a trusted network.
std::string prefix_of(const SocketAddress& remote, const ConnectionLimits& limits) {
  const std::string address = address_text(remote);
  if (address.empty()) return {};
  for (const Network& network : limits.trusted)
    if (contains(network, address)) return {};
  const Result<Network> parsed = parse_network(address);
  if (!parsed) return {};
  const char* bytes = reinterpret_cast<const char*>(parsed->bytes);
  const bool v4 = remote.storage.ss_family == AF_INET;
  return std::string(bytes, v4 ? sizeof parsed->bytes : ipv6_prefix_bytes);
}

// Saying "busy" costs a connection too, so that is bounded as well: by as much again for a
// prefix, by an eighth for the node.
Admission judge(std::size_t count, std::size_t most, std::size_t spare) {
  if (count < most) return Admission::welcome;
  return count < most + spare ? Admission::busy : Admission::turned_away;
}

}  // namespace

Census::Census() : connections_max_of_system_(connections_max_of_system()) {}

Census::Ticket Census::enter(const SocketAddress& remote, const ConnectionLimits& limits,
                             Instant now) {
  const std::size_t most =
      limits.connections_max != 0 ? limits.connections_max : connections_max_of_system_;
  Ticket ticket;
  ticket.prefix = prefix_of(remote, limits);
  const std::lock_guard lock(mutex_);
  ticket.admission = judge(total_, most, std::max<std::size_t>(most / 8, 1));
  ticket.crowded = total_ + 1 > most - most / 5;
  if (ticket.admission != Admission::welcome) ticket.reason = "total";
  if (!ticket.prefix.empty()) judge_prefix(limits, now, ticket);
  if (ticket.admission == Admission::turned_away) return ticket;
  ++total_;
  if (!ticket.prefix.empty()) ++by_prefix_[ticket.prefix];
  most_ = most;
  look_around();
  return ticket;
}

void Census::look_around() {
  if (total_ > most_ - most_ / 5) crowded_.store(true, std::memory_order_relaxed);
  else if (total_ < most_ - most_ / 10 * 3) crowded_.store(false, std::memory_order_relaxed);
}

bool Census::enter_peer(const std::string& peer, const ConnectionLimits& limits) {
  const std::lock_guard lock(mutex_);
  std::size_t& count = by_peer_[peer];
  if (count >= limits.per_peer_max) return false;
  ++count;
  return true;
}

void Census::leave_peer(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const auto found = by_peer_.find(peer);
  if (found != by_peer_.end() && --found->second == 0) by_peer_.erase(found);
}

// Those that are turned away count for the rate too: who does not slow down stays out.
void Census::judge_prefix(const ConnectionLimits& limits, Instant now, Ticket& ticket) {
  const std::size_t opened = rates_.count(ticket.prefix, now);
  if (ticket.admission != Admission::welcome) return;
  const auto found = by_prefix_.find(ticket.prefix);
  const std::size_t count = found == by_prefix_.end() ? 0 : found->second;
  ticket.admission = judge(count, limits.per_prefix_max, limits.per_prefix_max);
  ticket.reason = "prefix";
  const std::size_t rate_max = limits.per_prefix_per_minute_max;
  if (ticket.admission != Admission::welcome || rate_max == 0 || opened == 0) return;
  ticket.admission = judge(opened - 1, rate_max, rate_max);
  ticket.too_often = ticket.admission != Admission::welcome;
  ticket.reason = "rate";
}

void Census::enter_outgoing() {
  const std::lock_guard lock(mutex_);
  ++total_;
}

bool Census::enter_dial(const std::string& protocol) {
  const std::lock_guard lock(mutex_);
  std::size_t& count = dials_[protocol];
  if (count >= limits::dials_open_max) return false;
  ++count;
  return true;
}

void Census::leave_dial(const std::string& protocol) {
  const std::lock_guard lock(mutex_);
  --dials_[protocol];
}

void Census::leave(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  --total_;
  look_around();
  forget_prefix(prefix);
}

void Census::leave_prefix(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  forget_prefix(prefix);
}

void Census::forget_prefix(const std::string& prefix) {
  if (prefix.empty()) return;
  const auto found = by_prefix_.find(prefix);
  if (found != by_prefix_.end() && --found->second == 0) by_prefix_.erase(found);
}

std::size_t Census::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

}  // namespace hanse::net
