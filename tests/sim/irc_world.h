// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/ircd.h"
#include "tests/sim/node.h"
#include "tests/sim/setup.h"

namespace hanse::sim {

// Three IRC networks of three dialects, one channel on all of them, and nodes between them. First
// trouble, then calm in which all of them must come to know the same people, once each, and
// everything said arrives everywhere else once.
class IrcWorld {
 public:
  IrcWorld(std::uint64_t seed, bool verbose, IrcShape shape);
  ~IrcWorld();

  struct Report {
    std::string failure;               // empty: all is well
    std::uint64_t digest = 0, said = 0, heard = 0;
    Duration virtual_time{};
  };
  Report run();

 private:
  static constexpr int networks = 3;

  void plan_life(Instant end);
  void plan_trouble(Instant end);
  void trouble();
  void speak(int network);
  void heard(int network, const std::string& text);
  void come_or_go(int network);
  std::string difference() const;        // what networks see and should not, or the other way
  void last_words();
  void late_words();
  void heard_late(int network, std::size_t number);
  bool run_until(Instant end);
  void fail(std::string why);
  void say(const std::string& what) const;
  std::int64_t seconds() const;
  int any_network();
  std::string anybody(const std::set<std::string>& here);
  Ircd& ircd(int network) { return *ircds_[static_cast<std::size_t>(network)]; }

  struct Said {
    int network = 0;
    std::string nick;
    std::set<int> heard_on;
    std::uint64_t crashes = 0;             // of nodes, until it was heard first
  };

  SeededRandom random_;
  const bool verbose_;
  const IrcShape shape_;
  const int node_count_;
  Timeline timeline_;
  Auditor auditor_;
  Network network_;
  Names names_;
  NodeClock clock_;
  std::vector<std::unique_ptr<Ircd>> ircds_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Said> said_;                                        // by number
  std::map<std::pair<int, std::string>, std::size_t> last_heard_; // by where, and who spoke
  std::map<int, std::pair<std::size_t, Instant>> last_late_;      // by network
  bool strict_ = false;                                           // no trouble is about
  std::uint64_t heard_ = 0, summaries_ = 0, crashes_ = 0;
  std::size_t people_made_ = 0;
  std::string failure_;
};

}  // namespace hanse::sim
