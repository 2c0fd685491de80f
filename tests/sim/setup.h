// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "federation/exchange.h"
#include "protocols/protocol.h"
#include "server/base/random.h"
#include "store/store.h"

namespace hanse::sim {

// Addresses and names of machine number `number` (1, 2, ...) of a world.
std::string node_domain(int number);        // "n1.example"
std::string node_host(int number);          // "mx.n1.example"
std::string node_address(int number);       // 192.0.2.1
std::string edge_address(int number);       // 192.0.2.101
std::string sender_address(int number);     // 192.0.2.201

// Domains no world has: one does not exist, one takes no mail.
constexpr const char* domain_unknown = "gone.example";
constexpr const char* domain_round = "round.example";   // every node's route leads back to itself
constexpr const char* domain_without_mail = "null.example";

// What a world speaks.
struct Speaks {
  bool mail = true, xmpp = false;
};

// What of a node's configuration a seed decides. Times are kept as an operator might set them.
struct NodePlan {
  int number = 1;
  std::vector<int> backs_up;               // other domains it takes mail for
  std::string edge_tls = "may";            // to its own edge
  std::string retry = R"(["30s", "1m", "5m", "20m"])";
  std::string breaker_last = "30m";
  int recipients_per_transaction = 50;
  int connections_max = 20;
  bool knows_peers = false;                // [peer] tables instead of unknown_peers = "open"
  bool checks_senders = true;              // their domains, by DNS
  int destination_messages_max = 50'000;
  bool speaks_xmpp = false;
  std::string xmpp_trust = "verify";       // the same in a whole world: verify | dialback
  std::string xmpp_retry = R"(["5s", "30s", "2m", "5m"])";
  std::string irc;                         // its tables, see irc_text()
};
NodePlan draw_plan(int number, int nodes, const Speaks& speaks, Random& random);
std::string configuration_text(const NodePlan& plan, int nodes);
// How the nodes of an IrcWorld stand between its three networks. full: two nodes, each linked to
// every network, rings wherever one looks; misnamed: the same, but the second node has names of its
// own for them, so that neither can see that both relay the same ones; row: two nodes, and the
// network in the middle is the only one both are linked to; ring: three nodes, each between two.
enum class IrcShape { full, misnamed, row, ring };
// Its links to those networks, which have one channel.
std::string irc_text(int number, IrcShape shape);
// Of the XMPP server behind a node: it reaches everybody through that.
std::string backend_text(int number, int nodes);

// One configuration taken apart for the rooms, as the daemon does it.
struct Setup {
  std::shared_ptr<const Configuration> configuration;
  std::shared_ptr<const Policy> policy;
  std::map<std::string, std::shared_ptr<const ProtocolRoom>, std::less<>> rooms;
  std::vector<std::shared_ptr<const LaneTraits>> traits;
  std::map<std::string, ReportMaker> reports;
  store::StoreSettings store;
};
using RoomOf = std::function<std::shared_ptr<const ProtocolRoom>(std::string_view protocol)>;

// Throws when the text is refused: that is a mistake in the simulator.
Setup take_apart(const std::string& text, const Clock& clock);

}  // namespace hanse::sim
