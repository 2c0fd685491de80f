// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "federation/ports.h"
#include "server/net/shard.h"

namespace hanse::net {

struct DnsSettings {
  std::vector<std::string> servers;      // "127.0.0.1:53"; empty: resolv.conf
  bool trust_ad = false;
  Duration timeout = std::chrono::seconds(3);
  unsigned tries = 2;
};

// Names for one shard: c-ares for the datagrams, our own bounded parser for the answers
// (protocols/wire/dns_message), a TTL cache with negative entries (RFC 2308). The same question
// asked twice at once goes out once. Thread: its shard.
class CaresResolver final : public Resolver {
 public:
  CaresResolver(Shard& shard, DnsSettings settings, const Clock& clock, Log& log,
                Metrics& metrics);
  ~CaresResolver() override;
  void lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) override;
  void apply(DnsSettings settings);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace hanse::net
