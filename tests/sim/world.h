// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/backend.h"
#include "tests/sim/edge.h"
#include "tests/sim/letters.h"
#include "tests/sim/node.h"
#include "tests/sim/sender.h"
#include "tests/sim/talk.h"

namespace hanse::sim {

struct Rules {
  int nodes = 5;
  Plant plant = Plant::none;
  std::optional<Speaks> speaks;         // none: the seed decides
  bool verbose = false;
};

struct Report {
  std::string failure;                 // empty: all is well
  std::uint64_t digest = 0, steps = 0, crashes = 0;
  Duration virtual_time{};
  Auditor::Figures figures;
  StanzaBook::Figures stanzas;
};

// One seed's world: some nodes; of mail, behind each an edge where it ends and before each a
// sender; of XMPP, behind each a server whose users talk. First trouble and traffic, then calm
// until everything is settled, a few words that must all arrive, then the end of all nodes.
class World {
 public:
  World(std::uint64_t seed, const Rules& rules);
  ~World();
  Report run();

  // What trouble works on.
  Timeline& timeline() { return timeline_; }
  Random& random() { return random_; }
  Network& network() { return network_; }
  Names& names() { return names_; }
  Node& node(int number) { return *nodes_[static_cast<std::size_t>(number - 1)]; }
  Edge& edge(int number) { return *edges_[static_cast<std::size_t>(number - 1)]; }
  int nodes() const { return rules_.nodes; }
  const Speaks& speaks() const { return speaks_; }
  const std::string& stream_trust() const { return stream_trust_; }
  bool troubled() const { return troubled_; }
  Backend& backend(int number) { return *backends_[static_cast<std::size_t>(number - 1)]; }
  void everybody_speaks();             // at the same instant, so that all dial each other
  void publish_names(int number, bool only_dead);
  void say(const std::string& what) const;

 private:
  void build_network();
  void build_people();
  void plan_letters(Instant end);
  void plan_talk(Instant end);
  void publish_streams(int number, bool only_dead);
  void talk_in_calm();
  void live_through_trouble();
  void live_on_in_calm();
  void settle(Instant end);
  bool settled();
  void account_for_missing();
  void end_everything();
  bool run_until(Instant end);         // false when the run has failed

  const Rules rules_;
  SeededRandom random_;
  const Speaks speaks_;
  const bool crowded_;                 // mailboxes are small: things go the long way, or back
  const std::string stream_trust_;     // [xmpp] trust of all nodes
  Timeline timeline_;
  Auditor auditor_;
  Network network_;
  Names names_;
  NodeClock clock_;
  Log log_;
  Setup people_;                       // the configuration of senders and edges
  LetterBox letters_;
  TalkBox talk_;
  std::vector<std::unique_ptr<Edge>> edges_;
  std::vector<std::unique_ptr<Sender>> senders_;
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<std::unique_ptr<Node>> nodes_;
  bool troubled_ = true;
};

}  // namespace hanse::sim
