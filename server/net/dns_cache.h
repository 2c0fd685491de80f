// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "federation/dns.h"
#include "server/base/time.h"

namespace hanse::net {

// Answers by name and type until their TTL is over. When it is full the one that ends first goes.
// Thread: one shard.
class DnsCache {
 public:
  std::optional<DnsAnswer> find(const DnsQuestion& question, Instant now) const;
  void keep(const DnsQuestion& question, DnsAnswer answer, Instant now);
  void clear();
  std::size_t size() const { return entries_.size(); }

 private:
  using Key = std::pair<std::string, DnsType>;
  struct Entry {
    DnsAnswer answer;
    Instant ends;
  };
  std::map<Key, Entry> entries_;
  std::set<std::pair<Instant, Key>> ends_;
};

}  // namespace hanse::net
