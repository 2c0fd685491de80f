// SPDX-License-Identifier: Apache-2.0
#include "federation/dial_plan.h"

#include <algorithm>

#include "server/base/limits.h"

namespace hanse {

namespace {

bool is_v6(const Endpoint& endpoint) {
  return endpoint.port != 0 && endpoint.address.find(':') != std::string::npos;
}

bool same_place(const Endpoint& one, const Endpoint& other) {
  return one.address == other.address && one.port == other.port;
}

}  // namespace

void DialPlan::set_endpoints(std::vector<Endpoint> endpoints) {
  if (endpoints.size() > limits::endpoints_per_lane_max)
    endpoints.resize(limits::endpoints_per_lane_max);
  const bool goes_on = !worked_ && exhausted() && sessions_ == 0 && first_ < endpoints_.size();
  const Endpoint& from = goes_on ? endpoints_[first_] : current_.endpoint;
  const auto found = std::find_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& one) {
    return same_place(one, from);
  });
  const bool keep = (worked_ || goes_on) && found != endpoints.end();
  worked_ = worked_ && keep;
  first_ = keep ? static_cast<std::size_t>(found - endpoints.begin()) : 0;
  endpoints_ = std::move(endpoints);
  waiting_.clear();
  open_.clear();
}

void DialPlan::begin(TlsLevel tls, const Bounds& bounds, Instant now) {
  tls_ = tls;
  bounds_ = bounds;
  bounds_.tried_max = std::min(std::max<std::size_t>(bounds.tried_max, 1), endpoints_.size());
  tried_ = sessions_ = standing_ = 0;
  fault_.reset();
  mixed_ = false;
  hurry_ = false;
  failure_.reset();
  open_.clear();
  waiting_.clear();
  if (worked_ && now >= spared_until_) {
    first_ = 0;
    worked_ = false;
  }
  start_ = first_;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    const std::size_t index = (start_ + i) % endpoints_.size();
    // Nothing is left to say in the clear where TLS has to stand at the beginning.
    const bool must = tls == TlsLevel::may && endpoints_[index].tls_first;
    waiting_.push_back({index, must ? TlsLevel::encrypt : tls});
  }
  put_dead_family_last(worked_ ? 1 : 0, now);
  aim();
}

bool DialPlan::exhausted() const {
  return tried_ >= bounds_.tried_max || sessions_ >= bounds_.sessions_max || endpoints_.empty();
}

bool DialPlan::others_left(std::size_t number) const {
  return begun(number) && tried_ + 1 < bounds_.tried_max && sessions_ + 1 < bounds_.sessions_max;
}

Instant DialPlan::next_at() const {
  if (exhausted() || standing_ != 0 || waiting_.empty()) return Instant::max();
  if (open_.empty()) return Instant::min();
  if (tried_ + open_.size() >= bounds_.tried_max) return Instant::max();
  const std::string& host = endpoints_[waiting_.front().index].host;
  const bool raced = std::any_of(open_.begin(), open_.end(), [&](const Open& one) {
    return endpoints_[one.place.index].host == host;
  });
  // RFC 8305 5
  if (raced) return hurry_ ? Instant::min() : last_begun_ + limits::connection_attempt_delay;
  if (bounds_.host_patience == Duration::zero()) return Instant::max();
  return last_begun_ + bounds_.host_patience;
}

const DialPlan::Step& DialPlan::next(Instant now) {
  aim();
  open_.push_back({waiting_.front(), current_.number});
  waiting_.pop_front();
  last_begun_ = now;
  hurry_ = false;
  return current_;
}

const DialPlan::Step& DialPlan::again(Instant now) {
  return begun(current_.number) || waiting_.empty() ? current_ : next(now);
}

// RFC 8305 5: the first one established ends the race. Those that had their head start and did not
// make it are worth less from now on; all of them wait again for the case that this one fails.
void DialPlan::connected(std::size_t number, Instant now) {
  const auto winner = std::find_if(open_.begin(), open_.end(),
                                   [&](const Open& one) { return one.number == number; });
  if (winner == open_.end()) return;
  const Open won = *winner;
  const Endpoint& endpoint = endpoints_[won.place.index];
  dead_until(endpoint) = Instant::min();
  for (auto one = open_.begin(); one != winner; ++one) {
    const Endpoint& late = endpoints_[one->place.index];
    if (is_v6(late) != is_v6(endpoint)) dead_until(late) = now + limits::dead_family_kept;
  }
  for (auto one = open_.rbegin(); one != open_.rend(); ++one)
    if (one->number != number) waiting_.push_front(one->place);
  open_.assign(1, won);
  put_dead_family_last(0, now);
  standing_ = number;
  current_.endpoint = endpoint;
  current_.tls = won.place.tls;
  current_.number = number;
}

void DialPlan::failed(std::size_t number, const LinkEnd& end, Instant now) {
  const auto found = std::find_if(open_.begin(), open_.end(),
                                  [&](const Open& one) { return one.number == number; });
  if (found == open_.end() || exhausted()) return;
  const Place place = found->place;
  const Endpoint& endpoint = endpoints_[place.index];
  open_.erase(found);
  if (standing_ == number) standing_ = 0;
  worked_ = false;
  hurry_ = true;
  spared_until_ = now + limits::endpoints_kept_max;
  if (end.tls_failed && place.tls == TlsLevel::may) {
    // X-9 may: better in the clear than not at all, and to the same host.
    waiting_.push_front({place.index, TlsLevel::off});
    first_ = place.index;
  } else {
    mixed_ = mixed_ || (fault_ && *fault_ != end.fault);
    fault_ = end.fault;
    keep_failure(end, endpoint);
    ++tried_;
    if (end.stage != LinkEnd::Stage::connect) ++sessions_;  // M-9
    else dead_until(endpoint) = now + limits::dead_family_kept;
    put_dead_family_last(0, now);
    first_ = waiting_.empty() ? start_ : waiting_.front().index;
  }
  if (open_.empty() && !exhausted()) aim();  // M-10: the next host
}

void DialPlan::worked(const Endpoint& endpoint) {
  const auto found = std::find_if(endpoints_.begin(), endpoints_.end(), [&](const Endpoint& one) {
    return same_place(one, endpoint);
  });
  if (found == endpoints_.end()) return;
  worked_ = true;
  first_ = static_cast<std::size_t>(found - endpoints_.begin());
  dead_until(endpoint) = Instant::min();
}

// Shows where it goes next, before that is begun.
void DialPlan::aim() {
  if (waiting_.empty()) return;
  current_.endpoint = endpoints_[waiting_.front().index];
  current_.tls = waiting_.front().tls;
  current_.number = ++last_number_;
}

bool DialPlan::begun(std::size_t number) const {
  return std::any_of(open_.begin(), open_.end(),
                     [&](const Open& one) { return one.number == number; });
}

void DialPlan::keep_failure(const LinkEnd& end, const Endpoint& endpoint) {
  if (!failure_ || end.stage > failure_->end.stage) failure_ = Failure{end, endpoint};
}

// M-8, from a place in the order on. Only among the addresses of one host: a host that is
// preferred stays before all others.
void DialPlan::put_dead_family_last(std::size_t from, Instant now) {
  const auto place = [this](std::size_t i) {
    return waiting_.begin() + static_cast<std::ptrdiff_t>(i);
  };
  while (from < waiting_.size()) {
    const std::string& host = endpoints_[waiting_[from].index].host;
    std::size_t end = from;
    while (end < waiting_.size() && endpoints_[waiting_[end].index].host == host) ++end;
    std::stable_partition(place(from), place(end), [&](const Place& one) {
      return dead_until(endpoints_[one.index]) <= now;
    });
    from = end;
  }
}

Instant& DialPlan::dead_until(const Endpoint& endpoint) {
  return is_v6(endpoint) ? v6_dead_until_ : v4_dead_until_;
}

}  // namespace hanse
