// SPDX-License-Identifier: Apache-2.0
#include "federation/endpoint_finder.h"

#include "server/base/limits.h"

namespace hanse {

void EndpointFinder::start(std::unique_ptr<Discovery> machine, std::function<void(Found)> found) {
  stop();
  run_ = std::make_shared<Run>();
  run_->machine = std::move(machine);
  run_->found = std::move(found);
  step();
}

void EndpointFinder::stop() {
  if (run_ == nullptr) return;
  for (const TimerKey wait : run_->waits) timers_.cancel(wait);
  run_.reset();
}

void EndpointFinder::step() {
  while (std::optional<Discovery::Ask> next = run_->machine->next()) {
    ++run_->open;
    if (next->wait <= Duration::zero()) {
      ask(std::move(next->question));
      continue;
    }
    run_->waits.push_back(timers_.at(
        clock_.now() + next->wait,
        [this, question = std::move(next->question)]() mutable { ask(std::move(question)); }));
  }
  if (run_->machine->done() || run_->open == 0) return conclude();
  if (run_->machine->would_do() && !run_->hurried) hurry();
}

// RFC 8305 3: one family that is slow to be found does not hold up the other.
void EndpointFinder::hurry() {
  run_->hurried = true;
  run_->waits.push_back(timers_.at(clock_.now() + limits::resolution_delay, [this] {
    run_->hurried = false;
    if (run_->machine->would_do()) {
      run_->in_part = true;
      run_->machine->pass_over();
    }
    step();
  }));
}

void EndpointFinder::ask(DnsQuestion question) {
  resolver_.lookup(question, [this, question, run = std::weak_ptr(run_)](Result<DnsAnswer> answer) {
    // A run that has ended has given up its machine, and perhaps this finder is gone with it.
    const std::shared_ptr<Run> alive = run.lock();
    if (alive == nullptr) return;
    --alive->open;
    alive->machine->on(question, answer);
    step();
  });
}

void EndpointFinder::conclude() {
  const std::shared_ptr<Run> run = run_;
  stop();
  Discovery& machine = *run->machine;
  if (machine.done()) {
    run->found({machine.endpoints(), machine.status(), machine.story(), run->in_part});
  } else {
    run->found({Error{Fault::broken, "discovery has no more questions and no answer"}, "4.3.5",
                machine.story()});
  }
}

}  // namespace hanse
