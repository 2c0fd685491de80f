// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "federation/link.h"

namespace hanse {

// The order in which one attempt of a lane dials: the endpoints in turn, a bounded number of
// them, and the same one again without TLS where TLS itself failed and was not demanded. Of one
// host's addresses those of a family (IPv4, IPv6) that could not be reached stand last for a
// while (smtp M-8). Pure.
class DialPlan {
 public:
  struct Step {
    Endpoint endpoint;
    TlsLevel tls = TlsLevel::may;
    std::size_t number = 0;   // tells the steps of all plans of a lane apart
  };

  // Other endpoints from now on; the one that works stays the first if it is among them.
  void set_endpoints(std::vector<Endpoint> endpoints);
  // A new attempt, from the one that worked.
  void begin(TlsLevel tls, std::size_t tried_max, Instant now);

  bool exhausted() const;
  bool has_more() const { return tried_ + 1 < tried_max_; }   // behind the current step
  bool others_left() const;                         // also when the current one has answered
  const Step& current() const { return step_; }     // while not exhausted
  void failed(const LinkEnd& end, Instant now);     // the current step came to nothing
  void worked();                                    // the peer judged a message there

  bool empty() const { return endpoints_.empty(); }
  bool refused_everywhere() const { return refused_everywhere_; }  // every try said `never`

 private:
  void aim(TlsLevel tls);
  void put_dead_family_last(std::size_t from, Instant now);
  Instant& dead_until(const Endpoint& endpoint);

  std::vector<Endpoint> endpoints_;
  std::vector<std::size_t> order_;                  // of endpoints_, for the attempt at hand
  std::size_t at_ = 0, tried_ = 0, tried_max_ = 0, sessions_ = 0;
  Instant v4_dead_until_ = Instant::min(), v6_dead_until_ = Instant::min();
  TlsLevel tls_ = TlsLevel::may;
  bool refused_everywhere_ = false, worked_ = false;
  Step step_;
};

}  // namespace hanse
