// SPDX-License-Identifier: Apache-2.0
#include "federation/dial_plan.h"

#include <algorithm>

#include "server/base/limits.h"

namespace hanse {

void DialPlan::set_endpoints(std::vector<Endpoint> endpoints) {
  if (endpoints.size() > limits::endpoints_per_lane_max)
    endpoints.resize(limits::endpoints_per_lane_max);
  const auto in_use = std::find_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& one) {
    return one.address == step_.endpoint.address && one.port == step_.endpoint.port;
  });
  const bool keep = worked_ && in_use != endpoints.end();
  worked_ = keep;
  at_ = keep ? static_cast<std::size_t>(in_use - endpoints.begin()) : 0;
  endpoints_ = std::move(endpoints);
}

void DialPlan::begin(TlsLevel tls, std::size_t tried_max, Instant now) {
  tls_ = tls;
  tried_ = 0;
  sessions_ = 0;
  tried_max_ = std::min(std::max<std::size_t>(tried_max, 1), endpoints_.size());
  refused_everywhere_ = true;
  order_.resize(endpoints_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = (at_ + i) % order_.size();
  put_dead_family_last(worked_ ? 1 : 0, now);
  if (!exhausted()) aim(tls);
}

bool DialPlan::exhausted() const {
  return tried_ >= tried_max_ || sessions_ >= limits::sessions_per_attempt_max ||
         endpoints_.empty();
}

bool DialPlan::others_left() const {
  return has_more() && sessions_ + 1 < limits::sessions_per_attempt_max;
}

void DialPlan::failed(const LinkEnd& end, Instant now) {
  if (exhausted()) return;
  worked_ = false;
  // X-9 may: better in the clear than not at all, and to the same host.
  if (end.tls_failed && step_.tls == TlsLevel::may) return aim(TlsLevel::off);
  if (end.fault != Fault::never) refused_everywhere_ = false;
  ++tried_;
  if (end.stage != LinkEnd::Stage::connect) ++sessions_;  // M-9
  else dead_until(step_.endpoint) = now + limits::dead_family_kept;
  put_dead_family_last(tried_, now);
  at_ = order_[tried_ % order_.size()];
  if (!exhausted()) aim(tls_);  // M-10: the next host
}

void DialPlan::worked() {
  worked_ = true;
  dead_until(step_.endpoint) = Instant::min();
}

void DialPlan::aim(TlsLevel tls) {
  at_ = order_[tried_];
  step_.endpoint = endpoints_[at_];
  step_.tls = tls;
  ++step_.number;
}

// M-8, from a place in the order on. Only among the addresses of one host: a host that is
// preferred stays before all others.
void DialPlan::put_dead_family_last(std::size_t from, Instant now) {
  const auto place = [this](std::size_t i) {
    return order_.begin() + static_cast<std::ptrdiff_t>(i);
  };
  while (from < order_.size()) {
    const std::string& host = endpoints_[order_[from]].host;
    std::size_t end = from;
    while (end < order_.size() && endpoints_[order_[end]].host == host) ++end;
    std::stable_partition(place(from), place(end), [&](std::size_t index) {
      return dead_until(endpoints_[index]) <= now;
    });
    from = end;
  }
}

Instant& DialPlan::dead_until(const Endpoint& endpoint) {
  const bool v6 = endpoint.port != 0 && endpoint.address.find(':') != std::string::npos;
  return v6 ? v6_dead_until_ : v4_dead_until_;
}

}  // namespace hanse
