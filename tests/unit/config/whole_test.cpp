// SPDX-License-Identifier: Apache-2.0
#include "server/config/whole.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/config/load.h"
#include "tests/catch.h"

namespace hanse::config {
namespace {

// What is told of a file with these lines behind its first six.
std::vector<std::string> told_of(const std::string& lines) {
  std::string folder = (std::filesystem::temp_directory_path() / "hanse-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string file = folder + "/hanse.toml";
  std::ofstream(file) << "[node]\ndomain = \"a.example\"\ndata_dir = \"" << folder
                      << "\"\n[control]\nsocket = \"" << folder << "/s\"\n\n" << lines;
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  const Schema schema = whole_schema();
  Loaded loaded = load(file, schema);
  std::vector<std::string> out;
  for (const Problem& one : loaded.problems) out.push_back(problem_text(one));
  if (loaded.configuration)
    for (const Problem& one : check_rooms(*loaded.configuration)) out.push_back(problem_text(one));
  std::filesystem::remove_all(folder);
  for (std::string& one : out) one = one.substr(one.rfind('/') + 1);
  return out;
}

using Told = std::vector<std::string>;

TEST_CASE("config: what only a room can judge is told with its place") {
  CHECK(told_of("").empty());
  CHECK(told_of("[xmpp]\nhosts = [\"a..b\"]\n") ==
        Told{"hanse.toml:8:1: hosts: not a domain: a..b"});
  CHECK(told_of("[xmpp]\nretry = []\n") ==
        Told{"hanse.toml:8:1: retry: needs at least one wait"});
}

TEST_CASE("config: what two rooms stumble over is told once") {
  const Told told = told_of("[xmpp]\nrelay_from = [\"x\"]\n");
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with("hanse.toml:8:1: relay_from: not an IP address or network"));
}

TEST_CASE("config: who listens for TLS needs a certificate") {
  const std::string table = GENERATE("smtp", "irc");
  CHECK(told_of("[listen." + table + "]\ntls_addr = [\"127.0.0.1:7001\"]\n") ==
        Told{"hanse.toml:8:1: tls_addr: needs a certificate: cert and key of [tls], or a "
             "[[certificate]]"});
  CHECK(told_of("[listen." + table + "]\ntls_addr = []\n").empty());
}

}  // namespace
}  // namespace hanse::config
