// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>

#include "tests/unit/federation/fake_world.h"

namespace hanse::fake {

FakeLink::~FakeLink() { std::erase(links_.open, this); }

void FakeLink::deliver(Work work) {
  if (closed) throw std::logic_error("delivered on a closed link");
  works.push_back(std::move(work));
  std::size_t in_flight = 0;
  for (const FakeLink* link : links_.open) in_flight += link->works.size();
  links_.most_in_flight = std::max(links_.most_in_flight, in_flight);
  const Behaviour behaviour = links_.behave(request);
  if (behaviour.by_hand) return;
  links_.later(this, behaviour.work_time, [behaviour](FakeLink& link) {
    if (behaviour.closes) link.close(*behaviour.closes);
    else link.answer(behaviour.disposition, behaviour.status);
  });
}

void FakeLink::drain() {
  draining = true;
  if (links_.behave(request).by_hand) return;
  links_.later(this, 0us, [](FakeLink& link) {
    LinkEnd end;
    end.orderly = true;
    if (link.works.empty()) link.close(end);
  });
}

void FakeLink::answer(Disposition disposition, std::string status) {
  if (works.empty() || closed) return;
  const Work work = std::move(works.front());
  works.erase(works.begin());
  ++links_.delivered_works;
  if (disposition == Disposition::delivered) links_.delivered.push_back(work.envelope->id);
  for (const Target& target : work.targets) {
    Outcome outcome;
    outcome.disposition = disposition;
    outcome.status = status;
    events_.link_settled(*this, target.id, outcome);
  }
  if (draining) drain();
}

void FakeLink::close(LinkEnd end) {
  const std::vector<Work> left = std::move(works);
  works.clear();
  for (const Work& work : left) {
    Outcome outcome;
    outcome.disposition = Disposition::returned;
    outcome.status = end.status;
    outcome.reply = end.what;
    for (const Target& target : work.targets) events_.link_settled(*this, target.id, outcome);
  }
  closed = true;
  events_.link_closed(*this, end);
}

std::unique_ptr<Link> Links::dial(DialRequest request, LinkEvents& events) {
  dialled.push_back(request);
  const Behaviour behaviour = behave(request);
  auto link = std::make_unique<FakeLink>(*this, std::move(request), events);
  open.push_back(link.get());
  if (behaviour.by_hand) return link;
  later(link.get(), behaviour.connect_time, [this, behaviour](FakeLink& one) {
    if (behaviour.connects) return one.ready();
    if (behaviour.end.stage == LinkEnd::Stage::connect) return one.close(behaviour.end);
    one.connect();
    later(&one, behaviour.handshake_time, [behaviour](FakeLink& same) {
      same.close(behaviour.end);
    });
  });
  return link;
}

Behaviour black_hole() {
  Behaviour out;
  out.connects = false;
  out.connect_time = 30s;
  out.end = refused("no answer within 30s");
  return out;
}

bool Links::alive(FakeLink* link) const {
  return std::find(open.begin(), open.end(), link) != open.end() && !link->closed;
}

void Links::later(FakeLink* link, Duration wait, std::function<void(FakeLink&)> work) {
  world_.at(world_.now() + wait, [this, link, work] {
    if (alive(link)) work(*link);
  });
}

void Names::lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) {
  asked.push_back(question.name);
  const auto found = answers.find(question.name);
  Result<DnsAnswer> answer = found == answers.end()
                                 ? Result<DnsAnswer>(Error{Fault::try_later, "SERVFAIL"})
                                 : found->second;
  world_.at(world_.now() + 1ms, [reply, answer] { reply(answer); });
}

Result<DnsAnswer> addresses(const std::vector<std::string>& all) {
  DnsAnswer out;
  for (const std::string& one : all) out.records.push_back(DnsAddress{one});
  if (all.empty()) out.status = DnsStatus::no_name;
  return out;
}

namespace {

class AddressDiscovery final : public Discovery {
 public:
  explicit AddressDiscovery(std::string lane) : lane_(std::move(lane)) {}
  std::optional<Ask> next() override {
    if (asked_) return std::nullopt;
    asked_ = true;
    return Ask{{lane_, DnsType::a, false}, Duration(0)};
  }
  void on(const DnsQuestion&, const Result<DnsAnswer>& answer) override { answer_ = answer; }
  bool done() const override { return answer_.has_value(); }
  Result<std::vector<Endpoint>> endpoints() override {
    if (!*answer_) return answer_->error();
    if ((*answer_)->status == DnsStatus::no_name) return Error{Fault::never, "no such domain"};
    std::vector<Endpoint> out;
    for (const DnsRecord& record : (*answer_)->records) {
      Endpoint one;
      one.address = std::get<DnsAddress>(record).address;
      one.host = "mx." + lane_;
      one.port = 25;
      out.push_back(one);
    }
    return out;
  }
  std::string status() const override { return *answer_ ? "5.1.2" : "4.4.3"; }
  std::string story() const override { return "A of " + lane_; }

 private:
  std::string lane_;
  bool asked_ = false;
  std::optional<Result<DnsAnswer>> answer_;
};

}  // namespace

std::unique_ptr<Discovery> ask_addresses(const std::string& lane) {
  return std::make_unique<AddressDiscovery>(lane);
}

std::shared_ptr<LaneTraits> test_traits() {
  auto out = std::make_shared<LaneTraits>();
  out->protocol = "mail";
  out->retry = {5min, 10min, 20min, 40min, 4000s};
  out->discover = [](const std::string& lane, Random&) { return ask_addresses(lane); };
  return out;
}

}  // namespace hanse::fake
