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
  at_ = keep ? static_cast<std::size_t>(in_use - endpoints.begin()) : 0;
  endpoints_ = std::move(endpoints);
}

void DialPlan::begin(TlsLevel tls, std::size_t tried_max) {
  tls_ = tls;
  tried_ = 0;
  sessions_ = 0;
  tried_max_ = std::min(std::max<std::size_t>(tried_max, 1), endpoints_.size());
  refused_everywhere_ = true;
  if (!exhausted()) aim(tls);
}

bool DialPlan::exhausted() const {
  return tried_ >= tried_max_ || sessions_ >= limits::sessions_per_attempt_max ||
         endpoints_.empty();
}

void DialPlan::failed(const LinkEnd& end) {
  if (exhausted()) return;
  worked_ = false;
  // X-9 may: better in the clear than not at all, and to the same host.
  if (end.tls_failed && step_.tls == TlsLevel::may) return aim(TlsLevel::off);
  if (end.fault != Fault::never) refused_everywhere_ = false;
  ++tried_;
  if (end.stage != LinkEnd::Stage::connect) ++sessions_;  // M-9
  at_ = (at_ + 1) % endpoints_.size();
  if (!exhausted()) aim(tls_);  // M-10: the next host
}

void DialPlan::aim(TlsLevel tls) {
  step_.endpoint = endpoints_[at_];
  step_.tls = tls;
  ++step_.number;
}

}  // namespace hanse
