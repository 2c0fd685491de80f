// SPDX-License-Identifier: Apache-2.0
#include "server/shard_rooms.h"

#include <algorithm>

#include "federation/peer_changes.h"
#include "server/probe.h"

namespace hanse {

namespace {

// FNV-1a: the same on every start, so that a lane keeps its shard.
std::uint64_t hash_of(std::string_view protocol, std::string_view lane) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto mix = [&hash](std::string_view text) {
    for (const char byte : text) {
      hash ^= static_cast<unsigned char>(byte);
      hash *= 0x100000001b3u;
    }
  };
  mix(protocol);
  mix("/");
  mix(lane);
  return hash;
}

bool has_one_home(std::string_view name) {
  return std::ranges::any_of(protocols(), [name](const Protocol* one) {
    return one->name == name && one->one_home;
  });
}

}  // namespace

std::size_t ShardMap::owner(std::string_view protocol, std::string_view lane) const {
  return hash_of(protocol, has_one_home(protocol) ? std::string_view() : lane) % shards_.size();
}

std::vector<net::Connections*> ShardMap::entrances(const Protocol& protocol) const {
  if (protocol.one_home) return {&shards_[owner(protocol.name, {})]->connections()};
  std::vector<net::Connections*> out;
  for (ShardRooms* rooms : shards_) out.push_back(&rooms->connections());
  return out;
}

bool ShardMap::hand(const std::string& protocol, const std::string& lane, Work& work) {
  ShardRooms* target = shards_[owner(protocol, lane)];
  if (target->shard().full()) return false;
  target->shard().post([target, protocol, lane, work = std::move(work)]() mutable {
    target->exchange().take(protocol, lane, std::move(work));
  });
  return true;
}

// std::function copies what it holds; this one is only ever moved.
void ShardMap::lend(const std::string& protocol, const std::string& lane,
                    std::unique_ptr<ServedLink> link) {
  ShardRooms* target = shards_[owner(protocol, lane)];
  auto held = std::make_shared<std::unique_ptr<ServedLink>>(std::move(link));
  target->shard().post([target, protocol, lane, held] {
    target->exchange().adopt(protocol, lane, std::move(*held));
  });
}

void ShardMap::wake(const std::string& protocol, const std::string& lane) {
  for (ShardRooms* shard : shards_)
    shard->shard().post([shard, protocol, lane] { shard->exchange().announced(protocol, lane); });
}

bool ShardMap::visit(const std::string& protocol, const std::string& lane,
                     std::function<void(Exchange&)> work) {
  ShardRooms* target = shards_[owner(protocol, lane)];
  target->shard().post([target, work = std::move(work)] { work(target->exchange()); });
  return true;
}

ShardRooms::ShardRooms(unsigned index, const Setup& setup, store::CommandSink& store,
                       ShardMap& map, std::uint64_t seed, const Clock& clock, Log& log,
                       Metrics& metrics)
    : shard_(index, clock, log, metrics),
      random_(seed),
      port_(store, shard_),
      resolver_(shard_, setup.dns, clock, log, metrics),
      exchange_(ExchangeParts{clock, random_, shard_, port_, port_, resolver_, dialer_, map, log,
                              metrics, shard_},
                setup.policy, setup.traits, setup.reports),
      services_(exchange_, resolver_, port_),
      connections_(shard_, services_, setup.connections, clock, log, metrics),
      clock_(clock),
      policy_(setup.policy) {
  dialer_.connections = &connections_;
}

ShardRooms::~ShardRooms() = default;

// A probe that is over goes in a turn of its own: it may be the one that says so.
void ShardRooms::probe(ProbePlan plan, std::shared_ptr<TraceFeed> feed) {
  probes_.push_back(std::make_shared<Probe>(
      Probe::Parts{clock_, random_, shard_, resolver_, connections_}, std::move(plan),
      std::move(feed), [this](const Probe* probe) {
        shard_.post([this, probe] {
          std::erase_if(probes_, [probe](const auto& one) { return one.get() == probe; });
        });
      }));
  const std::shared_ptr<Probe> probe = probes_.back();
  probe->start();
}

void ShardRooms::apply(const Setup& setup) {
  resolver_.apply(setup.dns);
  connections_.apply(setup.connections);
  exchange_.apply(setup.policy, setup.traits, setup.reports);
  connections_.reload();
  const std::shared_ptr<const Policy> before = std::exchange(policy_, setup.policy);
  connections_.drain([&](const net::ConnectionRow& row) {   // xmpp 4.6, operations 8
    const auto must = [&](std::string_view peer) {
      return !peer.empty() && must_come_again(*before, *policy_, row.protocol, peer);
    };
    return must(row.peer) || must(row.claims);
  });
}

}  // namespace hanse
