// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/modes.h"

#include "protocols/irc/limits.h"
#include "protocols/irc/puppet_names.h"
#include "tests/catch.h"

namespace hanse::irc {
namespace {

ModeTable table() {
  constexpr ModeRow rows[] = {{'o', Mode::op, ModeKind::rank, '@'},
                              {'v', Mode::voice, ModeKind::rank, '+'},
                              {'b', Mode::ban, ModeKind::list},
                              {'k', Mode::key, ModeKind::always},
                              {'l', Mode::limit, ModeKind::on_set},
                              {'s', Mode::secret, ModeKind::flag},
                              {'x', Mode::other, ModeKind::flag}};
  return ModeTable(rows);
}

std::string read(std::string_view letters, std::vector<std::string_view> parameters) {
  std::vector<ModeChange> changes;
  std::string out = table().read(letters, parameters, changes) ? "" : "bad:";
  for (const ModeChange& one : changes) {
    out += one.add ? '+' : '-';
    out += one.letter;
    out.append("(").append(one.parameter).append(")");
  }
  return out;
}

TEST_CASE("irc 10 parameters belong to the modes that take one") {
  CHECK(read("+ov-b", {"a", "b", "m"}) == "+o(a)+v(b)-b(m)");
  CHECK(read("+sl", {"5"}) == "+s()+l(5)");
  CHECK(read("-lk", {"key"}) == "-l()-k(key)");
  CHECK(read("b", {}) == "+b()");
  CHECK(read("+s+s-s", {}) == "+s()+s()-s()");
  CHECK(read("+o", {}) == "bad:");
}

TEST_CASE("irc 10 a letter nobody knows is a flag, unless the parameters say that it is none") {
  CHECK(read("+sQo", {"a"}) == "+s()+Q()+o(a)");
  CHECK(read("+Qim", {}) == "+Q()+i()+m()");
  CHECK(read("+kQl", {"key", "x", "5"}) == "bad:+k(key)+Q()");
  CHECK(read("+Qs-s", {"x"}) == "+Q()+s()-s()");
}

TEST_CASE("irc 1.4 twelve parameters and no more fit a line") {
  std::vector<ModeChange> changes(30, ModeChange{true, Mode::ban, 'b', "*!*@host"});
  changes.push_back({false, Mode::quiet, 'q', "x"});   // that network has no such list
  std::size_t at = 0;
  unsigned lines = 0, parameters = 0;
  while (at < changes.size()) {
    const ModeTable::Written line = table().write(changes, at);
    CHECK(line.parameters.size() <= limits::mode_parameters_max);
    CHECK(line.letters.find('q') == std::string::npos);
    parameters += static_cast<unsigned>(line.parameters.size());
    ++lines;
  }
  CHECK(lines == 3);
  CHECK(parameters == 30);
}

TEST_CASE("irc 1.4 a server that takes three modes in a line gets no more in one") {
  constexpr ModeRow rows[] = {{'b', Mode::ban, ModeKind::list}};
  const ModeTable three(rows, 3);
  std::vector<ModeChange> changes(9, ModeChange{true, Mode::ban, 'b', "*!*@host"});
  std::size_t at = 0;
  for (unsigned line = 0; line < 3; ++line) CHECK(three.write(changes, at).parameters.size() == 3);
  CHECK(at == changes.size());
}

TEST_CASE("irc 10 ranks as letters and as prefixes") {
  const std::uint8_t both = rank_bit(Mode::op) | rank_bit(Mode::voice);
  CHECK(table().status_of("ov") == both);
  CHECK(table().status_of("osz") == rank_bit(Mode::op));
  CHECK(table().status_letters(both) == "ov");
  CHECK(table().status_prefixes(both) == "@+");
}

TEST_CASE("irc 9 what a person is called elsewhere") {
  DialectFacts facts;
  CHECK(puppet_nick("alice", "home", facts, 0, "u") == "alice|home");
  CHECK(puppet_nick("alice", "home", facts, 1, "u") == "alice||home");
  CHECK(puppet_nick("alice", "home", facts, 2, "u").size() == sizeof "alice|home|1234" - 1);
  CHECK(puppet_nick("alice", "home", facts, 2, "u") != puppet_nick("alice", "home", facts, 2, "w"));
  CHECK(puppet_nick("1AAAAAAAA", "home", facts, 0, "u") == "_1AAAAAAAA|home");
  CHECK(puppet_nick("-x", "home", facts, 0, "u") == "_-x|home");
  CHECK(puppet_nick("a/b c", "home", facts, 0, "u") == "a_b_c|home");
  CHECK(puppet_nick("", "home", facts, 0, "u") == "_|home");
  CHECK(puppet_nick(std::string(40, 'a'), "home", facts, 0, "u") == std::string(25, 'a') + "|home");
  facts.nick_bytes_max = 9;
  CHECK(puppet_nick("alice", "faraway-network", facts, 0, "u") == "a|faraway");
  facts.nick_separator = '/';
  CHECK(puppet_host("a_b/c", facts) == "a-b/c");
  facts.nick_separator = '|';
  CHECK(puppet_host("a_b/c", facts) == "a-b-c");
  CHECK(puppet_host("::1", facts) == "0::1");
  CHECK(puppet_host("", facts) == "unknown");
  CHECK(puppet_ident("~dave", facts) == "dave");
  CHECK(puppet_ident("a@b c", facts) == "a_b_c");
  CHECK(puppet_ident("~", facts) == "user");
}

}  // namespace
}  // namespace hanse::irc
