// SPDX-License-Identifier: Apache-2.0
// What the console says of a node that is not as its operator thinks.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "protocols/protocol.h"
#include "server/base/log_areas.h"
#include "tests/catch.h"
#include "tests/unit/console/fake_node.h"

namespace hanse::console {
namespace {

TEST_CASE("console: status tells that the last reload was rejected, and where") {
  FakeNode fake;
  const std::string why = "/etc/hanse/hanse.toml:5:1: unknown key \"hsots\"";
  fake.rejected = RejectedConfig{fake.clock.at - std::chrono::minutes(5), why};
  const Answered answered = ask(fake, make_request("status"));
  CHECK(answered.text.find("  config REJECTED 5m ago: " + why + " (in force: loaded 2d ago, epoch "
                           "17)\n") != std::string::npos);
  CHECK(answered.text.find("config ok") == std::string::npos);
  CHECK(answered.text.find("\nwarn   the configuration on disk was rejected") != std::string::npos);
  CHECK(answered.items[0]["config_rejected"]["why"] == why);
  CHECK(answered.items[0]["warnings"].size() == 1);
  fake.rejected.reset();
  CHECK(ask(fake, make_request("status")).items[0]["config_rejected"].is_null());
}

TEST_CASE("console: status names five open breakers and counts the others") {
  FakeNode fake;
  LaneStatus lane;
  lane.breaker_open_since = fake.clock.at;
  for (const char* name : {"b", "c", "d", "e", "f", "g", "h"}) {
    lane.lane = std::string(name) + ".example";
    fake.lane_rows.push_back(lane);
  }
  const Answered answered = ask(fake, make_request("status"));
  CHECK(answered.items[0]["breakers_open"].size() == 7);
  CHECK(answered.text.find("breaker open (f.example") != std::string::npos);
  CHECK(answered.text.find("breaker open (g.example") == std::string::npos);
  CHECK(answered.text.find(", and 2 more (hanse peer list)\n") != std::string::npos);
}

TEST_CASE("console: status shows what the node warns of, and is ready all the same") {
  FakeNode fake;
  fake.troubles = {"the certificate for a.example expires in 5d"};
  const Answered answered = ask(fake, make_request("status"));
  CHECK(answered.text.find("\nwarn   the certificate for a.example expires in 5d\n") !=
        std::string::npos);
  CHECK(answered.items[0]["ready"] == true);
}

TEST_CASE("console: what waits for a restart is shown by status, reload and the difference") {
  FakeNode fake;
  fake.waits = {"node.shards"};
  const Answered status = ask(fake, make_request("status"));
  CHECK(status.items[0]["waits_for_restart"] == Json::array({"node.shards"}));
  CHECK(status.text.find("\nwarn   node.shards was changed and counts from the next start on\n") !=
        std::string::npos);
  CHECK(ask(fake, make_request("reload")).text.find("node.shards changes with the next start") !=
        std::string::npos);
  CHECK(ask(fake, make_request("config show")).items[0]["waits_for_restart"][0] == "node.shards");
}

TEST_CASE("console: limits shows what stands for a 0, waits, and how much is used") {
  FakeNode fake;
  fake.bounds_now = {{"limits.connections_max", 819, 40, false},
                     {"memory.soft", 1ull << 30, 1ull << 20, true},
                     {"disk.min_free", 2ull << 30, std::nullopt, true}};
  std::map<std::string, Json> rows;
  for (const Json& item : ask(fake, make_request("limits")).items)
    rows[raw_text_of(item, "limit")] = item;
  CHECK(rows["limits.connections_max"]["value"] == "819 (by default)");
  CHECK(rows["limits.connections_max"]["used"] == 40);
  CHECK(rows["memory.soft"]["value"] == "1.0 GiB (by default)");
  CHECK(rows["memory.soft"]["used"] == 1 << 20);
  CHECK(rows["disk.min_free"]["value"] == "2.0 GiB (by default)");
  for (const char* name : {"smtp.command_wait", "smtp.data_wait", "mail_commands_max",
                           "smtp.octets_per_second_min", "smtp.errors_max",
                           "smtp.header_field_max", "smtp.connections_first",
                           "smtp.breaker_failures", "smtp.breaker_first", "smtp.breaker_last",
                           "smtp.breaker_jitter", "mail_question_wait_max"}) {
    INFO(name);
    CHECK(rows.count(name) == 1);
  }
  CHECK(rows["mail_question_wait_max"]["value"] == "1m");
}

// The bounds that a limits.h names.
std::vector<std::string> bounds_in(const std::filesystem::path& file) {
  std::ifstream in(file);
  const std::regex name("([a-z_0-9]+[a-z0-9]) = ");
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("constexpr")) continue;
    line = line.substr(0, line.find("//"));
    for (std::sregex_iterator at(line.begin(), line.end(), name), end; at != end; ++at)
      out.push_back((*at)[1].str());
  }
  return out;
}

// Those of a protocol's folder are shown with its name before them.
TEST_CASE("console: limits shows every bound of every limits.h") {
  FakeNode fake;
  std::multiset<std::string> shown;
  for (const Json& item : ask(fake, make_request("limits")).items)
    if (item["kind"] == "fixed") shown.insert(raw_text_of(item, "limit"));
  std::size_t files = 0, found = 0;
  for (const char* room : {"server", "federation", "protocols", "store"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(room)) {
      if (entry.path().filename() != "limits.h") continue;
      ++files;
      const std::string folder = entry.path().parent_path().filename();
      const std::string before = room == std::string("protocols") ? folder + "." : "";
      for (const std::string& name : bounds_in(entry.path())) {
        INFO(entry.path().string() << ": " << name);
        CHECK(shown.count(before + name) == 1);
        ++found;
      }
    }
  }
  CHECK(files >= 4);
  CHECK(found == shown.size());   // and nothing that is not there
  CHECK(found > 250);
}

TEST_CASE("console: limits leaves a bound alone that was set") {
  FakeNode fake;
  fake.set_configuration("[node]\ndomain = \"a.example\"\n[limits]\nconnections_max = 7\n");
  fake.bounds_now = {{"limits.connections_max", 7, 3, false}};
  for (const Json& item : ask(fake, make_request("limits")).items)
    if (raw_text_of(item, "limit") == "limits.connections_max") CHECK(item["value"] == "7");
}

TEST_CASE("console: peer show knows nobody only because a route for all has a lane") {
  FakeNode fake;
  Policy policy;
  policy.node_domain = "a.example";
  policy.protocols["mail"].hosts = {"a.example"};
  policy.routes = RouteTable({{"route.0", "*", "", "192.0.2.1:25", TlsLevel::verify}});
  PeerPolicy known;
  known.domain = "b.example";
  policy.peers = {known};
  fake.set_policy(policy);
  LaneStatus smart, pair;
  smart.protocol = pair.protocol = "mail";
  smart.lane = "192.0.2.1:25";
  pair.lane = "a.example>c.example";
  fake.lane_rows = {smart, pair};
  CHECK(ask(fake, make_request("peer show", {"nobody.example"})).ended.exit == Exit::not_found);
  CHECK(ask(fake, make_request("peer show", {"nobody"})).ended.exit == Exit::not_found);
  const Answered peer = ask(fake, make_request("peer show", {"b.example"}));
  CHECK(peer.ended.exit == Exit::ok);
  CHECK(peer.items[0]["lanes"][0]["lane"] == "192.0.2.1:25");   // the way its messages go
  CHECK(ask(fake, make_request("peer show", {"192.0.2.1:25"})).ended.exit == Exit::ok);
  CHECK(ask(fake, make_request("peer show", {"c.example"})).ended.exit == Exit::ok);
}

TEST_CASE("console: log level knows its areas and names them") {
  FakeNode fake;
  const Answered wrong = ask(fake, make_request("log level", {"foo=debug"}));
  CHECK(wrong.ended.exit == Exit::usage);
  CHECK(wrong.ended.what.find(" store ") != std::string::npos);
  CHECK(ask(fake, make_request("log level", {"=debug"})).ended.exit == Exit::usage);
  for (const Protocol* protocol : protocols()) {
    const std::string word = std::string(protocol->name) + "=debug";
    CHECK(ask(fake, make_request("log level", {word})).ended.exit == Exit::ok);
    CHECK(wrong.ended.what.find(" " + std::string(protocol->name)) != std::string::npos);
  }
}

// Every event that is written has an area a level can be set for.
TEST_CASE("console: no event is of an unknown area") {
  std::set<std::string, std::less<>> known(std::begin(log_areas), std::end(log_areas));
  for (const Protocol* protocol : protocols()) known.emplace(protocol->name);
  // The level, then within the same call the name.
  const std::regex event("Level::[a-z]+[^\";]{0,80}\"([a-z_]+)\\.[a-z_]+\"");
  std::set<std::string> seen;
  for (const char* room : {"server", "federation", "store", "protocols"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(room)) {
      if (entry.path().extension() != ".cpp") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      const std::string source = text.str();
      for (std::sregex_iterator at(source.begin(), source.end(), event), end; at != end; ++at) {
        INFO(entry.path() << ": " << at->str());
        CHECK(known.contains((*at)[1].str()));
        seen.insert((*at)[1].str());
      }
    }
  }
  CHECK(seen.size() > 15);
}

}  // namespace
}  // namespace hanse::console
