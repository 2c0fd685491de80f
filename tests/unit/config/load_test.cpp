// SPDX-License-Identifier: Apache-2.0
#include "server/config/load.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/base/limits.h"
#include "server/config/node_options.h"
#include "tests/catch.h"
#include "tests/unit/config/sample_schema.h"

namespace hanse::config {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "hanse-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::filesystem::path where = std::filesystem::path(path) / name;
    std::filesystem::create_directories(where.parent_path());
    std::ofstream(where) << text;
    REQUIRE(::chmod(where.c_str(), mode) == 0);
    return where.string();
  }
  std::string path;
};

std::string all_problems(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) out += problem_text(problem) + "\n";
  return out;
}

TEST_CASE("config: conf.d adds tables and settings in the order of its names") {
  const Folder folder;
  const std::string file = folder.file("main.toml", "[host]\nname = \"a.example\"\n");
  folder.file("conf.d/20-b.toml", "[[route]]\nmatch = \"second\"\n[host]\nport = 26\n");
  folder.file("conf.d/10-a.toml", "[[route]]\nmatch = \"first\"\n[peer.\"b.example\"]\n");
  folder.file("conf.d/ignored.txt", "nonsense");
  const Loaded loaded = load(file, sample_schema());
  INFO(all_problems(loaded.problems));
  REQUIRE(loaded.configuration);
  CHECK(loaded.configuration->tables("route")[0].text("match") == "first");
  CHECK(loaded.configuration->tables("route")[1].text("match") == "second");
  CHECK(loaded.configuration->table("host").integer("port") == 26);
  CHECK(loaded.configuration->tables("peer").size() == 1);
}

TEST_CASE("config: a room's own keys in another room's table, and what is none of them") {
  static constexpr Option more[] = {
      {.key = "mail_manner", .type = OptionType::choice, .fallback = "\"strict\"",
       .help = "A manner.", .choices = "strict|kind"},
  };
  Schema schema;
  {
    Schema made = sample_schema();
    made.extend("peer", more);
    made.extend("peer", {});
    schema = made;   // a copy outlives what it was made from
  }
  const SecretReader secrets = [](std::string_view) { return Error{Fault::never, "none"}; };
  const std::string head = "[host]\nname = \"a.example\"\n";
  const Loaded loaded = parse(head + "[peer.\"b.example\"]\nmail_manner = \"kind\"\n"
                                     "[peer.\"c.example\"]\nstate = \"blocked\"\n",
                              "t.toml", schema, secrets);
  INFO(all_problems(loaded.problems));
  REQUIRE(loaded.configuration);
  CHECK(loaded.configuration->tables("peer")[0].text("mail_manner") == "kind");
  CHECK(loaded.configuration->tables("peer")[1].text("mail_manner") == "strict");
  CHECK(loaded.configuration->tables("peer")[1].text("state") == "blocked");
  CHECK(all_problems(parse(head + "[peer.\"b.example\"]\nmail_maner = \"kind\"\n", "t.toml",
                           schema, secrets).problems) ==
        "t.toml:4:1: unknown key \"mail_maner\" in [peer]; did you mean \"mail_manner\"?\n");
  CHECK_FALSE(parse(head + "[peer.\"b.example\"]\nmail_manner = \"kind\"\n", "t.toml",
                    sample_schema(), secrets).configuration);
}

TEST_CASE("config: a setting or a peer in two files is told with both places") {
  const Folder folder;
  const std::string file =
      folder.file("main.toml", "[host]\nname = \"a.example\"\n[peer.\"b.example\"]\n");
  const std::string more =
      folder.file("conf.d/a.toml", "[host]\nname = \"b.example\"\n[peer.\"b.example\"]\n");
  const Loaded loaded = load(file, sample_schema());
  CHECK_FALSE(loaded.configuration);
  CHECK(all_problems(loaded.problems) ==
        more + ":2:1: \"name\" is already set at " + file + ":2:1\n" +
        more + ":3:1: [peer.\"b.example\"] is already at " + file + ":3:1\n");
}

TEST_CASE("config: a folder with too many files is refused, not read in part") {
  const Folder folder;
  const std::string file = folder.file("main.toml", "[host]\nname = \"a.example\"\n");
  for (std::size_t i = 0; i < limits::config_files_max; ++i) {
    folder.file("conf.d/" + std::to_string(i) + ".toml", "");
  }
  CHECK(all_problems(load(file, sample_schema()).problems) ==
        file + ": conf.d has more than 1000 files\n");
}

TEST_CASE("config: a file that cannot be read is told, and nothing is called missing") {
  const Folder folder;
  CHECK(all_problems(load(folder.path + "/none.toml", sample_schema()).problems) ==
        folder.path + "/none.toml: cannot be read\n");
  CHECK(all_problems(load(folder.path, sample_schema()).problems) ==
        folder.path + ": is a folder\n");
}

TEST_CASE("config: secrets come from files, the environment and credentials") {
  const Folder folder;
  folder.file("key.pem", "hush\n");
  folder.file("cred", "credential\n");
  const SecretReader secrets = system_secrets(folder.path);
  CHECK(*secrets("file:key.pem") == "hush");
  CHECK(*secrets("file:" + folder.path + "/key.pem") == "hush");
  CHECK_FALSE(secrets("file:none.pem"));
  CHECK_FALSE(secrets("file:"));
  ::setenv("HANSE_TEST_SECRET", "from environment", 1);
  CHECK(*secrets("env:HANSE_TEST_SECRET") == "from environment");
  CHECK_FALSE(secrets("env:HANSE_TEST_NOT_SET"));
  ::unsetenv("CREDENTIALS_DIRECTORY");
  CHECK_FALSE(secrets("cred:cred"));
  ::setenv("CREDENTIALS_DIRECTORY", folder.path.c_str(), 1);
  CHECK(*secrets("cred:cred") == "credential");
  CHECK_FALSE(secrets("cred:../etc/passwd"));
  CHECK_FALSE(secrets("hunter2"));
}

TEST_CASE("config: a secret file others can read is refused") {
  const Folder folder;
  const SecretReader secrets = system_secrets(folder.path);
  folder.file("open.pem", "hush", 0644);
  const Result<std::string> open = secrets("file:open.pem");
  REQUIRE_FALSE(open);
  CHECK(open.error().what.find("others can read or change") != std::string::npos);
  CHECK(open.error().what.find("hush") == std::string::npos);
  folder.file("group.pem", "hush", 0640);
  CHECK(secrets("file:group.pem"));
}

const Schema& node_schema() {
  static const Schema schema = [] {
    Schema made;
    made.add(node_option_tables());
    return made;
  }();
  return schema;
}

NodeRead read_node(const Folder& folder, const std::string& text) {
  const Loaded loaded = load(folder.file("hanse.toml", text), node_schema());
  INFO(all_problems(loaded.problems));
  REQUIRE(loaded.configuration);
  return read_node_settings(*loaded.configuration);
}

TEST_CASE("config: the node's own settings and their defaults") {
  const Folder folder;
  folder.file("cert.pem", "CERT\n", 0644);
  folder.file("key.pem", "KEY\n");
  folder.file("ca.pem", "CA\n", 0644);
  const NodeRead plain = read_node(folder, "[node]\ndomain = \"A.Example\"\n");
  CHECK(all_problems(plain.problems).empty());
  CHECK(plain.settings.domain == "a.example");
  CHECK(plain.settings.control.socket == default_control_socket);
  CHECK(plain.settings.tls.ca == "system");
  CHECK(plain.settings.tls.certificate_pem.empty());
  CHECK(plain.settings.shutdown_grace == std::chrono::seconds(30));

  const NodeRead full = read_node(
      folder, "[node]\ndomain = \"a.example\"\n[tls]\ncert = \"file:cert.pem\"\n"
              "key = \"file:key.pem\"\nca = \"file:ca.pem\"\nmin = \"1.3\"\n"
              "[log]\nlevel = \"debug\"\nprivacy = \"hash\"\n");
  CHECK(all_problems(full.problems).empty());
  CHECK(full.settings.tls.certificate_pem == "CERT\n");
  CHECK(full.settings.tls.key_pem.text() == "KEY");
  CHECK(full.settings.tls.ca == folder.path + "/ca.pem");
  CHECK(full.settings.log.level == Level::debug);
  CHECK(full.settings.log.hash_addresses);
}

TEST_CASE("config: further certificates are read in the order of the files, keys kept private") {
  const Folder folder;
  folder.file("b.pem", "B\n", 0644);
  folder.file("b.key", "B KEY\n");
  folder.file("conf.d/c.pem", "C\n", 0644);
  folder.file("conf.d/c.toml", "[[certificate]]\ncert = \"file:c.pem\"\nkey = \"file:b.key\"\n");
  const std::string text = "[node]\ndomain = \"a.example\"\n[[certificate]]\n"
                           "cert = \"file:b.pem\"\nkey = \"file:b.key\"\n";
  const NodeRead read = read_node(folder, text);
  CHECK(all_problems(read.problems).empty());
  REQUIRE(read.settings.tls.further.size() == 2);
  CHECK(read.settings.tls.certificate_pem.empty());
  CHECK(read.settings.tls.further[0].certificate_pem == "B\n");
  CHECK(read.settings.tls.further[0].key_pem.text() == "B KEY");
  CHECK(read.settings.tls.further[1].certificate_pem == "C\n");

  const std::string file = folder.path + "/hanse.toml";
  const auto refused = [&](const std::string& name, const std::string& more) {
    return all_problems(load(folder.file(name, more), node_schema()).problems);
  };
  folder.file("b.key", "B KEY\n", 0644);
  CHECK(refused("hanse.toml", text).find("others can read or change") != std::string::npos);
  folder.file("b.key", "B KEY\n");
  CHECK(refused("hanse.toml", text + "[[certificate]]\ncert = \"file:b.pem\"\n")
            .find("key") != std::string::npos);
  CHECK(all_problems(read_node(folder, "[node]\ndomain = \"a.example\"\n[[certificate]]\n"
                                       "cert = \"file:none.pem\"\nkey = \"file:b.key\"\n")
                         .problems) ==
        file + ":4:1: cert: " + folder.path + "/none.pem cannot be read\n");
}

TEST_CASE("config: what the node cannot use is told with its place") {
  const Folder folder;
  const std::string file = folder.path + "/hanse.toml";
  const auto problems = [&folder](const std::string& text) {
    return all_problems(read_node(folder, text).problems);
  };
  const std::string node = "[node]\ndomain = \"a.example\"\n";
  for (const std::string good : {"192.0.2.1", "2001:db8::1", "[2001:db8::1]:53", "192.0.2.1:5353"})
    CHECK(problems(node + "[dns]\nservers = [\"" + good + "\"]\n").empty());
  for (const std::string bad : {"foo", "foo:53", "192.0.2.1:99999", "192.0.2.1:", "192.0.2.300"})
    CHECK(problems(node + "[dns]\nservers = [\"" + bad + "\"]\n") ==
          file + ":4:1: servers: expected an address with a port such as \"127.0.0.1:53\", got \"" +
              bad + "\"\n");
  CHECK(problems(node + "[metrics]\naddr = \"9464\"\n")
            .starts_with(file + ":4:1: addr: expected an address with a port"));
  CHECK(problems("[node]\ndomain = \"http://a\"\n") ==
        file + ":2:1: domain: expected a domain name\n");
  CHECK(problems(node + "[tls]\ncert = \"file:none.pem\"\n") ==
        file + ":4:1: cert: cert and key need each other\n");
  CHECK(problems(node + "[tls]\nca = \"file:none.pem\"\n") ==
        file + ":4:1: ca: " + folder.path + "/none.pem cannot be read\n");
  CHECK(problems(node + "[control]\nsocket = \"/" + std::string(120, 'x') + "\"\n") ==
        file + ":4:1: socket: expected a path of 1 to 107 bytes\n");
}

}  // namespace
}  // namespace hanse::config
