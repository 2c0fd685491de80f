// SPDX-License-Identifier: Apache-2.0
#include "server/config/whole.h"

#include "federation/policy.h"
#include "protocols/protocol.h"
#include "server/config/node_options.h"
#include "store/store.h"

namespace hanse::config {

namespace {

// Rooms that know the place of what is wrong say it themselves.
Problem room_problem(const Place& file, const std::string& what) {
  const bool has_place = what.find(".toml:") != std::string::npos;
  return {has_place ? Place{} : file, what};
}

}  // namespace

Schema whole_schema() {
  Schema schema;
  schema.add(node_option_tables());
  schema.add(store::option_tables());
  for (const Protocol* protocol : protocols()) schema.add(protocol->tables);
  schema.add(federation_option_tables());
  for (const Protocol* protocol : protocols()) schema.extend("peer", protocol->peer_options);
  return schema;
}

std::vector<Problem> check_rooms(const Configuration& configuration) {
  NodeRead node = read_node_settings(configuration);
  std::vector<Problem> problems = std::move(node.problems);
  const Place file{configuration.table("node").entries.find("domain")->second.place.file, 0, 0};
  std::vector<std::string> names;
  for (const Protocol* protocol : protocols()) names.emplace_back(protocol->name);
  if (const auto policy = make_policy(configuration, names); !policy) {
    problems.push_back(room_problem(file, policy.error().what));
  }
  const SystemClock clock;
  const NodeFacts facts{node.settings.domain, &clock, Secret(std::string(32, '-'))};
  for (const Protocol* protocol : protocols()) {
    if (const auto room = protocol->open(configuration, facts); !room) {
      problems.push_back(room_problem(file, room.error().what));
    }
  }
  return problems;
}

std::vector<DnsWish> wished_records(const Configuration& configuration) {
  std::vector<DnsWish> out;
  const SystemClock clock;
  const NodeFacts facts{configuration.table("node").text("domain"), &clock,
                        Secret(std::string(32, '-'))};
  for (const Protocol* protocol : protocols()) {
    const auto room = protocol->open(configuration, facts);
    if (!room) continue;
    for (DnsWish& wish : (*room)->dns_records()) out.push_back(std::move(wish));
  }
  return out;
}

}  // namespace hanse::config
