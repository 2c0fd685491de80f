// SPDX-License-Identifier: Apache-2.0
#include "server/probe.h"

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
  for (std::size_t i = 0; i < endpoint.verify_names.size(); ++i)
    out += (i == 0 ? ", has to be " : " or ") + endpoint.verify_names[i];
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
  for (const Endpoint& one : *found.endpoints)
    tell(TraceLine::Kind::endpoint, endpoint_text(++number, one));
  if (!plan_.connect)
    return finish(true, std::to_string(number) + (number == 1 ? " place" : " places") +
                            " to dial, in this order");
  order_.set_endpoints(*std::move(found.endpoints));
  order_.begin(plan_.tls, limits::probe_endpoints_max, parts_.clock.now());
  dial();
}

void Probe::dial() {
  const DialPlan::Step& step = order_.current();
  tell(TraceLine::Kind::note, "connecting to " + to_text(step.endpoint) + ", TLS " +
                                  std::string(tls_level_name(step.tls)));
  DialRequest request;
  request.protocol = plan_.traits->protocol;
  request.lane = plan_.lane;
  request.endpoint = step.endpoint;
  request.tls = step.tls;
  if (order_.has_more()) request.connect_wait_max = plan_.traits->connect_patience;
  request.look_only = !plan_.prove;
  link_ = parts_.connections.probe(std::move(request), *this, feed_);
}

void Probe::link_ready(Link& link) {
  ready_ = true;
  tell(TraceLine::Kind::note, "ready; saying goodbye");
  link.drain();
}

void Probe::link_closed(Link&, const LinkEnd& end) {
  const std::shared_ptr<Probe> self = shared_from_this();
  link_.reset();
  if (finished_) return;
  const std::string place = to_text(order_.current().endpoint);
  if (ready_)
    return finish(true, std::string(plan_.prove ? "authenticated" : "usable") + " at " + place);
  tell(TraceLine::Kind::note, place + ": " + end.what);
  if (first_failure_.empty()) first_failure_ = end.what;
  order_.failed(end, parts_.clock.now());
  if (feed_->closed() || order_.exhausted()) return finish(false, first_failure_);
  dial();
}

void Probe::finish(bool good, std::string what) {
  if (std::exchange(finished_, true)) return;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now() -
                                                                          started_);
  tell(TraceLine::Kind::verdict, std::move(what) + ", after " + std::to_string(took.count()) +
                                     " ms", good);
  feed_->end();
  parts_.timers.cancel(deadline_);
  over_(this);
}

void Probe::tell(TraceLine::Kind kind, std::string text, bool good) {
  feed_->put({parts_.clock.utc(), kind, plan_.traits->protocol, {}, plan_.lane, std::move(text),
              good});
}

}  // namespace hanse
