// SPDX-License-Identifier: Apache-2.0
#include "federation/exchange.h"

#include <algorithm>
#include <utility>

#include "federation/exchange_state.h"
#include "federation/lane_ledger.h"
#include "federation/way.h"
#include "server/base/limits.h"

namespace hanse {

Exchange::State::State(ExchangeParts exchange_parts, std::shared_ptr<const Policy> first_policy)
    : parts(exchange_parts),
      policy(std::move(first_policy)),
      lanes(parts, *this),
      intake(parts),
      desk(parts, [this](Submission submission, std::function<void(Result<std::string>)> reply) {
        submit(std::move(submission), std::move(reply));
      }) {
  askers->executor = &parts.home;
}

Exchange::State::~State() {
  if (armed) parts.timers.cancel(timer);
  askers->executor = nullptr;
}

// D1: the answer comes after the commit, and never without one.
void Exchange::State::submit(Submission submission,
                             std::function<void(Result<std::string>)> committed) {
  const auto refuse = [&](Error error) {
    parts.timers.at(parts.clock.now(),
                    [committed = std::move(committed), error = std::move(error)] {
                      committed(error);
                    });
  };
  if (pressure->disk_low)  // D9
    return refuse({Fault::overloaded, "disk space is low"});
  // What is submitted is kept, whatever its maker thought.
  submission.envelope.flow = Flow::durable;
  Result<Intake::Prepared> prepared = intake.prepare(std::move(submission), *policy, lanes);
  if (!prepared) return refuse(prepared.error());
  ++commits_open;
  Acceptance acceptance = std::move(prepared->acceptance);
  parts.queue.accept(
      std::move(acceptance),
      [this, token = std::weak_ptr(alive), committed = std::move(committed),
       one = *std::move(prepared)](Result<Accepted> accepted) mutable {
        if (token.expired()) return;
        --commits_open;
        if (!accepted) return committed(accepted.error());
        intake.accepted(one, *policy, *accepted);
        // First: what its sender gives us next may be bound for the same lane.
        hand_over(std::move(one.shares));
        committed(one.envelope->id);
      });
}

void Exchange::State::hand_over(std::vector<LaneShare> shares) {
  for (LaneShare& share : shares) {
    // What its lane does not know of goes first.
    const bool others_wait = !missed.empty() && missed.contains({share.protocol, share.lane});
    if (!others_wait && parts.shards.hand(share.protocol, share.lane, share.work)) continue;
    give_back(share.protocol, share.work, "the lane's shard is busy");
    miss({share.protocol, share.lane}, share.work);
  }
}

void Exchange::State::give_back(const std::string& protocol, const Work& work,
                                std::string_view why) {
  const LaneTraits* traits = lanes.traits(protocol);
  const bool ordered = traits != nullptr && traits->ordered;
  std::vector<Settlement> settlements;
  for (const Target& target : work.targets)
    settlements.push_back(returned(target, why, ordered ? UtcTime{} : parts.clock.utc()));
  if (!settlements.empty()) parts.queue.settle(std::move(settlements));
}

// xmpp 10.7: once for each name, the first time somebody nobody knows is met under it.
void Exchange::State::warn_of_lookalike(const Claim& claim) {
  if (claim.domain.empty() || lookalikes_told.size() >= limits::lookalikes_told_max) return;
  const std::string known = policy->looks_like(claim.domain);
  if (known.empty() || !lookalikes_told.insert(claim.domain).second) return;
  parts.log.write(Level::warning, "peer.lookalike", "can be taken for " + known,
                  {{"proto", claim.protocol}, {"peer", claim.domain}, {"known", known}});
}

// A work without targets tells a lane that the store holds something for it.
void Exchange::State::nudge(const LaneKey& key, const Missed& what) {
  Work nothing;
  nothing.after = what.oldest;
  if (parts.shards.hand(key.first, key.second, nothing)) return;
  missed.emplace(key, what);
  arm();
}

void Exchange::State::miss(const LaneKey& key, const Work& work) {
  auto& [oldest, newest] = missed[key];
  const DeliveryId id = work.targets.front().id;
  oldest = oldest == 0 ? id : std::min(oldest, id);
  newest = std::max(newest, id);
  arm();
}

// One shard sees to those that stand, wherever they live; and that those are there which an
// operator may open.
void Exchange::State::set_up(const std::vector<std::shared_ptr<const LaneTraits>>& traits) {
  if (!makes_reports) return;
  for (const auto& one : traits)
    for (const auto* names : {&one->standing, &one->on_wish})
      for (const std::string& lane : *names) missed.try_emplace({one->protocol, lane});
  arm();
}

void Exchange::State::arm() {
  if (armed || draining || (!makes_reports && missed.empty() && handed_on.empty())) return;
  armed = true;
  timer = parts.timers.at(parts.clock.now() + limits::exchange_tick, [this] { tick(); });
}

void Exchange::State::tick() {
  armed = false;
  handed_on.let_go();
  for (const auto& [key, what] : std::exchange(missed, {})) nudge(key, what);
  if (makes_reports && !pressure->disk_low) desk.check();
  arm();
}

Exchange::Exchange(ExchangeParts parts, std::shared_ptr<const Policy> policy,
                   std::vector<std::shared_ptr<const LaneTraits>> traits,
                   std::map<std::string, ReportMaker> reports)
    : state_(std::make_unique<State>(parts, std::move(policy))) {
  state_->lanes.apply(state_->policy, traits);
  state_->desk.set_makers(std::move(reports));
}

Exchange::~Exchange() = default;

void Exchange::start(const std::vector<LaneBacklog>& backlogs, bool makes_reports) {
  State& state = *state_;
  state.makes_reports = makes_reports;
  for (const LaneBacklog& backlog : backlogs) {
    Lane* lane = state.lanes.get(backlog.protocol, backlog.lane);
    if (lane != nullptr) lane->recover(backlog);
    else state.missed.try_emplace({backlog.protocol, backlog.lane});
  }
  state.set_up(state.lanes.all_traits());
  state.arm();
}

TrustDecision Exchange::verify(const Claim& claim, const std::vector<Evidence>& evidence,
                               std::uint64_t size_bytes) const {
  const StorePressure& pressure = *state_->pressure;
  // smtp Q-4: said before the message comes
  if (pressure.disk_low && !claim.outgoing && !claim.needs_no_disk)
    return {Verdict::defer, {}, "disk space is low", evidence, Fault::overloaded};
  if (size_bytes > pressure.room_bytes)  // smtp D-8
    return {Verdict::defer, {}, "larger than the free disk space", evidence, Fault::overloaded};
  const Policy& policy = *state_->policy;
  const PeerPolicy* peer = recognise(policy.peers, claim, evidence);
  if (peer == nullptr) state_->warn_of_lookalike(claim);
  const bool ours = !claim.outgoing && policy.relays_from(claim.protocol, claim.address);
  if (ours && peer == nullptr) {
    TrustDecision out;
    out.verdict = Verdict::accept;
    out.why = "relay_from " + claim.address;
    out.evidence = evidence;
    out.evidence.push_back({"network", true, claim.address});
    return out;
  }
  return decide(peer, policy.protocol(claim.protocol).unknown_peers, claim, evidence);
}

Permission Exchange::permit(const PermissionQuestion& question) const {
  const Policy& policy = *state_->policy;
  const bool limited = !question.peer.empty() &&
                       policy.rates->used_up(question.peer, state_->parts.clock.now());
  if (limited) {
    Permission out;
    out.answer = Permission::Answer::peer_limited;
    out.why = "peer " + question.peer + " is over max_msgs_per_min";
    return out;
  }
  if (question.answered_here) {
    policy.rates->spend(question.peer, state_->parts.clock.now());
    Permission out;
    out.answer = Permission::Answer::yes;
    out.counted = policy.rates->limits(question.peer);
    return out;
  }
  const std::set<std::string>& full = state_->pressure->full_lanes;
  Permission out = hanse::permit(policy, question, [&](std::string_view) {
    if (full.empty()) return false;
    const LaneTraits* traits = state_->lanes.traits(question.to.protocol);
    const NameLane name = traits == nullptr ? NameLane() : traits->lane_name;
    const std::string lane = way_to(policy, name, question.from.domain, question.to).lane;
    return full.contains(question.to.protocol + "/" + lane);
  });
  out.counted = policy.rates->limits(question.peer);
  return out;
}

void Exchange::submit(Submission submission, std::function<void(Result<std::string>)> committed) {
  state_->submit(std::move(submission), std::move(committed));
}

void Exchange::pass(Submission&& submission) { state_->pass(std::move(submission)); }

void Exchange::convey(Submission submission, std::function<void(Result<Outcome>)> reply) {
  state_->convey(std::move(submission), std::move(reply));
}

void Exchange::serve(const std::string& protocol, const std::string& lane,
                     std::unique_ptr<ServedLink> link) {
  state_->parts.shards.lend(protocol, lane, std::move(link));
}

void Exchange::adopt(const std::string& protocol, const std::string& lane,
                     std::unique_ptr<ServedLink> link) {
  if (Lane* keeper = state_->lanes.get(protocol, lane))
    keeper->adopt(std::move(link), state_->parts.home);
}

void Exchange::take(const std::string& protocol, const std::string& lane, Work work) {
  State& state = *state_;
  if (state.strays(protocol, lane, work)) return state.send_back(protocol, lane, std::move(work));
  if (Lane* taker = state.lanes.get(protocol, lane)) return taker->take(std::move(work));
  if (!work.targets.empty() && work.targets.front().id == 0) {
    LaneShare share{protocol, lane, std::move(work)};
    if (share.work.envelope->flow == Flow::swift && state.may_store())
      return state.store(std::move(share));
    Outcome outcome;
    outcome.disposition = Disposition::failed;
    outcome.fault = Fault::overloaded;
    outcome.status = "4.3.1";
    outcome.reply = "too many lanes";
    return state.undelivered(share.work, outcome);
  }
  state.give_back(protocol, work, "too many lanes");
  if (work.targets.empty()) {
    state.missed.try_emplace({protocol, lane});
    return state.arm();
  }
  state.miss({protocol, lane}, work);
}

void Exchange::set_pressure(std::shared_ptr<const StorePressure> pressure) {
  state_->pressure = std::move(pressure);
}

void Exchange::apply(std::shared_ptr<const Policy> policy,
                     std::vector<std::shared_ptr<const LaneTraits>> traits,
                     std::map<std::string, ReportMaker> reports) {
  state_->policy = std::move(policy);
  state_->lanes.apply(state_->policy, traits);
  state_->set_up(traits);
  state_->desk.set_makers(std::move(reports));
}

void Exchange::wake(std::string_view protocol, std::string_view lane) {
  // Not ours, or not known yet: whoever owns it looks into the store.
  if (!lane.empty() && state_->lanes.find(protocol, lane) == nullptr)
    return state_->nudge(LaneKey(protocol, lane));
  const bool named = !lane.empty();
  state_->lanes.each(protocol, lane, [named](Lane& one) { named ? one.wish() : one.wake(); });
}

void Exchange::announce(const std::string& protocol, const std::string& lane) {
  state_->parts.shards.wake(protocol, lane);
}

void Exchange::announced(std::string_view protocol, std::string_view lane) {
  state_->lanes.each_to(protocol, lane, [](Lane& one) { one.wake(); });
}

std::shared_ptr<ShardDoor> Exchange::door() const { return state_->askers; }
Legacies& Exchange::legacies() { return state_->legacies; }

void Exchange::drain(bool now) {
  state_->draining = true;
  state_->lanes.drain(now);
}

bool Exchange::drained() const {
  return state_->draining && state_->commits_open == 0 && state_->lanes.drained();
}

std::vector<LaneStatus> Exchange::lanes() const { return state_->lanes.statuses(); }

}  // namespace hanse
