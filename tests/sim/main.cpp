// SPDX-License-Identifier: Apache-2.0
// sim --seeds 200 --nodes 5 [--first-seed N] [--plant BUG]   many worlds, one line each failure
// sim --seed N --nodes 5 --verbose                           one world, with its story
// sim --check-auditor                                        does it find the planted bugs?

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "server/base/text.h"
#include "tests/sim/irc_world.h"
#include "tests/sim/world.h"

namespace {

using hanse::sim::Plant;
using hanse::sim::Report;
using hanse::sim::Rules;
using hanse::sim::World;

struct Wishes {
  std::uint64_t first = 1, seeds = 200;
  bool twice = false;                 // each seed again, and compare
  bool check_auditor = false;
  Rules rules;
  std::string plant, speaks;          // as they were written
};

int usage() {
  std::fputs("usage: sim [--seeds N] [--first-seed N] [--seed N] [--nodes N] [--twice]\n"
             "           [--plant ack-before-commit|forget-leg|overtake]\n"
             "           [--verbose] [--check-auditor]\n"
             "           [--speaks mail|xmpp|both|irc|irc-row|irc-ring]\n",
             stderr);
  return 2;
}

bool read_number(const char* text, std::uint64_t& number) {
  const hanse::Result<std::int64_t> value = hanse::parse_integer(text == nullptr ? "" : text);
  if (!value || *value < 1) return false;
  number = static_cast<std::uint64_t>(*value);
  return true;
}

bool read_speaks(std::string_view text, Rules& rules) {
  rules.speaks = hanse::sim::Speaks{text != "xmpp", text != "mail"};
  return text == "mail" || text == "xmpp" || text == "both" || text.starts_with("irc");
}

bool read_wish(std::string_view name, const char* value, Wishes& wishes, int& used) {
  std::uint64_t number = 0;
  used = 2;
  if (name == "--verbose" || name == "--twice" || name == "--check-auditor") {
    used = 1;
    (name == "--verbose" ? wishes.rules.verbose
                         : name == "--twice" ? wishes.twice : wishes.check_auditor) = true;
    return true;
  }
  if (name == "--plant") {
    const auto plant = hanse::sim::parse_plant(value == nullptr ? "" : value);
    wishes.plant = plant ? value : "";
    wishes.rules.plant = plant.value_or(Plant::none);
    return plant.has_value();
  }
  if (name == "--speaks") {
    wishes.speaks = value == nullptr ? "" : value;
    return read_speaks(wishes.speaks, wishes.rules);
  }
  if (!read_number(value, number)) return false;
  if (name == "--seeds") wishes.seeds = number;
  else if (name == "--first-seed") wishes.first = number;
  else if (name == "--nodes") wishes.rules.nodes = static_cast<int>(number);
  else if (name == "--seed") wishes.first = number, wishes.seeds = 1;
  else return false;
  return wishes.rules.nodes <= 90;
}

std::string replay(const Wishes& wishes, std::uint64_t seed) {
  return "build/sim --seed " + std::to_string(seed) + " --nodes " +
         std::to_string(wishes.rules.nodes) +
         (wishes.plant.empty() ? "" : " --plant " + wishes.plant) +
         (wishes.speaks.empty() ? "" : " --speaks " + wishes.speaks) + " --verbose";
}

void tell(std::uint64_t seed, const Report& report) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::fprintf(stderr,
               "seed %llu digest %016llx steps %llu virtual %llds crashes %llu items %llu "
               "acknowledged %llu unknown %llu refused %llu arrived %llu returned %llu "
               "windows %llu twice %llu later %llu known %llu hops %llu; "
               "stanzas %llu arrived %llu answered %llu sent back %llu\n",
               number(seed), number(report.digest), number(report.steps),
               static_cast<long long>(report.virtual_time.count() / 1'000'000),
               number(report.crashes), number(report.figures.items),
               number(report.figures.acknowledged), number(report.figures.unknown),
               number(report.figures.refused), number(report.figures.arrived),
               number(report.figures.returned), number(report.figures.windows),
               number(report.figures.twice), number(report.figures.claimed_later),
               number(report.figures.known), number(report.figures.hops_most),
               number(report.stanzas.sent), number(report.stanzas.arrived),
               number(report.stanzas.answered), number(report.stanzas.sent_back));
}

Report run_irc(const Wishes& wishes, std::uint64_t seed) {
  using hanse::sim::IrcShape;
  const IrcShape shape = wishes.plant == "misnamed"      ? IrcShape::misnamed
                         : wishes.speaks == "irc-row"  ? IrcShape::row
                         : wishes.speaks == "irc-ring" ? IrcShape::ring
                                                       : IrcShape::full;
  const auto told = hanse::sim::IrcWorld(seed, wishes.rules.verbose, shape).run();
  Report report;
  report.failure = told.failure;
  report.digest = told.digest;
  report.virtual_time = told.virtual_time;
  report.figures.items = told.said;
  report.figures.arrived = told.heard;
  return report;
}

Report run_one(const Wishes& wishes, std::uint64_t seed) {
  try {
    if (wishes.speaks.starts_with("irc")) return run_irc(wishes, seed);
    Report report = World(seed, wishes.rules).run();
    if (!wishes.twice || !report.failure.empty()) return report;
    if (World(seed, wishes.rules).run().digest != report.digest)
      report.failure = "the same seed gave another run";
    return report;
  } catch (const std::exception& error) {
    Report report;
    report.failure = std::string("exception: ") + error.what();
    return report;
  }
}

std::ofstream results() {
  const char* path = std::getenv("HANSE_RESULTS");
  return std::ofstream(path == nullptr ? "/dev/null" : path, std::ios::app);
}

// A bug that is put in on purpose must be found in some of the worlds, and worlds without it must
// pass and repeat themselves to the last event.
int check_auditor(Wishes wishes) {
  constexpr std::uint64_t worlds_max = 60;
  std::ofstream out = results();
  int failed = 0;
  const auto record = [&](bool good, const std::string& name, const std::string& why) {
    out << (good ? "pass" : "fail") << " sim: " << name << "\n";
    std::printf("%s %s: %s\n", good ? "pass" : "FAIL", name.c_str(), why.c_str());
    if (!good) ++failed;
  };
  constexpr std::pair<const char*, const char*> planted[] = {
      {"ack-before-commit", "mail"}, {"ack-before-commit", "xmpp"}, {"forget-leg", "mail"},
      {"forget-leg", "xmpp"},        {"overtake", "xmpp"},          {"count-ahead", "xmpp"}};
  for (const auto& [plant, speaks] : planted) {
    read_speaks(speaks, wishes.rules);
    wishes.rules.plant = *hanse::sim::parse_plant(plant);
    std::string found;
    std::uint64_t seed = 0;
    while (found.empty() && ++seed <= worlds_max) found = run_one(wishes, seed).failure;
    record(!found.empty(), std::string("the auditor finds ") + plant + " in " + speaks,
           found.empty() ? "not in 60 worlds" : "seed " + std::to_string(seed) + ", " + found);
  }
  wishes.plant = "misnamed";
  const std::string confused = run_irc(wishes, 1).failure;
  wishes.plant.clear();
  record(!confused.empty(), "the auditor finds misnamed networks", "seed 1, " + confused);
  wishes.rules.plant = Plant::none;
  wishes.rules.speaks = hanse::sim::Speaks{true, true};
  wishes.twice = true;
  const std::string different = run_one(wishes, 1).failure;
  record(different.empty(), "one seed is one run", different);
  return failed == 0 ? 0 : 1;
}

int run_all(const Wishes& wishes) {
  std::ofstream out = results();
  std::uint64_t passed = 0, failed = 0, tenths = 0;
  for (std::uint64_t seed = wishes.first; seed < wishes.first + wishes.seeds; ++seed) {
    const Report report = run_one(wishes, seed);
    const bool good = report.failure.empty();
    ++(good ? passed : failed);
    out << (good ? "pass" : "fail") << " sim: seed " << seed << "\n";
    if (wishes.rules.verbose) tell(seed, report);
    if (!good)
      std::printf("FAIL seed %llu: %s; replay: %s\n", static_cast<unsigned long long>(seed),
                  report.failure.c_str(), replay(wishes, seed).c_str());
    if (const std::uint64_t now = (passed + failed) * 10 / wishes.seeds; now != tenths) {
      tenths = now;
      std::fprintf(stderr, "sim: %llu0 %%\n", static_cast<unsigned long long>(tenths));
    }
  }
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(passed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  ::setenv("HANSE_SIM_WORD", "word", 1);      // the password of every IRC link
  std::setvbuf(stdout, nullptr, _IOLBF, 0);   // what failed is told at once, also into a pipe
  Wishes wishes;
  for (int at = 1, used = 0; at < argc; at += used) {
    const char* value = at + 1 < argc ? argv[at + 1] : nullptr;
    if (!read_wish(argv[at], value, wishes, used)) return usage();
  }
  return wishes.check_auditor ? check_auditor(wishes) : run_all(wishes);
}
