// SPDX-License-Identifier: Apache-2.0
// sim --seeds 200 --nodes 5 [--first-seed N] [--plant BUG]   many worlds, one line each failure
// sim --seed N --nodes 5 --verbose                           one world, with its story

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>

#include "server/base/text.h"
#include "tests/sim/world.h"

namespace {

using hanse::sim::Plant;
using hanse::sim::Report;
using hanse::sim::Rules;
using hanse::sim::World;

struct Wishes {
  std::uint64_t first = 1, seeds = 200;
  bool twice = false;                 // each seed again, and compare
  Rules rules;
  std::string plant;                  // as it was written
};

int usage() {
  std::fputs("usage: sim [--seeds N] [--first-seed N] [--seed N] [--nodes N] [--twice]\n"
             "           [--plant ack-before-commit|forget-leg] [--verbose]\n", stderr);
  return 2;
}

bool read_number(const char* text, std::uint64_t& number) {
  const hanse::Result<std::int64_t> value = hanse::parse_integer(text == nullptr ? "" : text);
  if (!value || *value < 1) return false;
  number = static_cast<std::uint64_t>(*value);
  return true;
}

bool read_wish(std::string_view name, const char* value, Wishes& wishes, int& used) {
  std::uint64_t number = 0;
  used = 2;
  if (name == "--verbose" || name == "--twice") {
    used = 1;
    (name == "--twice" ? wishes.twice : wishes.rules.verbose) = true;
    return true;
  }
  if (name == "--plant") {
    const auto plant = hanse::sim::parse_plant(value == nullptr ? "" : value);
    wishes.plant = plant ? value : "";
    wishes.rules.plant = plant.value_or(Plant::none);
    return plant.has_value();
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
         (wishes.plant.empty() ? "" : " --plant " + wishes.plant) + " --verbose";
}

void tell(std::uint64_t seed, const Report& report) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::fprintf(stderr,
               "seed %llu digest %016llx steps %llu virtual %llds crashes %llu items %llu "
               "acknowledged %llu unknown %llu refused %llu arrived %llu returned %llu "
               "windows %llu twice %llu hops %llu\n",
               number(seed), number(report.digest), number(report.steps),
               static_cast<long long>(report.virtual_time.count() / 1'000'000),
               number(report.crashes), number(report.figures.items),
               number(report.figures.acknowledged), number(report.figures.unknown),
               number(report.figures.refused), number(report.figures.arrived),
               number(report.figures.returned), number(report.figures.windows),
               number(report.figures.twice), number(report.figures.hops_most));
}

Report run_one(const Wishes& wishes, std::uint64_t seed) {
  try {
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

int run_all(const Wishes& wishes) {
  const char* results = std::getenv("HANSE_RESULTS");
  std::ofstream out(results == nullptr ? "/dev/null" : results, std::ios::app);
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
  Wishes wishes;
  for (int at = 1, used = 0; at < argc; at += used) {
    const char* value = at + 1 < argc ? argv[at + 1] : nullptr;
    if (!read_wish(argv[at], value, wishes, used)) return usage();
  }
  return run_all(wishes);
}
