// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/unit/federation/lane_fixture.h"

namespace hanse::fake {

class NothingToDial final : public Discovery {
 public:
  std::optional<Ask> next() override { return std::nullopt; }
  void on(const DnsQuestion&, const Result<DnsAnswer>&) override {}
  bool done() const override { return true; }
  Result<std::vector<Endpoint>> endpoints() override { return std::vector<Endpoint>{}; }
  std::string status() const override { return ""; }
  std::string story() const override { return "waits for its peer"; }
};

// A connection of the peer's own making.
struct Served final : ServedLink {
  explicit Served(Served** self, bool beside = false) : self_(self), beside_(beside) {
    *self_ = this;
  }
  ~Served() override { *self_ = nullptr; }
  void join(LinkEvents& lane, Executor&) override { lane_ = &lane; }
  void deliver(Work work) override { works.push_back(std::move(work)); }
  void drain() override { draining = true; }
  bool beside() const override { return beside_; }
  void contest(bool newcomer) override { ++(newcomer ? came : asked); }
  const Endpoint& endpoint() const override { return endpoint_; }
  void answer() {
    const Work work = std::move(works.front());
    works.erase(works.begin());
    Outcome outcome;
    outcome.disposition = Disposition::delivered;
    outcome.status = "2.0.0";
    lane_->link_settled(*this, work.targets[0].id, outcome);
  }
  void close() { lane_->link_closed(*this, refused("the peer went away")); }

  std::vector<Work> works;
  bool draining = false;
  int came = 0, asked = 0;       // was told that it is the newcomer, that there is one

 private:
  Served** self_;
  const bool beside_;
  LinkEvents* lane_ = nullptr;
  Endpoint endpoint_{"b.example", "203.0.113.9", 4711, {}, false};
};

struct Ordered : LaneFixture {
  Ordered() {
    traits->ordered = true;
    traits->links_max = 1;
    traits->link_window = 1000;
    traits->memory_items_max = 2000;
    traits->works_per_link_max = 1'000'000;
    traits->breaker_waits = {1s, 2s, 4s};
    traits->breaker_jitter_percent = 0;
    open(TlsLevel::may);
  }
  Served* adopt(bool beside = false) {
    Served* out = nullptr;
    last = &out_[adopted_++];
    lane->adopt(std::make_unique<Served>(last, beside), world);
    out = *last;
    return out;
  }
  void rename(const std::string& name) {
    lane = std::make_unique<Lane>(name, traits, TlsLevel::may,
                                  LaneParts{world, random, world, queue, names, links, log,
                                            metrics, bodies, wall, *this});
  }
  std::vector<std::string> on_link() const {
    std::vector<std::string> out;
    for (const Work& work : links.open.front()->works) out.push_back(work.envelope->id);
    return out;
  }
  Served** last = nullptr;

 private:
  Served* out_[8] = {};
  std::size_t adopted_ = 0;
};

}  // namespace hanse::fake
