// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "federation/link.h"

namespace hanse {

// The order in which one attempt of a lane dials: the endpoints in turn, a bounded number of
// them, and the same one again without TLS where TLS itself failed and was not demanded. Pure.
class DialPlan {
 public:
  struct Step {
    Endpoint endpoint;
    TlsLevel tls = TlsLevel::may;
    std::size_t number = 0;   // tells the steps of all plans of a lane apart
  };

  // Other endpoints from now on; the one that works stays the first if it is among them.
  void set_endpoints(std::vector<Endpoint> endpoints);
  void begin(TlsLevel tls, std::size_t tried_max);  // a new attempt, from the one that worked

  bool exhausted() const;
  const Step& current() const { return step_; }     // while not exhausted
  void failed(const LinkEnd& end);                  // the current step came to nothing
  void worked() { worked_ = true; }                 // the peer judged a message there

  bool empty() const { return endpoints_.empty(); }
  bool refused_everywhere() const { return refused_everywhere_; }  // every try said `never`

 private:
  void aim(TlsLevel tls);

  std::vector<Endpoint> endpoints_;
  std::size_t at_ = 0, tried_ = 0, tried_max_ = 0, sessions_ = 0;
  TlsLevel tls_ = TlsLevel::may;
  bool refused_everywhere_ = false, worked_ = false;
  Step step_;
};

}  // namespace hanse
