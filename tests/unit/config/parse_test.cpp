// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.h"
#include "tests/unit/config/sample_schema.h"

namespace hanse::config {
namespace {

const std::string head = "[host]\nname = \"a.example\"\n";

void good(std::string_view lines) {
  INFO(lines);
  CHECK(problems_of(head + std::string(lines)).empty());
}

// `problem` is the one problem of these lines, which begin at line 3.
void bad(std::string_view lines, std::string_view problem) {
  INFO(lines);
  CHECK(problems_of(head + std::string(lines)) == problem);
}

TEST_CASE("config: every type takes its own kind of value") {
  good("loud = true");
  good("port = 65535");
  good("wait = \"1500ms\"");
  good("wait = \"1m\"");
  good("size = \"64KiB\"");
  good("size = 4096");
  good("level = \"verify\"");
  good("key = \"env:GOOD\"");
  good("hosts = [\"b.example\", \"c.example\"]");
  good("hosts = \"b.example\"");   // one is a list too
  good("retry = [\"1m\"]");
  good("[listen.mail]\naddr = [\"127.0.0.1:0\"]");
  good("[peer.\"b.example\"]\nstate = \"blocked\"");
  good("[[route]]\nmatch = \"*\"\n[[route]]\nmatch = \"b.example\"");
}

TEST_CASE("config: an unknown key is told with its place and the nearest known key") {
  bad("hots = []", "t.toml:3:1: unknown key \"hots\" in [host]; did you mean \"hosts\"?");
  bad("  porx = 1", "t.toml:3:3: unknown key \"porx\" in [host]; did you mean \"port\"?");
  bad("zzzzzzzz = 1", "t.toml:3:1: unknown key \"zzzzzzzz\" in [host]");
  bad("[listen.mial]", "t.toml:3:9: unknown key \"mial\" in [listen]; did you mean \"mail\"?");
  bad("[hosst]", "t.toml:3:2: unknown key \"hosst\"; did you mean \"host\"?");
  bad("[peer.\"b.example\"]\nstat = 1",
      "t.toml:4:1: unknown key \"stat\" in [peer]; did you mean \"state\"?");
  bad("\"\\u001b[2J\" = 1", "t.toml:3:1: unknown key \"\\x1b[2J\" in [host]");
}

TEST_CASE("config: a value of the wrong type says what was expected and what came") {
  bad("loud = 1", "t.toml:3:8: loud: expected true or false, got integer 1");
  bad("port = \"25\"", "t.toml:3:8: port: expected an integer, got text \"25\"");
  bad("port = 2.5", "t.toml:3:8: port: expected an integer, got number 2.500000");
  bad("wait = 30", "t.toml:3:8: wait: expected a duration such as \"30s\", got integer 30");
  bad("wait = \"soon\"",
      "t.toml:3:8: wait: expected a duration such as \"30s\", got text \"soon\"");
  bad("size = \"big\"", "t.toml:3:8: size: expected a size such as \"64KiB\", got text \"big\"");
  bad("level = 3", "t.toml:3:9: level: expected text in quotes, got integer 3");
  bad("hosts = [1]", "t.toml:3:9: hosts: expected a list of texts such as [\"a\", \"b\"], "
                     "got integer 1");
  bad("[peer]\nstate = \"active\"", "t.toml:4:9: expected a table, got text");
  bad("[route]\nmatch = \"*\"", "t.toml:3:1: expected [[route]], got a table");
}

TEST_CASE("config: a value out of range or not among the choices is refused") {
  bad("port = 0", "t.toml:3:8: port: expected 1 to 65535, got 0");
  bad("port = 65536", "t.toml:3:8: port: expected 1 to 65535, got 65536");
  bad("wait = \"999ms\"", "t.toml:3:8: wait: expected 1s to 1m, got \"999ms\"");
  bad("wait = \"60001ms\"", "t.toml:3:8: wait: expected 1s to 1m, got \"60001ms\"");
  bad("size = 1023", "t.toml:3:8: size: expected at least 1.0 KiB, got 1023");
  bad("level = \"verfy\"",
      "t.toml:3:9: level: expected one of \"off\", \"may\", \"encrypt\", \"verify\", got "
      "\"verfy\"; did you mean \"verify\"?");
}

TEST_CASE("config: what must be set is told as missing, once") {
  CHECK(problems_of("") == "t.toml: missing \"name\" in [host]: A name.");
  CHECK(problems_of("[host]") == "t.toml:1:1: missing \"name\" in [host]: A name.");
  CHECK(problems_of("[host]\nname = 1") ==
        "t.toml:2:8: name: expected text in quotes, got integer 1");
  bad("[[route]]", "t.toml:3:1: missing \"match\" in [route]: A domain.");
}

TEST_CASE("config: all problems are told, not only the first") {
  CHECK(problems_of("[host]\nport = 0\nhots = []\n[peer.x]\nstate = 1\n") ==
        "t.toml:2:8: port: expected 1 to 65535, got 0\n"
        "t.toml:3:1: unknown key \"hots\" in [host]; did you mean \"hosts\"?\n"
        "t.toml:5:9: state: expected text in quotes, got integer 1\n"
        "t.toml:1:1: missing \"name\" in [host]: A name.");
}

TEST_CASE("config: what is not TOML is told with its place") {
  CHECK(problems_of("[host]\nname = \"a").starts_with("t.toml:2:"));
  CHECK(problems_of("[host]\nport = 1\nport = 2").starts_with("t.toml:3:"));
  CHECK(problems_of("[host\n").starts_with("t.toml:1:"));
}

TEST_CASE("config: defaults are filled in and know that they are defaults") {
  const Loaded loaded = parse_sample(head + "wait = \"2s\"\n[[route]]\nmatch = \"x\"");
  REQUIRE(loaded.configuration);
  const Settings& host = loaded.configuration->table("host");
  CHECK(host.integer("port") == 25);
  CHECK(host.integer("size") == 25 * 1024 * 1024);
  CHECK(host.duration("wait") == std::chrono::seconds(2));
  CHECK(host.durations("retry").size() == 2);
  CHECK_FALSE(host.has("key"));
  CHECK(host.entries.find("port")->second.place.file.empty());
  CHECK(host.entries.find("wait")->second.place.line == 3);
  CHECK(loaded.configuration->table("listen.mail").list("addr").empty());
  CHECK(loaded.configuration->tables("route").front().text("match") == "x");
  CHECK(loaded.configuration->tables("peer").empty());
}

TEST_CASE("config: keyed and array tables stay in the order of the file") {
  const Loaded loaded = parse_sample(head +
                                     "[peer.z]\n[peer.a]\n[[route]]\nmatch = \"z\"\n"
                                     "[[route]]\nmatch = \"a\"\n");
  REQUIRE(loaded.configuration);
  CHECK(loaded.configuration->tables("peer")[0].name == "z");
  CHECK(loaded.configuration->tables("peer")[1].name == "a");
  CHECK(loaded.configuration->tables("route")[0].text("match") == "z");
  CHECK(loaded.configuration->tables("route")[1].name == "1");
}

TEST_CASE("config: a secret is resolved, and neither shown nor repeated in an error") {
  const Loaded loaded = parse_sample(head + "key = \"env:GOOD\"");
  REQUIRE(loaded.configuration);
  CHECK(loaded.configuration->table("host").text("key") == "hush");
  CHECK(loaded.configuration->table("host").entries.find("key")->second.written == "\"***\"");
  bad("key = \"hunter2\"",
      "t.toml:3:7: key: expected \"file:PATH\", \"env:NAME\" or \"cred:NAME\"");
  bad("key = 12345", "t.toml:3:7: key: expected \"file:PATH\", \"env:NAME\" or \"cred:NAME\", "
                     "got integer");
  bad("key = \"env:OTHER\"", "t.toml:3:7: key: no such secret");
}

TEST_CASE("config: control characters in a text are refused") {
  bad("hosts = [\"a\\u0000b\"]", "t.toml:3:9: hosts: control characters are not allowed");
}

TEST_CASE("config: beyond ASCII only inside of quotes and comments") {
  CHECK(problems_of("[host]\nname = \"\xc3\xa9\"  # \xc3\xa9\n") == "");
  CHECK(problems_of("\xef\xbb\xbf[host]\nname = \"a\"\n") == "");
  for (const char* bad : {"[h\xc3\xb6st]\n", "[host]\nn\xc3\xa4me = 1\n",
                          "[host]\nname \xc2\xa0= 1\n", "[host]\nport = 2\xc3\xa9\n", "\xc3\x94"}) {
    CAPTURE(bad);
    CHECK(problems_of(bad).find("only ASCII") != std::string::npos);
  }
}

TEST_CASE("config: a header without a name is a problem, in whatever way it lacks one") {
  for (const char* bad : {"[=]", "[\x01" "a]", "[ .a]", "[[=]]", "[ [a]]", "[\n", "[[\n", "\t[*]",
                          "[\xc3\xa9]", "[[ \n]]", "[", "[[", "[]", "[[]]"}) {
    CAPTURE(bad);
    CHECK_FALSE(problems_of(bad).empty());
  }
  CHECK(problems_of("\n[*]") == "t.toml:2:1: not valid TOML: a table's name is missing here");
  CHECK(problems_of("[host]\nname = \"a\"\nretry = [\n[]\n]").find("missing") ==
        std::string::npos);
}

TEST_CASE("config: nesting without end is refused before it is built") {
  std::string dots = "a", braces = "[host]\nname = ";
  for (int i = 0; i < 200'000; ++i) dots += ".a";
  for (int i = 0; i < 200'000; ++i) braces += "[";
  CHECK(problems_of(dots + " = 1") == "t.toml:1:34: tables are nested too deeply here");
  CHECK(problems_of("[" + dots + "]") == "t.toml:1:35: tables are nested too deeply here");
  CHECK(problems_of(braces) == "t.toml:2:24: tables are nested too deeply here");
}

TEST_CASE("config: dots and brackets inside texts and comments are no nesting") {
  const std::string dots(100, '.'), brackets(100, '[');
  good("hosts = [\"" + dots + "\", '" + brackets + "'] # " + dots + brackets);
  good("hosts = [\"\"\"" + dots + "\\\"" + brackets + "\"\"\"]");
  good("hosts = ['''" + dots + "'" + brackets + "''']");
}

TEST_CASE("config: a file beyond its bound is refused") {
  const std::string large(1024 * 1024 + 1, '#');
  CHECK(problems_of(large) == "t.toml: file is larger than 1.0 MiB");
}

}  // namespace
}  // namespace hanse::config
