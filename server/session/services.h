// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/exchange.h"
#include "server/session/session.h"

namespace hanse {

// Answers engines' questions from the node's own rooms: trust and permission at once, names,
// bodies and commits when they are there. Thread: one shard.
class NodeServices final : public Services {
 public:
  NodeServices(Exchange& exchange, Resolver& resolver, Blobs& blobs)
      : exchange_(exchange), resolver_(resolver), blobs_(blobs) {}
  void answer(Ask ask, std::function<void(Answer)> reply) override;
  void pass(Submission&& submission) override;
  void wake(const std::string& protocol, const std::string& lane) override {
    exchange_.announce(protocol, lane);
  }
  void serve(const std::string& protocol, const std::string& lane,
             std::unique_ptr<ServedLink> link) override {
    exchange_.serve(protocol, lane, std::move(link));
  }
  void promise(const LegacyKey& key, std::function<void()> wanted) override {
    exchange_.legacies().promise(key, std::move(wanted));
  }
  void leave(const LegacyKey& key, std::shared_ptr<const Legacy> legacy) override {
    exchange_.legacies().leave(key, std::move(legacy));
  }
  void discard(std::int64_t blob) override { blobs_.discard(blob); }
  std::shared_ptr<ShardDoor> door() override { return exchange_.door(); }

 private:
  Exchange& exchange_;
  Resolver& resolver_;
  Blobs& blobs_;
};

}  // namespace hanse
