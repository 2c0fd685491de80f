// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "federation/discovery.h"
#include "federation/ports.h"
#include "server/base/executor.h"

namespace hanse {

// Leads one Discovery to its end: puts its questions to the resolver, keeps its waits, hands over
// what it concludes. Thread: one shard. Replies that come after its end go nowhere.
class EndpointFinder {
 public:
  struct Found {
    Result<std::vector<Endpoint>> endpoints;
    std::string status, story;
    bool in_part = false;                  // some addresses were not waited for
  };

  EndpointFinder(const Clock& clock, Timers& timers, Resolver& resolver)
      : clock_(clock), timers_(timers), resolver_(resolver) {}
  ~EndpointFinder() { stop(); }
  EndpointFinder(const EndpointFinder&) = delete;
  EndpointFinder& operator=(const EndpointFinder&) = delete;

  // `found` may run before start() returns, when nothing had to be asked.
  void start(std::unique_ptr<Discovery> machine, std::function<void(Found)> found);
  void stop();
  bool running() const { return run_ != nullptr; }

 private:
  struct Run {
    std::unique_ptr<Discovery> machine;
    std::function<void(Found)> found;
    std::size_t open = 0;                  // questions under way or waiting
    std::vector<TimerKey> waits;
    bool hurried = false, in_part = false;
  };

  void step();
  void ask(DnsQuestion question);
  void hurry();
  void conclude();

  const Clock& clock_;
  Timers& timers_;
  Resolver& resolver_;
  std::shared_ptr<Run> run_;               // its address tells one run from the next
};

}  // namespace hanse
