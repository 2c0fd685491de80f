// SPDX-License-Identifier: Apache-2.0
// The console finds its node by a file with mistakes.
#include <filesystem>
#include <fstream>

#include "server/config/load.h"
#include "server/config/whole.h"
#include "tests/catch.h"

namespace hanse::config {
namespace {

class File {
 public:
  explicit File(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "hanse-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder = name;
    std::ofstream(path()) << text;
  }
  ~File() { std::filesystem::remove_all(folder); }
  std::string path() const { return folder + "/hanse.toml"; }
  SocketNamed named() const { return control_socket_of(path(), whole_schema()); }
  std::string folder;
};

const std::string domain = "[node]\ndomain = \"a.example\"\n";
const std::string socket = "[control]\nsocket = \"/run/a.sock\"\n";

TEST_CASE("config: the control socket of a file without mistakes") {
  const SocketNamed named = File(domain + socket).named();
  CHECK(*named.socket == "/run/a.sock");
  CHECK(named.problems.empty());
  CHECK(*File(domain).named().socket == "/run/hanse/control.sock");
}

TEST_CASE("config: mistakes elsewhere do not hide the control socket, and are told") {
  for (const std::string& mistake :
       {std::string("[smpt]\nhosts = []\n"), std::string("[smtp]\nhosts = 7\n"),
        std::string("[smtp\n"), std::string("[smtp]\nhosts = [\"a.example\n")}) {
    INFO(mistake);
    for (const std::string& text : {domain + socket + mistake, domain + mistake + socket}) {
      const SocketNamed named = File(text).named();
      CHECK_FALSE(named.problems.empty());
      REQUIRE(named.socket);
      CHECK(*named.socket == "/run/a.sock");
    }
  }
}

TEST_CASE("config: the control socket line by line, as people write it") {
  const std::string broken = "[smtp\n";
  CHECK(*File(broken + "[control]  # here\r\nsocket = '/run/a.sock'  # so\r\n").named().socket ==
        "/run/a.sock");
  CHECK(*File(broken + "control.socket = \"/run/a.sock\"\n").named().socket == "/run/a.sock");
  CHECK(*File(broken + "[metrics]\nsocket = \"/run/b.sock\"\n").named().socket == "");
  CHECK(*File(broken + domain).named().socket == "");
}

TEST_CASE("config: a control socket that cannot be read leads to no other node") {
  CHECK_FALSE(File(domain + "[control]\nsocket = 7\n").named().socket);
  CHECK_FALSE(File(domain + "[control]\nsocket = \"/run/a.sock\n").named().socket);
  CHECK_FALSE(File(domain + "[control]\nsocket = \"/run/\\q.sock\"\n").named().socket);
}

TEST_CASE("config: the control socket may be named in conf.d") {
  const File file(domain + "[smpt]\n");
  std::filesystem::create_directory(file.folder + "/conf.d");
  std::ofstream(file.folder + "/conf.d/10-control.toml") << socket;
  CHECK(*file.named().socket == "/run/a.sock");
}

}  // namespace
}  // namespace hanse::config
