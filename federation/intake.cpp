// SPDX-License-Identifier: Apache-2.0
#include "federation/intake.h"

#include <algorithm>
#include <set>

#include "federation/lane_name.h"
#include "federation/ulid.h"
#include "federation/way.h"
#include "server/base/limits.h"

namespace hanse {

namespace {

void drop_repeated(std::vector<Address>& to) {
  if (to.size() < 2) return;
  std::set<std::string> seen;
  std::erase_if(to, [&seen](const Address& one) {
    return !seen.insert(one.protocol + '\n' + one.local + '\n' + one.domain).second;
  });
}

}  // namespace

Result<Intake::Prepared> Intake::prepare(Submission&& submission, const Policy& policy,
                                         const LaneTable& lanes) {
  Envelope& envelope = submission.envelope;
  if (envelope.to.empty()) return Error{Fault::never, "no recipients"};
  if (envelope.to.size() > limits::recipients_per_message_max)
    return Error{Fault::never, "too many recipients"};
  for (const Address& to : envelope.to)
    if (lanes.traits(to.protocol) == nullptr)
      return Error{Fault::never, "no way to send over " + escape_text(to.protocol)};
  drop_repeated(envelope.to);

  const LaneTraits& traits = *lanes.traits(envelope.to.front().protocol);
  const bool short_lived = envelope.is_report || envelope.from.empty();
  envelope.accepted = parts_.clock.utc();
  Duration life = short_lived ? traits.report_lifetime : traits.lifetime;
  if (envelope.patience != Duration::zero())
    life = std::min(life, std::chrono::abs(envelope.patience));
  envelope.expires =
      envelope.accepted + std::chrono::duration_cast<std::chrono::milliseconds>(life);
  envelope.id = make_ulid(envelope.accepted, parts_.random);

  Prepared out;
  out.envelope = std::make_shared<const Envelope>(std::move(submission.envelope));
  out.acceptance.envelope = out.envelope;
  out.acceptance.body = std::move(submission.body);
  out.acceptance.reports = std::move(submission.reports);
  out.hold = std::move(submission.hold);
  for (const Address& to : out.envelope->to)
    add_leg(out, to, policy, *lanes.traits(to.protocol));
  return out;
}

void Intake::add_leg(Prepared& prepared, const Address& to, const Policy& policy,
                     const LaneTraits& traits) {
  RouteChoice choice = way_to(policy, traits.lane_name, prepared.envelope->from.domain, to);
  auto share = std::find_if(prepared.shares.begin(), prepared.shares.end(),
                            [&](const LaneShare& one) {
                              return one.lane == choice.lane && one.protocol == to.protocol;
                            });
  if (share == prepared.shares.end()) {
    Work work{prepared.envelope, prepared.acceptance.body, {}, nullptr, prepared.hold};
    prepared.shares.push_back({to.protocol, std::move(choice.lane), std::move(work)});
    share = prepared.shares.end() - 1;
  }
  std::vector<Target>& targets = share->work.targets;
  targets.push_back({0, to, 1});
  if (prepared.envelope->flow != Flow::durable) return;   // a leg is for the store
  prepared.places.emplace_back(static_cast<std::size_t>(share - prepared.shares.begin()),
                               targets.size() - 1);
  prepared.acceptance.legs.push_back(
      {to, to.protocol, share->lane, std::move(choice.route)});
}

void Intake::passed(const Prepared& prepared, const Policy& policy) {
  const Envelope& envelope = *prepared.envelope;
  Counter*& known = passed_[{envelope.to.front().protocol, envelope.flow}];
  if (known == nullptr) {
    constexpr std::string_view flows[] = {"durable", "swift", "latest", "live"};
    known = &parts_.metrics.counter(
        "hanse_messages_passed_total", "Messages handed on from memory.",
        {{"proto", envelope.to.front().protocol},
         {"flow", flows[static_cast<std::size_t>(envelope.flow)]}});
  }
  known->add();
  const std::string peer = envelope.trace.empty() ? std::string() : envelope.trace.back().peer;
  if (!peer.empty() && policy.peer(peer) != nullptr)
    policy.rates->spend(peer, parts_.clock.now());
}

void Intake::accepted(Prepared& prepared, const Policy& policy, const Accepted& accepted) {
  const std::size_t count = std::min(accepted.ids.size(), prepared.places.size());
  for (std::size_t leg = 0; leg < count; ++leg) {
    const auto [share, target] = prepared.places[leg];
    prepared.shares[share].work.targets[target].id = accepted.ids[leg];
  }
  const Envelope& envelope = *prepared.envelope;
  const std::string protocol =
      envelope.from.protocol.empty() ? envelope.to.front().protocol : envelope.from.protocol;
  const Hop* hop = envelope.trace.empty() ? nullptr : &envelope.trace.back();
  const std::string peer = hop == nullptr ? std::string() : hop->peer;
  const bool configured = !peer.empty() && policy.peer(peer) != nullptr;
  counter(protocol, configured ? peer : "other").add();
  if (configured) policy.rates->spend(peer, parts_.clock.now());
  if (!parts_.log.enabled(Level::info, "msg.accepted")) return;
  const std::string from = to_text(envelope.from);
  parts_.log.write(
      Level::info, "msg.accepted", envelope.is_report ? "our own report" : "",
      {{"proto", protocol}, {"peer", peer}, {"qid", envelope.id},
       {"mid", envelope.key.native_id}, {"from", from},
       {"to_count", static_cast<std::int64_t>(envelope.to.size())},
       {"size", static_cast<std::int64_t>(prepared.shares.front().work.body.size)},
       {"remote", hop == nullptr ? std::string_view() : std::string_view(hop->from_address)}});
}

Counter& Intake::counter(const std::string& protocol, const std::string& peer) {
  Counter*& known = counters_[LaneKey(protocol, peer)];
  if (known == nullptr)
    known = &parts_.metrics.counter("hanse_messages_accepted_total",
                                    "Messages taken over and made durable.",
                                    {{"proto", protocol}, {"peer", peer}});
  return *known;
}

}  // namespace hanse
