// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/settings.h"

#include "server/base/quantity.h"
#include "tests/catch.h"

namespace hanse::irc {
namespace {

using Values = std::vector<std::pair<std::string, OptionValue>>;

Settings table(std::string name, const Values& values) {
  Settings out;
  out.name = std::move(name);
  for (const auto& [key, value] : values) out.entries[key] = {value, {}, ""};
  return out;
}

std::string text(std::string_view value) { return std::string(value); }

std::vector<std::string> places(std::vector<std::string> texts) { return texts; }

// What a file with two networks and a junction comes to; tests change parts of it.
struct File {
  Values irc{{"sid", text("9RL")}, {"sid_range", text("9R?")}, {"description", text("relay")},
             {"handshake_timeout", Duration(std::chrono::seconds(20))},
             {"burst_timeout", Duration(std::chrono::seconds(120))},
             {"ping_after", Duration(std::chrono::seconds(90))},
             {"clock_skew", Duration(std::chrono::seconds(60))},
             {"late", Duration(std::chrono::hours(6))}, {"late_lines", std::int64_t{20}},
             {"lines_per_second", std::int64_t{0}}, {"line_max", std::int64_t{16384}},
             {"retry", std::vector<Duration>{std::chrono::seconds(5)}},
             {"retry_refused", Duration(std::chrono::minutes(10))}};
  Values home = network("insp.home.example"), away = network("hyb.away.example");
  std::vector<std::string> members{"irc:#dev%home", "irc:#dev%away"};
  std::string second_junction;
  Values rules;
  std::string away_name = "away";
  Values listen{{"addr", places({"127.0.0.1:7000"})}};   // empty: no such table

  static Values network(std::string_view peer) {
    return {{"dialect", text("inspircd")}, {"peer", text(peer)},
            {"addr", places({"127.0.0.1:7100"})},
            {"tls", text("off")}, {"send_password", text("to ")},
            {"receive_password", text("from")}, {"autoconnect", true}};
  }
  static void set(Values& values, std::string_view key, OptionValue value) {
    std::erase_if(values, [key](const auto& one) { return one.first == key; });
    values.emplace_back(key, std::move(value));
  }
  Configuration configuration() const {
    Configuration out;
    out.singles["irc"] = table("", irc);
    if (!listen.empty()) out.singles["listen.irc"] = table("", listen);
    out.lists["irc.network"] = {table("home", home), table(away_name, away)};
    Values junction{{"members", members}};
    junction.insert(junction.end(), rules.begin(), rules.end());
    out.lists["junction"] = {table("dev", junction)};
    if (!second_junction.empty())
      out.lists["junction"].push_back(table("more", {{"members", std::vector<std::string>{
          second_junction, "irc:#more%away"}}}));
    return out;
  }
  Result<IrcSettings> read() const {
    NodeFacts node;
    node.domain = "node.a.example";
    return read_settings(configuration(), node);
  }
};

TEST_CASE("irc: what the file says of two networks and a junction") {
  File file;
  File::set(file.away, "late", Duration(std::chrono::hours(24)));
  const Result<IrcSettings> read = file.read();
  REQUIRE(read);
  REQUIRE(read->networks.size() == 2);
  const NetworkSettings& home = read->networks[0];
  CHECK(home.own_name == "node.a.example");
  CHECK(home.sid == "9RL");
  CHECK(home.places == std::vector<NetworkSettings::Place>{{"127.0.0.1", 7100}});
  CHECK(home.send_password.text() == "to");
  CHECK(home.pseudo_name == "home.node.a.example");
  CHECK(home.pseudo_sid == "9RA");
  CHECK(read->networks[1].pseudo_sid == "9RB");
  CHECK(read->network_of_peer("HYB.away.example") == &read->networks[1]);
  CHECK(read->junctions[0].members[1].channel == "#dev");
  CHECK(read->clock_skew_seconds_max == 60);

  CHECK(home.late_seconds == 6 * 3600);
  CHECK(read->networks[1].late_seconds == 24 * 3600);
  CHECK(home.description == "relay [hanse]");
  File::set(file.irc, "description", std::string(100, 'x'));
  CHECK(file.read()->networks[0].description == std::string(42, 'x') + " [hanse]");

  const auto settings = std::make_shared<const IrcSettings>(*read);
  const auto traits = read_traits(file.configuration(), settings);
  CHECK(traits->lifetime == std::chrono::hours(24));
  CHECK(traits->standing.size() == 2);
  struct NoRandom final : Random {
    std::uint64_t next() override { return 0; }
  } random;
  const auto found = traits->discover("home", random)->endpoints();
  REQUIRE(found);
  CHECK(to_text(found->front()) == "insp.home.example [127.0.0.1]:7100");
  CHECK_FALSE(traits->discover("elsewhere", random)->endpoints());
}

TEST_CASE("irc: who may change what in a junction") {
  using List = std::vector<std::string>;
  File file;
  CHECK(file.read()->junctions[0].owner == Junction::nobody);
  CHECK(file.read()->junctions[0].members[1].grants == every_claim);
  file.rules = {{"owner", text("home")}};
  CHECK(file.read()->junctions[0].owner == 0);
  CHECK(file.read()->junctions[0].members[0].grants == every_claim);
  CHECK(file.read()->junctions[0].members[1].grants == 0);
  file.rules.emplace_back("grants", List{"topic%away", "kick%away"});
  CHECK(file.read()->junctions[0].members[1].grants ==
        (claim_bit(Claim::topic) | claim_bit(Claim::kick)));
  for (const char* wrong : {"topic", "topics%away", "topic%elsewhere", "%away"}) {
    file.rules[1].second = List{wrong};
    CHECK_FALSE(file.read());
  }
  file.rules = {{"owner", text("elsewhere")}};
  CHECK_FALSE(file.read());
  file.rules = {{"grants", List{"topic%away"}}};
  CHECK_FALSE(file.read());
}

TEST_CASE("irc: an id of the range that is ours is left out") {
  File file;
  File::set(file.home, "sid", text("9RA"));
  const Result<IrcSettings> read = file.read();
  REQUIRE(read);
  CHECK(read->networks[0].pseudo_sid == "9RB");
}

TEST_CASE("irc: what cannot be") {
  const auto fails = [](const char* what, const auto& change) {
    CAPTURE(what);
    File file;
    change(file);
    const Result<IrcSettings> read = file.read();
    CHECK_FALSE(read);
    if (!read) CHECK(read.error().what.find(what) != std::string::npos);
  };
  fails("sid", [](File& file) { File::set(file.irc, "sid", text("ABC")); });
  fails("sid", [](File& file) { File::set(file.home, "sid", text("9rl")); });
  fails("sid_range", [](File& file) { File::set(file.irc, "sid_range", text("9RX")); });
  fails("name", [](File& file) { File::set(file.irc, "name", text("nodots")); });
  fails("peer", [](File& file) { File::set(file.home, "peer", text("a b.example")); });
  fails("peer", [](File& file) { File::set(file.away, "peer", text("INSP.home.example")); });
  fails("irc.network.home.peer: is our own name there", [](File& file) {
    File::set(file.home, "peer", text("NODE.a.example"));
  });
  fails("irc.network.away.peer: is our own name there", [](File& file) {
    File::set(file.away, "name", text("hyb.away.example"));
  });
  fails("addr", [](File& file) {
    File::set(file.home, "addr", places({"insp.home.example:7100"}));
  });
  fails("addr", [](File& file) { File::set(file.home, "addr", places({"127.0.0.1"})); });
  fails("addr", [](File& file) { File::set(file.home, "addr", places({"127.0.0.1:70000"})); });
  fails("twice", [](File& file) {
    File::set(file.home, "addr", places({"127.0.0.1:7100", "127.0.0.1:7100"}));
  });
  fails("addr", [](File& file) { File::set(file.home, "addr", places({})); });
  fails("1 to 8", [](File& file) {
    std::vector<std::string> many;
    for (int port = 1; port <= 9; ++port) many.push_back("127.0.0.1:" + std::to_string(port));
    File::set(file.home, "addr", many);
  });
  fails("tls", [](File& file) {   // off, and one of them is another machine
    File::set(file.home, "addr", places({"127.0.0.1:7100", "192.0.2.1:7100"}));
  });
  fails("dialect", [](File& file) { File::set(file.home, "dialect", text("auto")); });
  fails("tls", [](File& file) { File::set(file.home, "addr", places({"192.0.2.1:7100"})); });
  fails("fingerprint", [](File& file) { File::set(file.home, "tls", text("pin")); });
  fails("password", [](File& file) { File::set(file.home, "send_password", text(":x")); });
  fails("password", [](File& file) { File::set(file.home, "receive_password", text("a b")); });
  fails("password", [](File& file) { File::set(file.home, "receive_password", text(" ")); });
  fails("autoconnect", [](File& file) {
    std::erase_if(file.home, [](const auto& one) { return one.first == "addr"; });
  });
  fails("a-z, 0-9", [](File& file) { file.away_name = "Away|"; });
  fails("members", [](File& file) { file.members = {"irc:#dev%home"}; });
  fails("members", [](File& file) { file.members = {"irc:#dev%home", "irc:#x%home"}; });
  fails("members", [](File& file) { file.members = {"irc:#dev%home", "irc:#dev%there"}; });
  fails("members", [](File& file) { file.members = {"irc:#dev%home", "xmpp:#dev%away"}; });
  fails("members", [](File& file) { file.members = {"irc:dev%home", "irc:#dev%away"}; });
  fails("members", [](File& file) { file.members = {"irc:#a,b%home", "irc:#dev%away"}; });
  fails("is in junction.dev", [](File& file) { file.second_junction = "irc:#DEV%home"; });
}

TEST_CASE("irc 2 channels of two junctions that are one on a network") {
  File file;
  file.members = {"irc:#a{%home", "irc:#dev%away"};
  file.second_junction = "irc:#A[%home";
  const Result<IrcSettings> read = file.read();
  REQUIRE(read);                     // InspIRCd says at the link how it folds
  CHECK(channels_that_fold(*read, 0, Casemap::ascii).empty());
  CHECK(channels_that_fold(*read, 0, Casemap::rfc1459) ==
        std::vector<std::string>{
            "#a{ of junction dev and #A[ of junction more are one channel on home"});
  CHECK(channels_that_fold(*read, 1, Casemap::rfc1459).empty());
  File::set(file.home, "dialect", text("solanum"));
  const Result<IrcSettings> known = file.read();
  REQUIRE_FALSE(known);
  CHECK(known.error().what.find("is in junction.dev") != std::string::npos);
}

TEST_CASE("irc 7 a rate of lines is that of all networks, or a network's own") {
  File file;
  File::set(file.irc, "lines_per_second", std::int64_t{20'000});
  File::set(file.away, "lines_per_second", std::int64_t{500});
  const Result<IrcSettings> read = file.read();
  REQUIRE(read);
  CHECK(read->networks[0].lines_per_second == 20'000);
  CHECK(read->networks[1].lines_per_second == 500);
}

TEST_CASE("irc 8 the addresses of a network are dialled in their order") {
  File file;
  File::set(file.home, "addr", places({"127.0.0.1:7100", "[::1]:7101"}));
  const Result<IrcSettings> read = file.read();
  REQUIRE(read);
  CHECK(to_text(read->networks[0].places[1]) == "[::1]:7101");
  const auto settings = std::make_shared<const IrcSettings>(*read);
  struct NoRandom final : Random {
    std::uint64_t next() override { return 0; }
  } random;
  const auto traits = read_traits(file.configuration(), settings);
  const auto found = traits->discover("home", random)->endpoints();
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK((*found)[0].address == "127.0.0.1");
  CHECK((*found)[1].address == "::1");
  CHECK((*found)[1].port == 7101);
  CHECK((*found)[1].host == "insp.home.example");
  CHECK(traits->endpoints_tried_max >= 2);   // in one attempt, also where the first one
  CHECK(traits->sessions_tried_max >= 2);    // answers and refuses
}

TEST_CASE("irc: a server that comes by itself needs a place to come to") {
  File file;
  std::erase_if(file.away, [](const auto& one) { return one.first == "addr"; });
  File::set(file.away, "autoconnect", false);
  CHECK(file.read());
  file.listen = {{"tls_addr", places({"[::]:7001"})}};
  CHECK(file.read());
  for (const Values& listen : {Values{}, Values{{"addr", places({})}}}) {
    file.listen = listen;
    const Result<IrcSettings> read = file.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().what == "irc.network.away.addr: absent, so that it connects to us: that "
                               "needs [listen.irc] with addr or tls_addr");
  }
  file.listen.clear();
  file.away = File::network("hyb.away.example");
  CHECK(file.read());                 // whoever calls both needs none
}

TEST_CASE("irc: who is called and not kept up may be linked when an operator wishes it") {
  File file;
  File::set(file.away, "autoconnect", false);
  const auto settings = std::make_shared<const IrcSettings>(*file.read());
  const auto traits = read_traits(file.configuration(), settings);
  CHECK(traits->standing == std::set<std::string, std::less<>>{"home"});
  CHECK(traits->on_wish == std::set<std::string, std::less<>>{"away"});
  CHECK(settings->networks[0].is_waited_for());
  CHECK_FALSE(settings->networks[1].is_waited_for());
  std::erase_if(file.away, [](const auto& one) { return one.first == "addr"; });
  const auto comes = std::make_shared<const IrcSettings>(*file.read());
  CHECK(read_traits(file.configuration(), comes)->on_wish.empty());
  CHECK(comes->networks[1].is_waited_for());
}

TEST_CASE("irc: a server that comes by itself needs neither address nor dialect") {
  File file;
  std::erase_if(file.home, [](const auto& one) { return one.first == "addr"; });
  File::set(file.home, "autoconnect", false);
  File::set(file.home, "dialect", text("auto"));
  const Result<IrcSettings> read = file.read();
  REQUIRE(read);
  const auto settings = std::make_shared<const IrcSettings>(*read);
  struct NoRandom final : Random {
    std::uint64_t next() override { return 0; }
  } random;
  const auto found =
      read_traits(file.configuration(), settings)->discover("home", random)->endpoints();
  REQUIRE(found);
  CHECK(found->empty());
}

}  // namespace
}  // namespace hanse::irc
