// SPDX-License-Identifier: Apache-2.0
// What is handed on from memory, and kept only when it cannot leave.

#include <algorithm>
#include <utility>

#include "federation/asker.h"
#include "federation/exchange_state.h"
#include "federation/limits.h"
#include "federation/way.h"

namespace hanse {

namespace {

constexpr std::string_view busy = "the lane's shard is busy";

Outcome overload(std::string_view why) {
  Outcome out;
  out.disposition = Disposition::failed;
  out.fault = Fault::overloaded;
  out.status = "4.3.1";
  out.reply = why;
  return out;
}

}  // namespace

void Exchange::State::pass(Submission&& submission) {
  const Flow flow = submission.envelope.flow;
  // A body too large for memory is the store's already.
  if (flow == Flow::durable || submission.body.blob != 0) {
    submission.envelope.flow = Flow::durable;
    return submit(std::move(submission), [this, token = std::weak_ptr(alive)](
                                             const Result<std::string>& id) {
      if (!token.expired() && !id)
        parts.log.write(Level::warning, "msg.refused", id.error().what, {});
    });
  }
  Result<Intake::Prepared> prepared = intake.prepare(std::move(submission), *policy, lanes);
  if (!prepared) {
    parts.log.write(Level::warning, "msg.refused", prepared.error().what, {});
    return;
  }
  intake.passed(*prepared, *policy);
  for (LaneShare& share : prepared->shares) send(std::move(share));
}

// xmpp 4.6: nobody goes to a peer that is blocked, whatever still stands to it.
bool Exchange::State::barred(const LaneShare& share) const {
  const PeerPolicy* peer = policy->peer(share.work.targets.front().to.domain);
  return peer != nullptr && peer->state == PeerState::blocked;
}

void Exchange::State::convey(Submission submission,
                             std::function<void(Result<Outcome>)> reply) {
  const auto refuse = [&](Error error) {
    parts.timers.at(parts.clock.now(), [reply = std::move(reply), error = std::move(error)] {
      reply(error);
    });
  };
  submission.envelope.flow = Flow::live;
  if (submission.envelope.to.size() != 1 || submission.body.blob != 0)
    return refuse({Fault::never, "a conveyed message goes to one address, from memory"});
  Result<Intake::Prepared> prepared = intake.prepare(std::move(submission), *policy, lanes);
  if (!prepared) return refuse(prepared.error());
  intake.passed(*prepared, *policy);
  LaneShare& share = prepared->shares.front();
  share.work.asker = std::make_shared<Asker>(askers, [reply = std::move(reply)](Outcome outcome) {
    reply(std::move(outcome));
  });
  send(std::move(share));
}

void Exchange::State::send(LaneShare share) {
  if (barred(share)) {
    Outcome outcome;
    outcome.disposition = Disposition::failed;
    outcome.fault = Fault::never;
    outcome.status = "5.7.1";
    outcome.reply = "the peer is blocked here";
    return undelivered(share.work, outcome);
  }
  const bool swift = share.work.envelope->flow == Flow::swift;
  const bool others_wait = (!missed.empty() || !detours.empty()) &&
                           (missed.contains({share.protocol, share.lane}) ||
                            detours.contains({share.protocol, share.lane}));
  if (others_wait && !swift) return wait_behind(std::move(share));
  if (!others_wait) {
    handed_on.keep(share.work);
    arm();
    if (parts.shards.hand(share.protocol, share.lane, share.work)) return;
  }
  if (swift && may_store()) return store(std::move(share));
  undelivered(share.work, overload(swift ? "disk space is low" : busy));
}

// xmpp 4.7: behind what is on a detour, and behind what the store has and its lane has not seen.
void Exchange::State::wait_behind(LaneShare share) {
  const auto detour = detours.find({share.protocol, share.lane});
  if (detour == detours.end()) return hand_behind(std::move(share));
  auto& [open, behind] = detour->second;
  if (behind.size() >= limits::behind_detours_max)
    return undelivered(share.work, overload(busy));
  behind.emplace_back(open, std::move(share));
}

void Exchange::State::hand_behind(LaneShare share) {
  const auto stored = missed.find({share.protocol, share.lane});
  if (stored != missed.end()) share.work.after = stored->second.newest;
  if (!parts.shards.hand(share.protocol, share.lane, share.work))
    undelivered(share.work, overload(busy));
}

// The mailbox of its lane's shard is full: it goes there by way of the store.
void Exchange::State::store(LaneShare share) {
  Acceptance acceptance{share.work.envelope, share.work.body, {}, {}};
  for (const Target& target : share.work.targets)
    acceptance.legs.push_back({target.to, share.protocol, share.lane, "swift"});
  ++commits_open;
  ++detours[{share.protocol, share.lane}].open;
  parts.queue.accept(
      std::move(acceptance),
      [this, token = std::weak_ptr(alive), share = std::move(share)](
          Result<Accepted> accepted) mutable {
        if (token.expired()) return;
        --commits_open;
        const LaneKey key(share.protocol, share.lane);
        std::vector<Target>& targets = share.work.targets;
        if (!accepted || accepted->ids.size() != targets.size()) {
          undelivered(share.work, overload(accepted ? "the store lost a recipient"
                                                    : accepted.error().what));
        } else {
          for (std::size_t at = 0; at < targets.size(); ++at) targets[at].id = accepted->ids[at];
          hand_over({std::move(share)});
        }
        end_detour(key);
      });
}

// The oldest that was open: the store answers in the order in which it was asked.
void Exchange::State::end_detour(const LaneKey& key) {
  Detours& here = detours.at(key);
  std::vector<LaneShare> next;
  for (auto& [before, share] : here.behind)
    if (--before == 0) next.push_back(std::move(share));
  here.behind.erase(here.behind.begin(),
                    here.behind.begin() + static_cast<std::ptrdiff_t>(next.size()));
  if (--here.open == 0) detours.erase(key);
  for (LaneShare& share : next) hand_behind(std::move(share));
}

// It was on its way here while the rules changed. What only memory holds and may not be kept goes
// on: its lane speaks as its peer demands in any case.
bool Exchange::State::strays(const std::string& protocol, std::string_view lane,
                             const Work& work) const {
  const LaneTraits* traits = lanes.traits(protocol);
  if (work.targets.empty() || traits == nullptr) return false;
  if (work.targets.front().id == 0 && work.envelope->flow != Flow::swift) return false;
  return std::any_of(work.targets.begin(), work.targets.end(), [&](const Target& target) {
    return way_to(*policy, traits->lane_name, work.envelope->from.domain, target.to).lane != lane;
  });
}

// The store knows where it belongs.
void Exchange::State::send_back(const std::string& protocol, const std::string& lane, Work work) {
  if (work.targets.front().id == 0) {
    if (may_store()) return store({protocol, lane, std::move(work)});
    return undelivered(work, overload("disk space is low"));
  }
  give_back(protocol, work, "the configuration has changed");
  nudge({protocol, lane});
}

void Exchange::State::undelivered(const Work& work, const Outcome& outcome) {
  if (work.asker != nullptr) return work.asker->tell(outcome);
  if (std::optional<Submission> report = desk.report_on(work, outcome)) pass(*std::move(report));
}

}  // namespace hanse
