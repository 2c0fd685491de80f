// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "federation/link.h"

namespace hanse {

// The order in which one attempt of a lane dials, and when (RFC 8305): the addresses of one host
// race, each a moment after the one before, and the first that takes the connection ends the race.
// What was left goes on when that one fails later, in TLS or in its protocol. A bounded number of
// addresses; the same one again without TLS where TLS itself failed and was not demanded. Of one
// host's addresses those of a family (IPv4, IPv6) that could not be reached stand last for a while
// (smtp M-8). Pure.
class DialPlan {
 public:
  struct Bounds {
    std::size_t tried_max = 1;      // addresses that failed, then the attempt is over
    std::size_t sessions_max = 1;   // of these, such as had answered
    // Another host is dialled beside one that does not answer after so long; 0: only when that
    // one has failed.
    Duration host_patience{0};
  };
  struct Step {
    Endpoint endpoint;
    TlsLevel tls = TlsLevel::may;
    std::size_t number = 0;         // tells the steps of all plans of a lane apart
  };
  // Of all that failed, the first that came furthest: what people should hear.
  struct Failure {
    LinkEnd end;
    Endpoint endpoint;
  };

  // Other endpoints from now on; where the next attempt begins is kept if it is among them.
  void set_endpoints(std::vector<Endpoint> endpoints);
  // A new attempt, from the first one. But for limits::endpoints_kept_max after one before it has
  // failed it is from the one that worked: a better host that is back gets its turn then (RFC 5321
  // 5.1, smtp M-5). And where nobody answered, behind those that were tried.
  void begin(TlsLevel tls, const Bounds& bounds, Instant now);

  // When the next step may begin, as things are: never while one has the connection, at once when
  // none is under way.
  Instant next_at() const;
  const Step& next(Instant now);                    // begins it; only when next_at() has come
  const Step& again(Instant now);                   // where current() leads, once more

  bool exhausted() const;                           // nothing is left, nor under way
  const Step& current() const { return current_; }  // the one that has the connection, or the last
  bool others_left(std::size_t number) const;       // if this one, which answers, were to fail

  void connected(std::size_t number, Instant now);  // the others are given up, and wait again
  void failed(std::size_t number, const LinkEnd& end, Instant now);   // unknown ones say nothing
  void worked(const Endpoint& endpoint);            // the peer judged a message there

  bool empty() const { return endpoints_.empty(); }
  bool everywhere(Fault fault) const { return fault_ == fault && !mixed_; }   // every try said so
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  struct Place {
    std::size_t index = 0;          // of endpoints_
    TlsLevel tls = TlsLevel::may;
  };
  struct Open {
    Place place;
    std::size_t number = 0;
  };

  void aim();
  void put_dead_family_last(std::size_t from, Instant now);
  void keep_failure(const LinkEnd& end, const Endpoint& endpoint);
  bool begun(std::size_t number) const;
  Instant& dead_until(const Endpoint& endpoint);

  std::vector<Endpoint> endpoints_;
  std::deque<Place> waiting_;       // in the order of their turns
  std::vector<Open> open_;          // under way, in the order in which they began
  std::size_t first_ = 0;           // of endpoints_: where the next attempt begins
  std::size_t start_ = 0;           // where this one began
  std::size_t tried_ = 0, sessions_ = 0, last_number_ = 0;
  std::size_t standing_ = 0;        // the number of the one that has the connection; 0: none
  Bounds bounds_;
  TlsLevel tls_ = TlsLevel::may;
  Instant last_begun_ = Instant::min();
  Instant spared_until_ = Instant::min();   // those before the one that worked
  bool hurry_ = false;              // one failed since: the next need not wait
  Instant v4_dead_until_ = Instant::min(), v6_dead_until_ = Instant::min();
  std::optional<Fault> fault_;      // of the first that failed
  bool mixed_ = false, worked_ = false;
  std::optional<Failure> failure_;
  Step current_;
};

}  // namespace hanse
