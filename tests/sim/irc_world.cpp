// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/irc_world.h"

#include <algorithm>
#include <cstdio>

#include "server/base/text.h"

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;

constexpr UtcTime world_begin = from_unix_ms(1'767'225'600'000);
constexpr Duration calm_max = 30min;     // longer than any wait of a node or server
constexpr Duration dead_links_max = 6min;   // until whoever is at their end sees that they are
constexpr Duration last_words_max = 1min;
constexpr std::uint64_t steps_max = 5'000'000;
constexpr std::size_t people_max = 4;    // of one network

NodePlan irc_plan(int number, IrcShape shape) {
  NodePlan plan;
  plan.number = number;
  plan.checks_senders = false;
  plan.irc = irc_text(number, shape);
  return plan;
}

}  // namespace

IrcWorld::IrcWorld(std::uint64_t seed, bool verbose, IrcShape shape)
    : random_(seed * 0x9e3779b97f4a7c15u + 7), verbose_(verbose), shape_(shape),
      node_count_(shape == IrcShape::ring ? 3 : 2), auditor_(timeline_),
      network_(timeline_, random_), clock_(timeline_, world_begin) {
  for (int each = 0; each < networks; ++each) {
    ircds_.push_back(std::make_unique<Ircd>(
        timeline_, network_, each, [this] { return seconds(); },
        [this](int where, const std::string& text) { heard(where, text); }));
    come_or_go(each);
  }
  const NodeParts parts{timeline_, network_, names_, auditor_, random_,
                        Plant::none, node_count_, false,  verbose};
  for (int number = 1; number <= node_count_; ++number) {
    network_.add_host(node_address(number), {node_host(number)});
    nodes_.push_back(std::make_unique<Node>(parts, irc_plan(number, shape)));
    nodes_.back()->start();
  }
}

IrcWorld::~IrcWorld() = default;

std::int64_t IrcWorld::seconds() const { return to_unix_ms(clock_.utc()) / 1000; }

IrcWorld::Report IrcWorld::run() {
  const Instant end = timeline_.now() + std::chrono::minutes(5 + random_.below(20));
  plan_life(end);
  plan_trouble(end);
  run_until(end);
  say("calm");
  network_.heal();
  network_.cut_some(100);
  const Instant calm_end = timeline_.now() + calm_max;
  run_until(timeline_.now() + dead_links_max);
  while (failure_.empty() && !difference().empty() && timeline_.now() < calm_end)
    run_until(timeline_.now() + 10s);
  if (const std::string left = difference(); failure_.empty() && !left.empty())
    fail("no agreement: " + left);
  if (failure_.empty()) last_words();
  // Where nobody is linked to two networks nobody keeps what one of them says for the other.
  const bool kept = shape_ == IrcShape::full || shape_ == IrcShape::misnamed;
  if (failure_.empty() && kept) late_words();
  return {failure_, timeline_.digest(), said_.size(), heard_, timeline_.now().time_since_epoch()};
}

// ---- what people do ----

void IrcWorld::plan_life(Instant end) {
  const auto length = static_cast<std::uint64_t>((end - timeline_.now()).count());
  for (std::uint64_t each = 0; each < 200 + random_.below(600); ++each)
    timeline_.after(Duration(random_.below(length)), [this] { speak(any_network()); });
  for (std::uint64_t each = 0; each < 10 + random_.below(30); ++each)
    timeline_.after(Duration(random_.below(length)), [this] { come_or_go(any_network()); });
}

int IrcWorld::any_network() { return static_cast<int>(random_.below(networks)); }

std::string IrcWorld::anybody(const std::set<std::string>& here) {
  return *std::next(here.begin(), static_cast<std::ptrdiff_t>(random_.below(here.size())));
}

void IrcWorld::come_or_go(int network) {
  const std::set<std::string>& here = ircd(network).locals();
  if (here.size() > 1 && (here.size() >= people_max || random_.below(2) == 0)) {
    ircd(network).go(anybody(here));
  } else {
    ircd(network).come("p" + std::to_string(++people_made_));
  }
}

void IrcWorld::speak(int network) {
  const std::set<std::string>& here = ircd(network).locals();
  if (here.empty()) return;
  const std::string nick = anybody(here);
  const std::size_t number = said_.size();
  said_.push_back({network, nick, {}});
  ircd(network).say(nick, std::to_string(number));
}

void IrcWorld::heard(int network, const std::string& text) {
  const bool late = text.starts_with("[late");
  if (text.starts_with("[late] ")) {
    ++summaries_;
    return;
  }
  const std::size_t name_end = late ? text.find("> ") : std::string::npos;
  const Result<std::int64_t> number =
      parse_integer(name_end == std::string::npos ? text : text.substr(name_end + 2));
  if (!number || *number < 0 || static_cast<std::size_t>(*number) >= said_.size())
    return fail("a line nobody said: " + text);
  const auto at = static_cast<std::size_t>(*number);
  Said& line = said_[at];
  ++heard_;
  timeline_.mix(static_cast<std::uint64_t>(network) << 32 | at);
  if (line.network == network) return fail("line " + text + " came back to its origin");
  const bool first = line.heard_on.insert(network).second;
  if (first) line.crashes = crashes_;
  if (late && (first || !strict_ || line.crashes != crashes_)) return heard_late(network, at);
  if (!first)
    return fail("line " + text + " came twice to network " + std::to_string(network));
  std::size_t& last = last_heard_[{network, line.nick}];
  if (last > at) return fail("line " + text + " came behind a later one of " + line.nick);
  last = at;
}

// What is told late has an order of its own. A node that crashes between telling a line and noting
// that it did, or whose link ends before that was answered, tells it once more.
void IrcWorld::heard_late(int network, std::size_t number) {
  if (!strict_) return;
  auto& [last, when] = last_late_[network];
  if (number < last && said_[number].network == said_[last].network)
    fail("late line " + std::to_string(number) + " came behind a later one");
  if (timeline_.now() - when < 900ms)
    fail("late lines come as a flood to network " + std::to_string(network));
  last = number;
  when = timeline_.now();
}

// ---- what is done to them ----

void IrcWorld::plan_trouble(Instant end) {
  const auto length = static_cast<std::uint64_t>((end - timeline_.now()).count());
  for (std::uint64_t each = 0; each < 3 + random_.below(20); ++each)
    timeline_.after(Duration(random_.below(length)), [this] { trouble(); });
}

void IrcWorld::trouble() {
  const auto node = static_cast<std::size_t>(random_.below(nodes_.size()));
  const int network = any_network();
  const std::string here = node_address(static_cast<int>(node) + 1);
  const std::string there = Ircd::address(network);
  const Duration wait = std::chrono::seconds(1 + random_.below(200));
  switch (random_.below(6)) {
    case 0:
      say("some connections are cut");
      return network_.cut_some(50);
    case 1:
      say("parted: " + here + " and " + there);
      network_.set_partition(here, there, true);
      timeline_.after(wait, [=, this] { network_.set_partition(here, there, false); });
      return;
    case 2:
      say("a node dies: " + here);
      ++crashes_;
      return nodes_[node]->crash(random_.below(2) == 0, wait);
    case 3:
      say("a node says goodbye: " + here);
      return nodes_[node]->drain(wait);
    case 4:
      say("a network drops its links: " + there);
      return ircd(network).drop_links();
    default: {
      Weather weather;
      weather.latency = std::chrono::milliseconds(1 + random_.below(2000));
      weather.latency_spread = std::chrono::milliseconds(1 + random_.below(3000));
      weather.cut_percent = static_cast<unsigned>(random_.below(60));
      weather.crumbs_percent = 50;
      weather.half_open_percent = static_cast<unsigned>(random_.below(20));
      return network_.set_weather(weather);
    }
  }
}

// ---- what must be ----

std::string IrcWorld::difference() const {
  for (int each = 0; each < networks; ++each) {
    std::vector<std::string> wanted;
    for (int other = 0; other < networks; ++other) {
      const std::set<std::string>& there = ircds_[static_cast<std::size_t>(other)]->locals();
      if (other != each) wanted.insert(wanted.end(), there.begin(), there.end());
    }
    std::sort(wanted.begin(), wanted.end());
    const std::vector<std::string> seen = ircds_[static_cast<std::size_t>(each)]->guests();
    if (seen == wanted) continue;
    std::string out = "network " + std::to_string(each) + " sees";
    for (const std::string& one : seen) out += " " + one;
    out += ", not";
    for (const std::string& one : wanted) out += " " + one;
    return out;
  }
  return {};
}

// With nothing in the way each line is heard on all other networks.
void IrcWorld::last_words() {
  say("the last words");
  const std::size_t first = said_.size();
  for (int round = 0; round < 5; ++round)
    for (int each = 0; each < networks; ++each) speak(each);
  run_until(timeline_.now() + last_words_max);
  for (std::size_t at = first; at < said_.size() && failure_.empty(); ++at)
    if (said_[at].heard_on.size() != networks - 1)
      fail("line " + std::to_string(at) + " of network " + std::to_string(said_[at].network) +
           " was heard on " + std::to_string(said_[at].heard_on.size()) + " others");
}

// What is said while no node reaches a network is told there later: all of little, and of much the
// end.
void IrcWorld::late_words() {
  say("the late words");
  strict_ = true;
  constexpr std::size_t few = 7, many = 40, told_most = 20;
  const int away = any_network(), quiet = (away + 1) % networks, loud = (away + 2) % networks;
  const auto part = [&](bool parted) {
    for (int node = 1; node <= node_count_; ++node)
      network_.set_partition(node_address(node), Ircd::address(away), parted);
  };
  part(true);
  run_until(timeline_.now() + 2 * dead_links_max);   // and it is clear who keeps
  const std::size_t first = said_.size();
  for (std::size_t line = 0; line < many; ++line) {
    if (line < few) speak(quiet);
    speak(loud);
    run_until(timeline_.now() + 1s);
  }
  part(false);
  const std::uint64_t summaries_before = summaries_;
  run_until(timeline_.now() + dead_links_max);
  std::map<int, std::size_t> lines;
  for (std::size_t at = first; at < said_.size(); ++at)
    if (said_[at].heard_on.contains(away)) ++lines[said_[at].network];
  if (failure_.empty() && (lines[quiet] != few || lines[loud] < told_most || lines[loud] == many ||
                           summaries_ == summaries_before))
    fail("of " + std::to_string(few) + " and " + std::to_string(many) + " lines for network " +
         std::to_string(away) + " " + std::to_string(lines[quiet]) + " and " +
         std::to_string(lines[loud]) + " were told late");
}

void IrcWorld::fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
}

bool IrcWorld::run_until(Instant end) {
  while (failure_.empty() && timeline_.step(end))
    if (timeline_.steps() > steps_max) fail("time does not pass: too much happens");
  return failure_.empty();
}

void IrcWorld::say(const std::string& what) const {
  if (!verbose_) return;
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
      timeline_.now().time_since_epoch());
  std::fprintf(stderr, "== %lld ms: %s\n", static_cast<long long>(time.count()), what.c_str());
}

}  // namespace hanse::sim
