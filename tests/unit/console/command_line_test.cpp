// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <sstream>

#include "server/console/cli.h"
#include "server/console/invocation.h"
#include "tests/catch.h"
#include "tests/unit/console/fake_node.h"

namespace hanse::console {
namespace {

// Keeps what a command prints.
class Captured {
 public:
  Captured() : out_(std::cout.rdbuf(out.rdbuf())), err_(std::cerr.rdbuf(err.rdbuf())) {}
  ~Captured() {
    std::cout.rdbuf(out_);
    std::cerr.rdbuf(err_);
  }
  std::ostringstream out, err;

 private:
  std::streambuf *out_, *err_;
};

std::variant<Invocation, int> parse_words(std::vector<const char*> words) {
  words.insert(words.begin(), "hanse");
  const Captured captured;
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

int exit_of(std::vector<const char*> words) {
  const auto parsed = parse_words(std::move(words));
  return std::holds_alternative<int>(parsed) ? std::get<int>(parsed) : -1;
}

TEST_CASE("console: a command that there is not names the nearest one") {
  struct Case {
    std::vector<const char*> words;
    std::string said;
  };
  const Case cases[] = {
      {{"hanse", "stats"}, "hanse: no command \"stats\"; did you mean \"status\"?\n"},
      {{"hanse", "--socket", "/x", "queue", "lst", "a=b"},
       "hanse: no command \"queue lst\"; did you mean \"queue list\"?\n"},
      {{"hanse", "zzzzzzzzz\x1b"}, "hanse: no command \"zzzzzzzzz\\x1b\"; --help lists them\n"},
  };
  for (const Case& one : cases) {
    const Captured captured;
    const auto parsed =
        parse_command_line(static_cast<int>(one.words.size()), one.words.data());
    CHECK(std::get<int>(parsed) == static_cast<int>(Exit::usage));
    CHECK(captured.err.str() == one.said);
  }
  const Captured captured;   // what is there and misused is another matter
  const char* misused[] = {"hanse", "queue", "list", "--nope"};
  CHECK(std::get<int>(parse_command_line(4, misused)) == static_cast<int>(Exit::usage));
  CHECK(captured.err.str().find("no command") == std::string::npos);
}

TEST_CASE("console: global options stand before or behind the command") {
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"--json", "--socket", "/x", "--yes", "queue", "list", "a=b"},
        std::vector<const char*>{"queue", "list", "a=b", "--json", "--yes", "--socket", "/x"}}) {
    const auto parsed = parse_words(words);
    REQUIRE(std::holds_alternative<Invocation>(parsed));
    const Invocation& invocation = std::get<Invocation>(parsed);
    CHECK(invocation.request.command == "queue list");
    CHECK(invocation.request.arguments == std::vector<std::string>{"a=b"});
    CHECK(invocation.json);
    CHECK(invocation.yes);
    CHECK(invocation.socket == "/x");
  }
}

TEST_CASE("console: flags of a command reach the request") {
  const auto parsed = parse_words({"queue", "bounce", "dest=c.example", "age>2h", "--reason",
                                   "gone", "--dry-run", "--timeout", "5s"});
  const Invocation& invocation = std::get<Invocation>(parsed);
  CHECK(invocation.request.arguments == std::vector<std::string>{"dest=c.example", "age>2h"});
  CHECK(invocation.request.option("reason") == "gone");
  CHECK(invocation.request.dry_run);
  CHECK(invocation.timeout == std::chrono::seconds(5));
  const auto test = parse_words({"route", "test", "<>", "u@c.example", "--ip", "::1"});
  CHECK(std::get<Invocation>(test).request.option("ip") == "::1");
  const auto show = parse_words({"config", "show", "--effective"});
  CHECK(std::get<Invocation>(show).request.has("effective"));
}

TEST_CASE("console: a wrong command line is exit code 2, help and version are 0") {
  CHECK(exit_of({}) == 2);
  CHECK(exit_of({"nonsense"}) == 2);
  CHECK(exit_of({"queue"}) == 2);
  CHECK(exit_of({"queue", "why"}) == 2);
  CHECK(exit_of({"status", "--frob"}) == 2);
  CHECK(exit_of({"status", "extra"}) == 2);
  CHECK(exit_of({"status", "--timeout", "soon"}) == 2);
  CHECK(exit_of({"--help"}) == 0);
  CHECK(exit_of({"--version"}) == 0);
  for (const Command& command : commands()) {
    std::vector<std::string> words;
    for (const std::string_view word : split(command.words, ' ')) words.emplace_back(word);
    std::vector<const char*> line;
    for (const std::string& word : words) line.push_back(word.c_str());
    line.push_back("--help");
    INFO(command.words);
    CHECK(exit_of(line) == 0);
  }
}

struct Ran {
  int exit = -1;
  std::string out, err;
};

Ran run(std::vector<const char*> words) {
  words.insert(words.begin(), "hanse");
  const Captured captured;
  const auto result = console_main(static_cast<int>(words.size()), words.data(),
                                   config::whole_schema());
  return {std::holds_alternative<int>(result) ? std::get<int>(result) : -1, captured.out.str(),
          captured.err.str()};
}

TEST_CASE("console: run hands the file to main") {
  const char* words[] = {"hanse", "run", "--config", "/x.toml"};
  const auto result = console_main(4, words, config::whole_schema());
  CHECK(std::get<RunDaemon>(result).config_file == "/x.toml");
}

TEST_CASE("console: config check tells every problem on stderr with exit code 2") {
  const Folder folder;
  const std::string bad =
      folder.file("bad.toml", "[node]\ndomian = \"a.example\"\n[log]\nlevel = 3");
  const Ran failed = run({"config", "check", bad.c_str()});
  CHECK(failed.exit == 2);
  CHECK(failed.out.empty());
  CHECK(failed.err.find(bad + ":2:1: unknown key \"domian\" in [node]; did you mean \"domain\"?") !=
        std::string::npos);
  CHECK(failed.err.find(bad + ":4:9: level: expected") != std::string::npos);
  const Ran json = run({"--json", "config", "check", bad.c_str()});
  CHECK(json.out.find("\"line\":2,\"column\":1") != std::string::npos);
  const std::string good = folder.file("good.toml", "[node]\ndomain = \"a.example\"\n");
  CHECK(run({"config", "check", good.c_str()}).out == good + ": ok\n");
  CHECK(run({"--config", good.c_str(), "config", "check"}).exit == 0);
  CHECK(run({"config", "check", "/nowhere/x.toml"}).exit == 2);
}

TEST_CASE("console: config explain, default and show work without a node") {
  const Folder folder;
  const std::string file = folder.file(
      "hanse.toml", "[node]\ndomain = \"a.example\"\n[tls]\nkey = \"env:HANSE_TEST_NOT_SET\"\n");
  CHECK(run({"config", "explain", "node.domain"}).out.find("must be set") != std::string::npos);
  const Ran near = run({"config", "explain", "node.domian"});
  CHECK(near.exit == 5);
  CHECK(near.err.find("did you mean \"node.domain\"?") != std::string::npos);
  CHECK(run({"config", "default"}).out.find("[node]") != std::string::npos);
  const Ran shown = run({"config", "show", file.c_str()});
  CHECK(shown.out.find("domain = \"a.example\"") != std::string::npos);
  CHECK(shown.out.find("key = \"***\"") != std::string::npos);
  CHECK(shown.out.find("HANSE_TEST_NOT_SET") == std::string::npos);
  CHECK(run({"config", "show", file.c_str(), "--effective"}).out.find("grace = \"30s\"") !=
        std::string::npos);
}

TEST_CASE("console: without a node the exit code is 3, and the file's socket is used") {
  const Folder folder;
  const std::string file =
      folder.file("hanse.toml", "[node]\ndomain = \"a.example\"\n[control]\nsocket = \"" +
                                    folder.path + "/c.sock\"\n");
  const Ran ran = run({"--config", file.c_str(), "status"});
  CHECK(ran.exit == 3);
  CHECK(ran.out.empty());
  CHECK(ran.err.find(folder.path + "/c.sock") != std::string::npos);
  CHECK(run({"--socket", (folder.path + "/other").c_str(), "status"}).exit == 3);
}

}  // namespace
}  // namespace hanse::console
