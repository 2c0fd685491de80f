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

TEST_CASE("config: so is what is wrong in a table of several, by the table where it is missing") {
  REQUIRE(::setenv("HANSE_TEST_WORD", "word", 1) == 0);
  const std::string irc = "[irc]\nsid = \"9RL\"\n[irc.network.home]\n";
  const std::string words =
      "\nsend_password = \"env:HANSE_TEST_WORD\"\nreceive_password = \"env:HANSE_TEST_WORD\"\n";
  CHECK(told_of(irc + "addr = \"127.0.0.1:7100\"\ndialect = \"hybrid\"\ntls = \"off\"\n"
                      "peer = \"A.example\"" + words) ==
        Told{"hanse.toml:13:1: peer: is our own name there; whom is this link with?"});
  CHECK(told_of(irc + "peer = \"irc.b.example\"\ntls = \"off\"" + words) ==
        Told{"hanse.toml:10:1: irc.network.home.addr: absent, so that it connects to us: that "
             "needs [listen.irc] with addr or tls_addr"});
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
