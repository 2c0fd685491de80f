// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>

#include "tests/sim/faults.h"

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t connections_most = 40;   // of senders to nodes in one world
constexpr std::uint64_t connections_least = 12;
constexpr std::uint64_t talks_most = 60;         // in a world that speaks XMPP
constexpr std::uint64_t talks_least = 10;
constexpr Duration last_words_max = 3min;        // to arrive, when nothing is wrong
constexpr std::uint64_t steps_max = 20'000'000;
constexpr Duration look_every = 1min;
constexpr Duration calm_max = 24h;
constexpr Duration goodbye_max = 2h;             // sessions in silence wait up to an hour
constexpr int dead_number = 140;                 // an address nobody has

std::string v6_address(int number, bool swallows) {
  return (swallows ? "2001:db8:dead::" : "2001:db8::") + std::to_string(number);
}

NodePlan people_plan() {
  NodePlan plan;
  plan.number = 0;
  plan.checks_senders = false;
  return plan;
}

Speaks draw_speaks(Random& random) {
  const std::uint64_t kind = random.below(4);
  return {kind != 0, kind < 2};
}

}  // namespace

World::World(std::uint64_t seed, const Rules& rules)
    : rules_(rules),
      random_(seed * 0x9e3779b97f4a7c15u + 1),
      speaks_(rules.speaks ? *rules.speaks : draw_speaks(random_)),
      crowded_(random_.below(3) == 0),
      stream_trust_(random_.below(3) == 0 ? "dialback" : "verify"),
      auditor_(timeline_),
      network_(timeline_, random_),
      clock_(timeline_, UtcTime{}),
      log_(clock_, [](std::string_view) {}),
      people_(take_apart(configuration_text(people_plan(), 0), clock_)),
      letters_(random_, rules.nodes),
      talk_(random_, rules.nodes) {
  log_.set_level(Level::error);
  build_network();
  build_people();
}

World::~World() = default;

// ---- what there is ----

void World::build_network() {
  for (int number = 1; number <= nodes(); ++number) {
    network_.add_host(node_address(number), {node_host(number), node_domain(number)});
    network_.add_host(edge_address(number), {"edge." + node_domain(number), node_domain(number)});
    network_.add_host(sender_address(number), {});
    network_.add_host(v6_address(number, false), {});   // where nobody listens
    publish_names(number, false);
  }
  names_.set_mx(domain_without_mail, {{0, ""}});   // RFC 7505 3
}

void World::build_people() {
  const NodeParts parts{timeline_, network_,    names_,         auditor_,
                        random_,   rules_.plant, rules_.nodes, crowded_, rules_.verbose};
  for (int number = 1; number <= nodes(); ++number) {
    edges_.push_back(std::make_unique<Edge>(timeline_, network_, auditor_, log_, random_,
                                            edge_address(number), people_.rooms["smtp"]));
    senders_.push_back(std::make_unique<Sender>(timeline_, network_, auditor_, log_,
                                                sender_address(number), node_address(number),
                                                people_.rooms["smtp"]));
    if (speaks_.xmpp) {
      Setup own = take_apart(backend_text(number, nodes()), clock_);
      backends_.push_back(std::make_unique<Backend>(timeline_, network_, auditor_, log_, random_,
                                                    number, own.rooms["xmpp"]));
    }
    NodePlan plan = draw_plan(number, nodes(), speaks_, random_);
    plan.xmpp_trust = stream_trust_;
    nodes_.push_back(std::make_unique<Node>(parts, std::move(plan)));
  }
  for (int number = 1; number <= nodes(); ++number) publish_names(number, false);
  for (const auto& node : nodes_) node->start();
}

// The domain's own host, sometimes a dead one before it, and whoever stands in for it.
void World::publish_names(int number, bool only_dead) {
  const std::string domain = node_domain(number), dead = "dead." + domain;
  names_.set_address(node_host(number), node_address(number));
  // RFC 8305: sometimes with a second address that nothing ever comes back from, or that refuses.
  const std::uint64_t kind = random_.below(4);
  if (kind < 2)
    names_.set(node_host(number), DnsType::aaaa, {DnsAddress{v6_address(number, kind == 0)}});
  names_.set_address(dead, "192.0.2." + std::to_string(dead_number));
  std::vector<std::pair<int, std::string>> hosts;
  if (only_dead || random_.below(4) == 0) hosts.emplace_back(5, dead);
  if (!only_dead) hosts.emplace_back(10, node_host(number));
  for (const auto& node : nodes_) {
    const std::vector<int>& others = node->plan().backs_up;
    if (std::find(others.begin(), others.end(), number) != others.end())
      hosts.emplace_back(20, node_host(node->number()));
  }
  names_.set_mx(domain, std::move(hosts));
  if (speaks_.xmpp) publish_streams(number, only_dead);
}

// Both services, one of them, or, with dead ones before it, both; on one host.
void World::publish_streams(int number, bool only_dead) {
  const std::string domain = node_domain(number), dead = "dead." + domain;
  const std::uint64_t kind = random_.below(3);
  std::vector<DnsSrv> starttls, direct;
  if (only_dead || random_.below(4) == 0) starttls.push_back({5, 0, 5269, dead});
  if (!only_dead && kind != 0) starttls.push_back({10, 0, 5269, node_host(number)});
  if (!only_dead && kind != 1) direct.push_back({10, 0, 5270, node_host(number)});
  names_.set_srv("_xmpp-server._tcp." + domain, std::move(starttls));
  names_.set_srv("_xmpps-server._tcp." + domain, std::move(direct));
}

void World::plan_letters(Instant end) {
  const auto length = static_cast<std::uint64_t>((end - timeline_.now()).count());
  const std::uint64_t connections =
      connections_least + random_.below(connections_most - connections_least);
  for (std::uint64_t each = 0; each < connections; ++each) {
    timeline_.after(Duration(random_.below(length)), [this] {
      const std::size_t from = random_.below(senders_.size());
      senders_[from]->send(letters_.draw(static_cast<int>(from) + 1));
    });
  }
}

void World::plan_talk(Instant end) {
  const auto length = static_cast<std::uint64_t>((end - timeline_.now()).count());
  const std::uint64_t talks = talks_least + random_.below(talks_most - talks_least);
  for (std::uint64_t each = 0; each < talks; ++each) {
    timeline_.after(Duration(random_.below(length)), [this] {
      const auto from = 1 + static_cast<int>(random_.below(backends_.size()));
      backend(from).say(talk_.draw(from));
    });
  }
}

void World::everybody_speaks() {
  for (int from = 1; from <= nodes(); ++from)
    backend(from).say(talk_.to_all(from, {Speech::message, Speech::presence}));
}

// ---- what happens ----

Report World::run() {
  live_through_trouble();
  if (!auditor_.failed()) live_on_in_calm();
  if (!auditor_.failed()) account_for_missing();
  if (!auditor_.failed()) end_everything();
  Report report;
  report.failure = auditor_.failure();
  report.digest = timeline_.digest();
  report.steps = timeline_.steps();
  report.virtual_time = timeline_.now().time_since_epoch();
  report.figures = auditor_.figures();
  report.stanzas = auditor_.stanzas().figures();
  for (const auto& node : nodes_) report.crashes += node->crashes();
  return report;
}

void World::live_through_trouble() {
  const Instant end = timeline_.now() + std::chrono::minutes(5 + random_.below(40));
  if (speaks_.mail) plan_letters(end);
  if (speaks_.xmpp) plan_talk(end);
  plan_trouble(*this, end);
  while (timeline_.now() < end && run_until(std::min(end, timeline_.now() + look_every)))
    for (const auto& node : nodes_) node->check_bounds();
  end_trouble(*this);
  troubled_ = false;
}

void World::live_on_in_calm() {
  settle(timeline_.now() + calm_max);
  if (speaks_.xmpp && !crowded_ && !auditor_.failed() && settled()) talk_in_calm();
}

// Connections that are sick without knowing it end, and every lane gets up. Then all that is said
// arrives, soon, in order, and every question has one answer.
void World::talk_in_calm() {
  say("the last words");
  network_.cut_some(100);
  run_until(timeline_.now() + look_every);
  everybody_speaks();
  for (int from = 1; from <= nodes(); ++from)
    backend(from).say(talk_.to_all(from, {Speech::question}));
  for (const auto& node : nodes_) node->wake_all();
  run_until(timeline_.now() + look_every);
  settle(timeline_.now() + calm_max);
  if (auditor_.failed() || !settled()) return;
  auditor_.stanzas().expect_all();
  for (int from = 1; from <= nodes(); ++from)
    backend(from).say(talk_.to_all(from, {Speech::presence, Speech::message, Speech::notice,
                                          Speech::question, Speech::message}));
  if (run_until(timeline_.now() + last_words_max)) auditor_.stanzas().conclude();
}

void World::settle(Instant end) {
  while (timeline_.now() < end && !settled()) {
    if (!run_until(timeline_.now() + look_every)) return;
    for (const auto& node : nodes_) {
      node->check_bounds();
      node->release_all();
    }
  }
}

bool World::settled() {
  return auditor_.all_settled() &&
         std::all_of(senders_.begin(), senders_.end(),
                     [](const auto& sender) { return sender->idle(); }) &&
         std::all_of(backends_.begin(), backends_.end(),
                     [](const auto& backend) { return backend->idle(); }) &&
         std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
           return node->running() && node->open_legs("", "") == 0;
         });
}

// A day without trouble was enough for everything: what still waits is stuck, what does not even
// wait is lost.
void World::account_for_missing() {
  auditor_.conclude();
  for (const Auditor::Item& item : auditor_.missing()) {
    std::uint64_t waiting = 0;
    const bool letter = item.token.starts_with("m");
    for (const auto& node : nodes_)
      waiting += node->open_legs(letter ? item.token + "@*" : "", item.to);
    auditor_.fail((waiting > 0 ? "stuck: " : "lost: ") + item.token + " to " + item.to);
  }
  for (const auto& node : nodes_)
    if (const std::uint64_t open = node->open_legs("", ""); open > 0 || !node->running())
      auditor_.fail("node " + std::to_string(node->number()) + " still has " +
                    std::to_string(open) + " legs open");
}

void World::end_everything() {
  for (const auto& node : nodes_) node->stop();
  const Instant end = timeline_.now() + goodbye_max;
  while (timeline_.pending() > 0 && timeline_.now() < end)
    if (!run_until(timeline_.now() + look_every)) return;
  auditor_.check(timeline_.pending() == 0, "timers that never end");
  auditor_.check(network_.open() == 0, "connections that never end");
}

bool World::run_until(Instant end) {
  while (!auditor_.failed() && timeline_.step(end))
    if (timeline_.steps() > steps_max) auditor_.fail("time does not pass: too much happens");
  return !auditor_.failed();
}

void World::say(const std::string& what) const {
  if (!rules_.verbose) return;
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
      timeline_.now().time_since_epoch());
  std::fprintf(stderr, "== %lld ms: %s\n", static_cast<long long>(time.count()), what.c_str());
}

}  // namespace hanse::sim
