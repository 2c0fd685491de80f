// SPDX-License-Identifier: Apache-2.0
#include "server/net/dns_cache.h"

#include "server/base/limits.h"

namespace hanse::net {

std::optional<DnsAnswer> DnsCache::find(const DnsQuestion& question, Instant now) const {
  const auto found = entries_.find({question.name, question.type});
  if (found == entries_.end() || found->second.ends <= now) return std::nullopt;
  DnsAnswer answer = found->second.answer;
  answer.ttl_seconds = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(found->second.ends - now).count());
  return answer;
}

void DnsCache::keep(const DnsQuestion& question, DnsAnswer answer, Instant now) {
  const Key key{question.name, question.type};
  const Instant ends = now + std::chrono::seconds(answer.ttl_seconds);
  if (const auto old = entries_.find(key); old != entries_.end()) {
    ends_.erase({old->second.ends, key});
    entries_.erase(old);
  }
  if (entries_.size() >= limits::dns_cache_entries_max) {
    entries_.erase(ends_.begin()->second);
    ends_.erase(ends_.begin());
  }
  ends_.insert({ends, key});
  entries_.emplace(key, Entry{std::move(answer), ends});
}

void DnsCache::clear() {
  entries_.clear();
  ends_.clear();
}

}  // namespace hanse::net
