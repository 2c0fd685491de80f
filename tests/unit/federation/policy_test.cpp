// SPDX-License-Identifier: Apache-2.0
#include "federation/policy.h"

#include "tests/catch.h"

using namespace hanse;

namespace {

using Values = std::map<std::string, OptionValue>;
using Texts = std::vector<std::string>;

Settings table(const std::string& name, const Values& values) {
  Settings out;
  out.name = name;
  for (const auto& [key, value] : values)
    out.entries[key] = {value, Place{"hanse.toml", 7, 3}, ""};
  return out;
}

Settings peer(const std::string& domain, const Values& changes) {
  Values values = {{"state", std::string("active")}, {"role", std::string("peer")},
                   {"scopes", Texts{}},              {"addresses", Texts{}},
                   {"fingerprints", Texts{}},        {"max_msgs_per_min", std::int64_t{0}},
                   {"require_tls_in", false},        {"slow", false}};
  for (const auto& [key, value] : changes) values[key] = value;
  return table(domain, values);
}

Configuration configuration() {
  Configuration out;
  out.singles["node"] = table("node", {{"domain", std::string("A.example")}});
  out.singles["policy"] = table("policy", {{"unknown_peers", std::string("probation")}});
  out.singles["smtp"] = table("smtp", {{"hosts", Texts{"A.example"}},
                                       {"relay_from", Texts{"127.0.0.0/8"}}});
  out.lists["peer"] = {};
  out.lists["route"] = {};
  return out;
}

std::string problem(const Configuration& from) {
  const auto made = make_policy(from, {"smtp"});
  return made ? "" : made.error().what;
}

}  // namespace

TEST_CASE("a policy is read from its tables") {
  Configuration from = configuration();
  from.lists["peer"] = {
      peer("B.example", {{"state", std::string("probation")},
                         {"role", std::string("downstream")},
                         {"scopes", Texts{"smtp"}},
                         {"addresses", Texts{"192.0.2.7", "2001:db8::/64"}},
                         {"fingerprints", Texts{"SHA256:" + std::string(64, 'A')}},
                         {"max_msgs_per_min", std::int64_t{600}},
                         {"require_tls_in", true},
                         {"tls", std::string("verify")}})};
  from.lists["route"] = {table("0", {{"match", std::string("A.example")},
                                     {"protocol", std::string("smtp")},
                                     {"via", std::string("127.0.0.1:2600")},
                                     {"tls", std::string("off")}})};
  const auto made = make_policy(from, {"smtp", "absent"});
  REQUIRE(made);
  const Policy& policy = **made;
  CHECK(policy.node_domain == "a.example");
  const PeerPolicy* known = policy.peer("b.EXAMPLE");
  REQUIRE(known != nullptr);
  CHECK(known->state == PeerState::probation);
  CHECK(known->role == PeerRole::downstream);
  CHECK(known->scopes == Texts{"smtp"});
  CHECK(known->addresses.size() == 2);
  CHECK(known->fingerprints == Texts{std::string(64, 'a')});
  CHECK(known->messages_per_minute_max == 600);
  CHECK(known->require_tls_in);
  CHECK(policy.peer("c.example") == nullptr);
  CHECK(policy.hosts("smtp", "a.example"));
  CHECK_FALSE(policy.hosts("absent", "a.example"));
  CHECK(policy.relays_from("smtp", "127.0.0.1"));
  CHECK_FALSE(policy.relays_from("smtp", "192.0.2.1"));
  CHECK_FALSE(policy.relays_from("smtp", "nonsense"));
  CHECK(policy.protocol("smtp").unknown_peers == UnknownPeers::probation);
  CHECK(policy.protocol("absent").unknown_peers == UnknownPeers::reject);
  CHECK(policy.demand_of_lane("smtp", "127.0.0.1:2600").tls == TlsLevel::off);
  CHECK(policy.demand_of_lane("smtp", "b.example").tls == TlsLevel::verify);
  CHECK(policy.demand_of_lane("smtp", "c.example").tls == TlsLevel::may);
}

TEST_CASE("smtp X-9 a place that several rules lead to is reached as the strictest of them says") {
  const std::string place = "127.0.0.1:2601";
  const auto rule = [&place](const std::string& match, const std::string& tls) {
    Values values{{"match", match}, {"protocol", std::string("smtp")}, {"via", place}};
    if (!tls.empty()) values["tls"] = tls;
    return table("", values);
  };
  const auto level = [&](const std::vector<Settings>& rules) {
    Configuration from = configuration();
    from.lists["route"] = rules;
    from.lists["peer"] = {peer("b.example", {{"tls", std::string("verify")}})};
    const auto made = make_policy(from, {"smtp"});
    REQUIRE(made);
    return (*made)->demand_of_lane("smtp", place).tls;
  };
  CHECK(level({rule("lax.example", "off"), rule("*", "verify")}) == TlsLevel::verify);
  CHECK(level({rule("*", "verify"), rule("lax.example", "off")}) == TlsLevel::verify);
  CHECK(level({rule("lax.example", "off")}) == TlsLevel::off);
  CHECK(level({rule("lax.example", "off"), rule("c.example", "")}) == TlsLevel::may);
  CHECK(level({rule("lax.example", "off"), rule("b.example", "")}) == TlsLevel::verify);
}

TEST_CASE("M-1 a route to a domain shares the lane of that domain, and the strictest rule counts") {
  const auto rule = [](const std::string& match, const std::string& via, const std::string& tls) {
    Values values{{"match", match}, {"via", via}};
    if (!tls.empty()) values["tls"] = tls;
    return table("", values);
  };
  Configuration from = configuration();
  const auto lane = [&from](const std::string& domain) {
    const auto made = make_policy(from, {"smtp"});
    REQUIRE(made);
    const RouteChoice choice = (*made)->routes.choose("smtp", domain);
    CHECK(choice.lane == "relay.example");
    return (*made)->demand_of_lane("smtp", choice.lane).tls;
  };
  from.lists["route"] = {rule("c.example", "Relay.example", "encrypt")};
  CHECK(lane("c.example") == TlsLevel::encrypt);
  CHECK(lane("relay.example") == TlsLevel::encrypt);
  from.lists["route"] = {rule("relay.example", "discover", ""),
                         rule("c.example", "relay.example", "verify")};
  CHECK(lane("relay.example") == TlsLevel::verify);
  from.lists["route"] = {rule("c.example", "relay.example", "may"),
                         rule("*", "discover", "encrypt")};
  CHECK(lane("c.example") == TlsLevel::encrypt);
  from.lists["route"] = {rule("c.example", "relay.example", "off")};
  from.lists["peer"] = {peer("relay.example", {{"tls", std::string("verify")}})};
  CHECK(lane("c.example") == TlsLevel::verify);
}

TEST_CASE("M-1 a host or an address in brackets is that host alone") {
  Configuration from = configuration();
  for (const auto& [via, lane] : std::map<std::string, std::string>{
           {"[relay.example]", "[relay.example]"}, {"192.0.2.5", "[192.0.2.5]"},
           {"[192.0.2.5]", "[192.0.2.5]"}, {"[2001:db8::1]", "[2001:db8::1]"}}) {
    from.lists["route"] = {table("0", {{"match", std::string("*")}, {"via", via}})};
    const auto made = make_policy(from, {"smtp"});
    REQUIRE(made);
    CHECK((*made)->routes.choose("smtp", "b.example").lane == lane);
    CHECK_FALSE((*made)->routes.choose("smtp", "b.example").discovered);
  }
}

TEST_CASE("T-1 an old version of TLS is allowed to a hop that may do without any") {
  Configuration from = configuration();
  const auto rule = [](const std::string& match, const std::string& tls, const std::string& least) {
    Values values{{"match", match}, {"via", std::string("192.0.2.1:25")}};
    if (!tls.empty()) values["tls"] = tls;
    if (!least.empty()) values["tls_min"] = least;
    return table("", values);
  };
  const auto least = [&from](const std::vector<Settings>& rules) {
    from.lists["route"] = rules;
    const auto made = make_policy(from, {"smtp"});
    REQUIRE(made);
    std::vector<Endpoint> endpoints(1);
    demand_of(endpoints, (*made)->demand_of_lane("smtp", "192.0.2.1:25"));
    return endpoints[0].tls_min;
  };
  CHECK(least({rule("b.example", "may", "1.0")}) == TlsVersion::v1_0);
  CHECK(least({rule("b.example", "may", "1.1")}) == TlsVersion::v1_1);
  CHECK(least({rule("b.example", "verify", "1.3")}) == TlsVersion::v1_3);
  CHECK(least({rule("b.example", "may", "")}) == TlsVersion::usual);
  // What others want of the same place.
  CHECK(least({rule("b.example", "may", "1.0"), rule("c.example", "may", "1.1")}) ==
        TlsVersion::v1_1);
  CHECK(least({rule("b.example", "may", "1.0"), rule("c.example", "may", "")}) ==
        TlsVersion::usual);
  CHECK(least({rule("c.example", "may", ""), rule("b.example", "may", "1.0")}) ==
        TlsVersion::usual);
  CHECK(least({rule("c.example", "may", "1.3"), rule("b.example", "may", "")}) ==
        TlsVersion::v1_3);
  CHECK(least({rule("b.example", "may", "1.0"), rule("c.example", "encrypt", "")}) ==
        TlsVersion::usual);
  for (const std::string level : {"", "off", "encrypt", "verify"}) {
    from.lists["route"] = {rule("b.example", level, "1.1")};
    CHECK(problem(from).starts_with("hanse.toml:7:3: tls_min: below 1.2 only with tls = \"may\""));
  }
}

TEST_CASE("xmpp 10.7 a name that looks like that of a peer or of ours is told") {
  Configuration from = configuration();
  from.lists["peer"] = {peer("paypal.example", {}), peer("paypa1.example", {})};
  const auto made = make_policy(from, {"smtp"});
  REQUIRE(made);
  const Policy& policy = **made;
  CHECK(policy.looks_like("xn--pypal-4ve.example") == "paypal.example");
  CHECK(policy.looks_like("paypa1.example") == "paypal.example");   // two that are configured
  CHECK(policy.looks_like("PayPal.example").empty());
  CHECK(policy.looks_like("\u0430.example") == "a.example");        // our own
  CHECK(policy.looks_like("c.example").empty());
  CHECK(policy.looks_like("").empty());
}

TEST_CASE("Q-5 a lane is slow by its peer's name or by the rule for that peer alone") {
  Policy policy;
  PeerPolicy slow;
  slow.domain = "b.example";
  slow.slow = true;
  PeerPolicy quick;
  quick.domain = "c.example";
  policy.peers = {quick, slow};
  CHECK(policy.is_slow("smtp", "b.example"));
  CHECK_FALSE(policy.is_slow("smtp", "c.example"));
  policy.routes = RouteTable({{"route.0", "b.example", "smtp", "127.0.0.1:26", std::nullopt},
                              {"route.1", "*", "", "127.0.0.1:27", std::nullopt}});
  CHECK(policy.is_slow("smtp", "127.0.0.1:26"));
  CHECK_FALSE(policy.is_slow("xmpp", "127.0.0.1:26"));
  CHECK_FALSE(policy.is_slow("smtp", "127.0.0.1:27"));   // carries others too
}

TEST_CASE("a protocol's own word on unknown peers comes first") {
  Configuration from = configuration();
  from.singles["smtp"].entries["unknown_peers"] = {std::string("open"), {}, ""};
  CHECK((*make_policy(from, {"smtp"}))->protocol("smtp").unknown_peers == UnknownPeers::open);
}

TEST_CASE("xmpp 1.7 a route names the certificate of its next hop, and demands that it is shown") {
  const std::string pin(64, 'b');
  const auto route = [&](Values more) {
    more.insert({{"match", std::string("b.example")}, {"via", std::string("192.0.2.1:5269")}});
    Configuration from = configuration();
    from.lists["route"] = {table("0", more)};
    return from;
  };
  const auto made = make_policy(route({{"identity", std::string("Hub.example")},
                                       {"pin", "sha256:" + std::string(64, 'B')}}), {"smtp"});
  REQUIRE(made);
  const HopDemand demand = (*made)->demand_of_lane("xmpp", "a.example>b.example=192.0.2.1:5269");
  CHECK(demand.tls == TlsLevel::verify);
  CHECK(demand.identity == "hub.example");
  CHECK(demand.pin == pin);
  CHECK((*made)->demand_of_lane("xmpp", "a.example>c.example").identity.empty());
  CHECK(problem(route({{"tls", std::string("verify")}, {"pin", pin}})).empty());
  for (const std::string level : {"off", "may", "encrypt"})
    CHECK(problem(route({{"tls", level}, {"pin", pin}})).find("tls: a route with") !=
          std::string::npos);
  CHECK_FALSE(problem(route({{"pin", std::string("sha256:00")}})).empty());
  CHECK_FALSE(problem(route({{"identity", std::string("a..b")}})).empty());
}

TEST_CASE("what a table cannot know is an error with its place") {
  const auto route = [](const std::string& match, const std::string& via) {
    Configuration out = configuration();
    out.lists["route"] = {table("0", {{"match", match}, {"via", via}})};
    return out;
  };
  const std::string via = "hanse.toml:7:3: via: ";
  for (const std::string bad : {"", "nohost", "host:", ":25", "host:0", "host:65536", "host:1:2",
                                "[]", "[a..b]", "unix:", "unix:lmtp", "2001:db8::1:25",
                                "2001:db8::1", "[192.0.2.1", "discovr"}) {
    CAPTURE(bad);
    CHECK(problem(route("a.example", bad)).substr(0, via.size()) == via);
  }
  for (const std::string good : {"discover", "host:25", "192.0.2.1:25", "[2001:db8::1]:25",
                                 "unix:/run/lmtp", "relay.example", "[relay.example]",
                                 "[relay.example]:25", "192.0.2.1", "[192.0.2.1]", "[2001:db8::1]"})
    CHECK(problem(route("*.a.example", good)) == "");
  for (const std::string bad : {"", "*a.example", "a.*.example", "*."}) {
    CAPTURE(bad);
    CHECK(problem(route(bad, "discover")).starts_with("hanse.toml:7:3: match: "));
  }
  Configuration misnamed = route("a.example", "discover");
  misnamed.lists["route"].front().entries["protocol"] =
      misnamed.lists["route"].front().entries["via"];
  misnamed.lists["route"].front().entries["protocol"].value = std::string("stmp");
  CHECK(problem(misnamed) == "hanse.toml:7:3: protocol: no protocol is called \"stmp\"; did you "
                             "mean smtp? Known: smtp");
  misnamed = configuration();
  misnamed.lists["peer"] = {peer("b.example", {{"scopes", Texts{"smtp", "smtpp"}}})};
  CHECK(problem(misnamed).starts_with("hanse.toml:7:3: scopes: no protocol is called \"smtpp\""));
  Configuration networks = configuration();
  networks.lists["peer"] = {peer("b.example", {{"addresses", Texts{"192.0.2.0/64"}}})};
  CHECK(problem(networks).starts_with("hanse.toml:7:3: addresses: "));
  networks.lists["peer"] = {peer("b.example", {{"fingerprints", Texts{"abcd"}}})};
  CHECK(problem(networks).starts_with("hanse.toml:7:3: fingerprints: "));
  networks.lists["peer"] = {};
  networks.singles["smtp"].entries["relay_from"].value = Texts{"everywhere"};
  CHECK(problem(networks).starts_with("hanse.toml:7:3: relay_from: "));
}

TEST_CASE("every option of peers and routes is explained, and choices hold their default") {
  for (const OptionTable& one : federation_option_tables()) {
    CHECK(one.help.size() > 20);
    for (const Option& option : one.options) {
      CAPTURE(one.name, option.key);
      CHECK(option.help.size() > 20);
      if (option.type != OptionType::choice || option.fallback.empty()) continue;
      const std::string_view bare = option.fallback.substr(1, option.fallback.size() - 2);
      CHECK(option.choices.find(bare) != std::string_view::npos);
    }
  }
}
