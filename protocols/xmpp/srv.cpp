// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/srv.h"

#include <algorithm>
#include <tuple>

#include "server/base/idna.h"
#include "server/base/network_address.h"

namespace hanse::xmpp {

namespace {

// RFC 2782: of one priority the next is drawn by weight; those of weight 0 stand first, so that
// they have a small chance and not none. Shuffled, so that a set without weights is shared too.
void draw_by_weight(std::vector<SrvTarget>& from, std::vector<SrvTarget>& out, Random& random) {
  for (std::size_t i = from.size(); i > 1; --i) std::swap(from[i - 1], from[random.below(i)]);
  std::stable_partition(from.begin(), from.end(),
                        [](const SrvTarget& target) { return target.weight == 0; });
  while (!from.empty()) {
    std::uint64_t sum = 0;
    for (const SrvTarget& target : from) sum += target.weight;
    const std::uint64_t drawn = random.below(sum + 1);
    std::uint64_t running = 0;
    const auto chosen = std::find_if(from.begin(), from.end(), [&](const SrvTarget& target) {
      running += target.weight;
      return running >= drawn;
    });
    out.push_back(std::move(*chosen));
    from.erase(chosen);
  }
}

bool is_same_place(const SrvTarget& a, const SrvTarget& b) {
  return a.host == b.host && a.port == b.port && a.tls_first == b.tls_first;
}

}  // namespace

std::string to_text(const SrvTarget& target) {
  return std::to_string(target.priority) + " " + std::to_string(target.weight) + " " +
         target.host + ":" + std::to_string(target.port) +
         (target.tls_first ? " direct TLS" : " STARTTLS");
}

SrvService read_service(const DnsAnswer& answer, bool tls_first) {
  SrvService out;
  out.secure = answer.secure;
  if (answer.status != DnsStatus::ok) return out;
  for (const DnsRecord& record : answer.records) {
    const DnsSrv* srv = std::get_if<DnsSrv>(&record);
    if (srv == nullptr) continue;
    out.present = true;
    if (srv->target.empty() || srv->target == ".") {
      out.refused = true;
      continue;
    }
    Result<std::string> host = to_ascii_domain(srv->target);
    // RFC 2782: a target is a name; an address or nonsense in its place is dropped.
    if (!host || is_ip_address(*host) || srv->port == 0) continue;
    out.targets.push_back({*std::move(host), srv->port, srv->priority, srv->weight, tls_first,
                           answer.secure});
  }
  return out;
}

std::vector<SrvTarget> merge_services(const SrvService& direct, const SrvService& starttls,
                                      Random& random) {
  std::vector<SrvTarget> all = direct.targets;
  all.insert(all.end(), starttls.targets.begin(), starttls.targets.end());
  // The order of an answer is anybody's, so it must not matter for what a seed draws.
  std::sort(all.begin(), all.end(), [](const SrvTarget& a, const SrvTarget& b) {
    return std::tie(a.priority, a.host, a.port, a.tls_first, a.weight) <
           std::tie(b.priority, b.host, b.port, b.tls_first, b.weight);
  });
  std::vector<SrvTarget> ordered, same;
  for (auto at = all.begin(); at != all.end();) {
    const auto end = std::find_if(at, all.end(), [at](const SrvTarget& target) {
      return target.priority != at->priority;
    });
    same.assign(at, end);
    draw_by_weight(same, ordered, random);
    at = end;
  }
  std::vector<SrvTarget> out;
  for (SrvTarget& target : ordered) {
    if (std::none_of(out.begin(), out.end(),
                     [&](const SrvTarget& other) { return is_same_place(target, other); }))
      out.push_back(std::move(target));
  }
  return out;
}

}  // namespace hanse::xmpp
