// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults.h"

#include <array>
#include <utility>

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;

constexpr unsigned kind_percent = 45;       // of all kinds a world knows
constexpr std::uint64_t events_max = 4;     // of one kind
// Less than the 48 h that a report may wait: D8 lets a jump beyond the lifetime expire what was
// tried twice, and a report that expired tells nobody.
constexpr std::int64_t jump_max_hours = 20;

unsigned up_to(World& world, unsigned most) {
  return static_cast<unsigned>(world.random().below(most + 1));
}

int any_node(World& world) {
  return 1 + static_cast<int>(world.random().below(static_cast<std::uint64_t>(world.nodes())));
}

Duration seconds_up_to(World& world, std::uint64_t most) {
  return std::chrono::milliseconds(1 + world.random().below(most * 1000));
}

void later(World& world, Duration wait, std::function<void(World&)> work) {
  world.timeline().after(wait, [&world, work = std::move(work)] { work(world); });
}

void bad_weather(World& world) {
  Weather weather;
  weather.latency = Duration(200 + world.random().below(300'000));
  weather.latency_spread = Duration(world.random().below(200'000));
  weather.bytes_per_second = std::size_t{2048} << world.random().below(12);
  weather.cut_percent = up_to(world, 40);
  weather.half_open_percent = up_to(world, 15);
  weather.slow_reader_percent = up_to(world, 20);
  weather.crumbs_percent = up_to(world, 10);
  weather.refuse_percent = up_to(world, 30);
  world.say("weather changes");
  world.network().set_weather(weather);
}

void cut_connections(World& world) {
  world.say("connections are cut");
  world.network().cut_some(30 + up_to(world, 70));
}

void partition(World& world) {
  const int a = any_node(world), b = any_node(world);
  const std::string from = node_address(a);
  const std::string to = a == b ? edge_address(a) : node_address(b);
  world.say("partition: " + from + " and " + to);
  world.network().set_partition(from, to, true);
  later(world, seconds_up_to(world, 900), [from, to](World& then) {
    then.network().set_partition(from, to, false);
  });
}

void kill_node(World& world) {
  const int number = any_node(world);
  world.say("node " + std::to_string(number) + " is killed");
  world.node(number).crash(false, seconds_up_to(world, 120));
}

void cut_power(World& world) {
  const int number = any_node(world);
  world.say("node " + std::to_string(number) + " loses power");
  world.node(number).crash(true, seconds_up_to(world, 600));
}

void crash_at_sync(World& world) {
  const int number = any_node(world);
  world.say("node " + std::to_string(number) + " will lose power at a sync");
  world.node(number).disk().crash_at_sync(1 + world.random().below(12));
}

void fail_a_sync(World& world) {
  const int number = any_node(world);
  world.say("a sync of node " + std::to_string(number) + " will fail");
  world.node(number).disk().fail_sync(1 + world.random().below(8));
}

void fill_disk(World& world) {
  const int number = any_node(world);
  world.say("disk of node " + std::to_string(number) + " fills up");
  world.node(number).disk().set_full(true);
  later(world, seconds_up_to(world, 600), [number](World& then) {
    then.node(number).disk().set_full(false);
  });
}

void jump_clock(World& world) {
  const int number = any_node(world);
  const auto hours = static_cast<std::int64_t>(world.random().below(2 * jump_max_hours + 1));
  world.say("clock of node " + std::to_string(number) + " jumps");
  world.node(number).clock().jump(std::chrono::hours(hours - jump_max_hours));
}

void break_names(World& world) {
  const std::string domain = node_domain(any_node(world));
  const bool mistake = world.random().below(8) == 0;
  const NameTrouble trouble = mistake ? NameTrouble::no_name_by_mistake
                              : world.random().below(2) == 0 ? NameTrouble::server_failure
                                                             : NameTrouble::silence;
  world.say("names of " + domain + " are in trouble");
  world.names().set_trouble(domain, trouble);
  later(world, seconds_up_to(world, 600), [domain](World& then) {
    then.names().set_trouble(domain, NameTrouble::none);
  });
}

void move_mx(World& world) {
  const int number = any_node(world);
  world.say("MX of node " + std::to_string(number) + " points to a dead host");
  world.publish_names(number, true);
  later(world, seconds_up_to(world, 600), [number](World& then) {
    then.publish_names(number, false);
  });
}

void spoil_edge(World& world) {
  const int number = any_node(world);
  EdgeManner manner;
  manner.closes = up_to(world, 20);
  manner.busy = up_to(world, 20);
  manner.recipient_later = up_to(world, 40);
  manner.message_later = up_to(world, 30);
  manner.message_never = up_to(world, 5);
  manner.vanishes = up_to(world, 25);
  manner.thinks_max = std::chrono::milliseconds(std::int64_t{1} << world.random().below(16));
  world.say("edge " + std::to_string(number) + " misbehaves");
  world.edge(number).set_manner(manner);
}

void spoil_backend(World& world) {
  const int number = any_node(world);
  BackendManner manner;
  manner.closes = up_to(world, 20);
  manner.busy = up_to(world, 20);
  manner.later = up_to(world, 10);
  manner.vanishes = up_to(world, 20);
  manner.asks_back = up_to(world, 50);
  manner.thinks_max = std::chrono::milliseconds(std::int64_t{1} << world.random().below(16));
  world.say("backend " + std::to_string(number) + " misbehaves");
  world.backend(number).set_manner(manner);
}

void speak_at_once(World& world) {
  if (!world.troubled()) return;   // planned in the trouble, due after it
  world.say("everybody speaks");
  world.everybody_speaks();
}

// xmpp 14.7: nobody reaches it for ten minutes, and in the middle of them everybody has something
// for everybody.
void ten_minutes_away(World& world) {
  const int number = any_node(world);
  const auto part = [number](World& then, bool parted) {
    for (int other = 1; other <= then.nodes(); ++other)
      if (other != number)
        then.network().set_partition(node_address(number), node_address(other), parted);
  };
  world.say("node " + std::to_string(number) + " is away for ten minutes");
  part(world, true);
  later(world, 5min, speak_at_once);
  later(world, 10min, [part](World& then) { part(then, false); });
}

void fall_mute(World& world) {
  const int number = any_node(world);
  const std::string address = world.random().below(3) == 0 ? edge_address(number)
                                                           : node_address(number);
  world.say(address + " takes connections and says nothing");
  world.network().host(address).mute = true;
  later(world, seconds_up_to(world, 900), [address](World& then) {
    then.network().unmute(address);
  });
}

void stop_edge(World& world) {
  const std::string address = edge_address(any_node(world));
  world.say("edge " + address + " goes silent");
  world.network().host(address).powered = false;
  later(world, seconds_up_to(world, 1200), [address](World& then) {
    then.network().host(address).powered = true;
  });
}

void spoil_tls(World& world) {
  const int number = any_node(world);
  const std::string address = world.random().below(2) == 0 ? edge_address(number)
                                                           : node_address(number);
  world.say("TLS of " + address + " changes");
  world.network().host(address).tls = static_cast<TlsManner>(world.random().below(4));
}

void drain_node(World& world) {
  const int number = any_node(world);
  world.say("node " + std::to_string(number) + " drains");
  world.node(number).drain(seconds_up_to(world, 60));
}

void reload_node(World& world) {
  const int number = any_node(world);
  world.say("node " + std::to_string(number) + " reloads");
  Node& node = world.node(number);
  NodePlan plan = draw_plan(number, world.nodes(), world.speaks(), world.random());
  plan.xmpp_trust = world.stream_trust();
  plan.backs_up = node.plan().backs_up;
  node.reload(std::move(plan));
}

using Kind = void (*)(World&);
constexpr std::array<Kind, 16> kinds{
    bad_weather, cut_connections, partition,   kill_node,   cut_power,
    crash_at_sync, fail_a_sync,   fill_disk,   jump_clock,  break_names,
    move_mx,     spoil_edge,      stop_edge,   spoil_tls,   drain_node,  fall_mute};
constexpr std::array<Kind, 3> stream_kinds{spoil_backend, speak_at_once, ten_minutes_away};

}  // namespace

void plan_trouble(World& world, Instant end) {
  const auto length = static_cast<std::uint64_t>((end - world.timeline().now()).count());
  const auto plan = [&](Kind kind) {
    const std::uint64_t events = 1 + world.random().below(events_max);
    for (std::uint64_t event = 0; event < events; ++event)
      later(world, Duration(world.random().below(length)), kind);
  };
  for (const Kind kind : kinds)
    if (world.random().below(100) < kind_percent) plan(kind);
  for (const Kind kind : stream_kinds)
    if (world.speaks().xmpp && world.random().below(100) < kind_percent) plan(kind);
  plan(reload_node);
}

void end_trouble(World& world) {
  world.say("the trouble is over");
  world.network().heal();
  world.names().heal();
  for (int number = 1; number <= world.nodes(); ++number) {
    world.publish_names(number, false);
    world.edge(number).set_manner({});
    if (world.speaks().xmpp) world.backend(number).set_manner({});
    world.network().host(edge_address(number)).powered = true;
    world.node(number).disk().heal();
  }
}

}  // namespace hanse::sim
