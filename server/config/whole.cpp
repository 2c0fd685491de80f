// SPDX-License-Identifier: Apache-2.0
#include "server/config/whole.h"

#include <set>

#include "federation/policy.h"
#include "protocols/protocol.h"
#include "server/config/node_options.h"
#include "store/store.h"

namespace hanse::config {

namespace {

// "smtp", or a keyed table with its name: "irc.network.home". Null: it is not there.
const Settings* settings_of(const Configuration& configuration, std::string_view table) {
  if (configuration.has(table)) return &configuration.table(table);
  for (const auto& [name, entries] : configuration.lists) {
    if (!table.starts_with(name + ".")) continue;
    for (const Settings& one : entries)
      if (one.name == table.substr(name.size() + 1)) return &one;
  }
  return nullptr;
}

// Where a setting stands that somebody has written; null: nobody has.
const Place* place_of(const Configuration& configuration, std::string_view table,
                      std::string_view key) {
  const Settings* settings = settings_of(configuration, table);
  if (settings == nullptr) return nullptr;
  const auto found = settings->entries.find(key);
  return found == settings->entries.end() || found->second.place.file.empty()
             ? nullptr
             : &found->second.place;
}

// The first thing that somebody has written in a table.
const Place* place_of_first(const Settings& settings) {
  const Place* first = nullptr;
  for (const auto& [key, entry] : settings.entries) {
    if (entry.place.file.empty()) continue;
    if (first == nullptr || entry.place.line < first->line) first = &entry.place;
  }
  return first;
}

// Rooms that know the place of what is wrong say it themselves; others name the setting, as in
// "xmpp.hosts: not a domain". One that is missed is missed where its table is.
Problem room_problem(const Configuration& configuration, const Place& file,
                     const std::string& what) {
  if (what.find(".toml:") != std::string::npos) return {{}, what};
  const std::string_view setting = std::string_view(what).substr(0, what.find(": "));
  const std::size_t dot = setting.rfind('.');
  if (dot == std::string_view::npos) return {file, what};
  const std::string_view table = setting.substr(0, dot);
  if (const Place* place = place_of(configuration, table, setting.substr(dot + 1)))
    return {*place, what.substr(dot + 1)};
  for (const std::string_view name : {setting, table}) {
    const Settings* settings = settings_of(configuration, name);
    const Place* first = settings == nullptr ? nullptr : place_of_first(*settings);
    if (first != nullptr) return {*first, what};
  }
  return {file, what};
}

// Who listens for TLS has to have something to show.
void check_listeners(const Configuration& configuration, const TlsOptions& tls,
                     std::vector<Problem>& problems) {
  if (!tls.certificate_pem.empty() || !tls.further.empty()) return;
  for (const Protocol* protocol : protocols()) {
    for (const Listen& listen : protocol->listens) {
      const Place* place = place_of(configuration, listen.table, listen.address_key);
      if (!listen.implicit_tls || place == nullptr) continue;
      if (configuration.table(listen.table).list(listen.address_key).empty()) continue;
      problems.push_back({*place, std::string(listen.address_key) +
                                      ": needs a certificate: cert and key of [tls], or a "
                                      "[[certificate]]"});
    }
  }
}

// Several rooms may stumble over the same thing.
void tell_once(std::vector<Problem>& problems) {
  std::set<std::string> told;
  std::erase_if(problems, [&told](const Problem& one) {
    return !told.insert(problem_text(one)).second;
  });
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
  const NodeRead node = read_node_settings(configuration);
  std::vector<Problem> problems = node.problems;
  const Place file{configuration.table("node").entries.find("domain")->second.place.file, 0, 0};
  std::vector<std::string> names;
  for (const Protocol* protocol : protocols()) names.emplace_back(protocol->name);
  if (const auto policy = make_policy(configuration, names); !policy) {
    problems.push_back(room_problem(configuration, file, policy.error().what));
  }
  const SystemClock clock;
  const NodeFacts facts{node.settings.domain, &clock, Secret(std::string(32, '-'))};
  for (const Protocol* protocol : protocols()) {
    if (const auto room = protocol->open(configuration, facts); !room) {
      problems.push_back(room_problem(configuration, file, room.error().what));
    }
  }
  if (node.problems.empty()) check_listeners(configuration, node.settings.tls, problems);
  tell_once(problems);
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
