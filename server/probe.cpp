// SPDX-License-Identifier: Apache-2.0
#include "server/probe.h"

#include <algorithm>
#include <utility>

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse {

namespace {

std::string answer_text(const DnsQuestion& question, const Result<DnsAnswer>& answer) {
  std::string out = std::string(dns_type_name(question.type)) + " " + question.name + ": ";
  if (!answer) return out + "no answer: " + answer.error().what;
  if (answer->status == DnsStatus::no_name) out += "no such name";
  else if (answer->status == DnsStatus::no_data) out += "no such record";
  for (std::size_t i = 0; i < answer->records.size(); ++i)
    out += (i == 0 ? "" : ", ") + record_text(answer->records[i]);
  return out + "; TTL " + std::to_string(answer->ttl_seconds) + " s; DNSSEC " +
         (answer->secure ? "yes" : "no");
}

std::string endpoint_text(std::size_t number, const Endpoint& endpoint) {
  std::string out = std::to_string(number) + ". " + to_text(endpoint);
  if (endpoint.tls_first) out += ", TLS from the first octet";
  for (std::size_t i = 0; endpoint.identity.empty() && i < endpoint.verify_names.size(); ++i)
    out += (i == 0 ? ", has to be " : " or ") + endpoint.verify_names[i];
  if (!endpoint.identity.empty()) out += ", has to be " + endpoint.identity + " (route)";
  if (!endpoint.pin.empty()) out += ", pinned key " + endpoint.pin + " (route)";
  out += endpoint.secure ? ", DNSSEC yes" : ", DNSSEC no";
  if (!endpoint.tlsa.empty()) out += ", " + std::to_string(endpoint.tlsa.size()) + " TLSA";
  return out;
}

}  // namespace

Probe::Probe(Parts parts, ProbePlan plan, std::shared_ptr<TraceFeed> feed,
             std::function<void(const Probe*)> over)
    : parts_(parts), plan_(std::move(plan)), feed_(std::move(feed)), over_(std::move(over)),
      started_(parts.clock.now()), resolver_(*this),
      finder_(parts.clock, parts.timers, resolver_) {}

Probe::~Probe() { feed_->end(); }

void Probe::start() {
  deadline_ = parts_.timers.at(started_ + limits::probe_time_max,
                               [weak = weak_from_this()] {
                                 if (const auto self = weak.lock())
                                   self->finish(false, "no end within " +
                                                           format_duration(limits::probe_time_max));
                               });
  finder_.start(plan_.traits->discover(plan_.lane, parts_.random),
                [this](EndpointFinder::Found what) { found(std::move(what)); });
}

void Probe::Listening::lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) {
  probe_.parts_.resolver.lookup(
      question, [weak = probe_.weak_from_this(), question,
                 reply = std::move(reply)](Result<DnsAnswer> answer) {
        const auto self = weak.lock();
        if (self == nullptr || self->finished_) return;
        self->tell(TraceLine::Kind::dns, answer_text(question, answer), answer.has_value());
        reply(std::move(answer));
      });
}

void Probe::found(EndpointFinder::Found found) {
  if (finished_) return;
  tell(TraceLine::Kind::found, found.story);
  if (!found.endpoints)
    return finish(false, found.endpoints.error().what +
                             (found.status.empty() ? "" : " (" + found.status + ")"));
  if (found.endpoints->empty()) return finish(true, "nothing to dial: " + found.story);
  std::size_t number = 0;
  demand_of(*found.endpoints, plan_.demand);
  for (const Endpoint& one : *found.endpoints)
    tell(TraceLine::Kind::endpoint, endpoint_text(++number, one));
  if (!plan_.connect)
    return finish(true, std::to_string(number) + (number == 1 ? " place" : " places") +
                            " to dial, in this order");
  order_.set_endpoints(*std::move(found.endpoints));
  const LaneTraits& traits = *plan_.traits;
  order_.begin(plan_.demand.tls, {limits::probe_endpoints_max, traits.sessions_tried_max,
                           traits.host_patience}, parts_.clock.now());
  race();
}

void Probe::race() {
  const Instant now = parts_.clock.now();
  while (order_.next_at() <= now) dial(order_.next(now));
  if (next_ != 0) parts_.timers.cancel(std::exchange(next_, 0));
  if (order_.next_at() == Instant::max()) return;
  next_ = parts_.timers.at(order_.next_at(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->finished_) return;
    self->next_ = 0;
    self->race();
  });
}

void Probe::dial(const DialPlan::Step& step) {
  tell(TraceLine::Kind::note, "connecting to " + to_text(step.endpoint) + ", TLS " +
                                  std::string(tls_level_name(step.tls)));
  DialRequest request;
  request.protocol = plan_.traits->protocol;
  request.lane = plan_.lane;
  request.endpoint = step.endpoint;
  request.tls = step.tls;
  request.look_only = !plan_.prove;
  request.probe = true;
  racers_.push_back({step.number, parts_.connections.probe(std::move(request), *this, feed_)});
}

Probe::Racer* Probe::find(const Link& link) {
  const auto found = std::find_if(racers_.begin(), racers_.end(), [&](const Racer& one) {
    return one.link.get() == &link;
  });
  return found == racers_.end() ? nullptr : &*found;
}

bool Probe::link_connected(Link& link) {
  const Racer* racer = find(link);
  if (racer == nullptr) return false;
  const std::size_t number = racer->number;
  const bool others = order_.others_left(number);
  order_.connected(number, parts_.clock.now());
  std::erase_if(racers_, [number](const Racer& one) { return one.number != number; });
  if (next_ != 0) parts_.timers.cancel(std::exchange(next_, 0));
  return others;
}

void Probe::link_ready(Link& link) {
  ready_ = true;
  tell(TraceLine::Kind::note, "ready; saying goodbye");
  link.drain();
}

void Probe::link_closed(Link& link, const LinkEnd& end) {
  const std::shared_ptr<Probe> self = shared_from_this();
  const Racer* racer = find(link);
  if (racer == nullptr) return;
  const std::size_t number = racer->number;
  const std::string place = to_text(link.endpoint());
  std::erase_if(racers_, [number](const Racer& one) { return one.number == number; });
  if (finished_) return;
  if (ready_)
    return finish(true, std::string(plan_.prove ? "authenticated" : "usable") + " at " + place);
  tell(TraceLine::Kind::note, place + ": " + end.what);
  order_.failed(number, end, parts_.clock.now());
  if (feed_->closed() || order_.exhausted())
    return finish(false, order_.failure() ? order_.failure()->end.what : end.what);
  race();
}

void Probe::finish(bool good, std::string what) {
  if (std::exchange(finished_, true)) return;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now() -
                                                                          started_);
  tell(TraceLine::Kind::verdict, std::move(what) + ", after " + std::to_string(took.count()) +
                                     " ms", good);
  feed_->end();
  parts_.timers.cancel(deadline_);
  if (next_ != 0) parts_.timers.cancel(next_);
  over_(this);
}

void Probe::tell(TraceLine::Kind kind, std::string text, bool good) {
  feed_->put({parts_.clock.utc(), kind, plan_.traits->protocol, {}, plan_.lane, std::move(text),
              good});
}

}  // namespace hanse
