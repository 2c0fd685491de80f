// SPDX-License-Identifier: Apache-2.0
#include "server/net/resolver.h"

#include "server/base/limits.h"
#include "server/net/dns_cache.h"
#include "tests/unit/net/bench.h"
#include "tests/unit/net/dns_server.h"

namespace hanse::net::test {
namespace {

struct Asking {
  explicit Asking(bool trust_ad = false, std::vector<std::string> more_servers = {},
                  Duration timeout = 10s) {
    DnsSettings settings;
    settings.servers = {server_.address()};
    settings.servers.insert(settings.servers.end(), more_servers.begin(), more_servers.end());
    settings.trust_ad = trust_ad;
    settings.timeout = timeout;
    settings.tries = 1;
    resolver_ = std::make_unique<CaresResolver>(*node_.shards_[0], settings, node_.clock_,
                                                node_.log_, node_.metrics_);
  }
  ~Asking() {
    node_.on_shard(0, [this] { resolver_.reset(); });
  }
  Result<DnsAnswer> ask(const std::string& name, DnsType type, bool fresh = false) {
    std::promise<Result<DnsAnswer>> answer;
    node_.on_shard(0, [&] {
      const auto inside = std::make_shared<bool>(true);
      resolver_->lookup({name, type, fresh}, [&answer, inside](Result<DnsAnswer> result) {
        if (*inside) result = Error{Fault::broken, "answered inside of lookup()"};
        answer.set_value(std::move(result));
      });
      *inside = false;
    });
    auto future = answer.get_future();
    const bool answered = future.wait_for(patience) == std::future_status::ready;
    REQUIRE(answered);
    return future.get();
  }
  Node node_;
  DnsServer server_;
  std::unique_ptr<CaresResolver> resolver_;
};

std::string first_address(const Result<DnsAnswer>& answer) {
  if (!answer || answer->records.empty()) return "none";
  return std::get<DnsAddress>(answer->records[0]).address;
}

TEST_CASE("a name is asked once and then known until its TTL is over, unless asked afresh") {
  Asking asking;
  asking.server_.set("mx.a.example A", {"mx.a.example 300 A 192.0.2.7"});
  CHECK(first_address(asking.ask("mx.a.example", DnsType::a)) == "192.0.2.7");
  CHECK(first_address(asking.ask("MX.A.example", DnsType::a)) == "192.0.2.7");
  CHECK(asking.server_.asked("mx.a.example A") == 1);
  CHECK(first_address(asking.ask("mx.a.example", DnsType::a, true)) == "192.0.2.7");
  CHECK(asking.server_.asked("mx.a.example A") == 2);
  CHECK(asking.node_.metrics_.render().find(
            "hanse_dns_lookup_seconds_count{type=\"A\",result=\"ok\"} 2") != std::string::npos);
}

TEST_CASE("the same question asked twice at once goes out once") {
  Asking asking;
  asking.server_.set("mx.a.example A", {"mx.a.example 300 A 192.0.2.7"});
  Story story;
  asking.node_.on_shard(0, [&] {
    for (int count = 0; count < 10; ++count)
      asking.resolver_->lookup({"mx.a.example", DnsType::a, false},
                               [&](Result<DnsAnswer> answer) { story.add(first_address(answer)); });
  });
  CHECK(story.wait_for("192.0.2.7", 10));
  CHECK(asking.server_.asked("mx.a.example A") == 1);
}

TEST_CASE("M-2 NXDOMAIN and no data are answers, SERVFAIL and silence are not") {
  Asking asking;
  asking.server_.set("none.example MX", {"rcode 3", "example 60 SOA 60"});
  asking.server_.set("empty.example MX", {"example 60 SOA 60"});
  asking.server_.set("broken.example MX", {"rcode 2"});
  CHECK(asking.ask("none.example", DnsType::mx)->status == DnsStatus::no_name);
  CHECK(asking.ask("none.example", DnsType::mx)->status == DnsStatus::no_name);
  CHECK(asking.server_.asked("none.example MX") == 1);
  CHECK(asking.ask("empty.example", DnsType::mx)->status == DnsStatus::no_data);
  const auto broken = asking.ask("broken.example", DnsType::mx);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().what == "SERVFAIL");
  CHECK(broken.error().fault == Fault::try_later);
  Asking hasty(false, {}, 300ms);
  hasty.server_.set("silent.example MX", {"silence"});
  const auto silent = hasty.ask("silent.example", DnsType::mx);
  REQUIRE_FALSE(silent);
  CHECK(silent.error().what == "no answer from the DNS server in time");
  CHECK(silent.error().fault == Fault::try_later);
}

TEST_CASE("an error is not kept: the next question goes out again") {
  Asking asking;
  asking.server_.set("a.example A", {"rcode 2"});
  CHECK_FALSE(asking.ask("a.example", DnsType::a));
  asking.server_.set("a.example A", {"a.example 60 A 192.0.2.1"});
  CHECK(first_address(asking.ask("a.example", DnsType::a)) == "192.0.2.1");
}

TEST_CASE("M-2 a server that fails is passed over when there is another") {
  DnsServer second;
  second.set("a.example A", {"a.example 60 A 192.0.2.2"});
  Asking asking(false, {second.address()});
  asking.server_.set("a.example A", {"rcode 2"});
  CHECK(first_address(asking.ask("a.example", DnsType::a)) == "192.0.2.2");
}

TEST_CASE("M-12 a cut answer is asked again over TCP") {
  Asking asking;
  std::vector<std::string> many;
  for (int host = 1; host <= 60; ++host)
    many.push_back("a.example 60 MX 10 a-rather-long-host-name-" + std::to_string(host) +
                   ".mail.a.example");
  asking.server_.set("a.example MX", many);
  const auto answer = asking.ask("a.example", DnsType::mx);
  REQUIRE(answer);
  CHECK(answer->records.size() == 60);
  CHECK(asking.server_.asked_by_tcp() == 1);
}

TEST_CASE("M-3 M-7 a CNAME that leads out of the answer is followed by asking again") {
  Asking asking;
  asking.server_.set("www.a.example A", {"www.a.example 900 CNAME host.b.example"});
  asking.server_.set("host.b.example A", {"host.b.example 60 A 192.0.2.9"});
  const auto answer = asking.ask("www.a.example", DnsType::a);
  CHECK(first_address(answer) == "192.0.2.9");
  CHECK(answer->canonical == "host.b.example");
  CHECK(answer->ttl_seconds == 60);
  asking.server_.set("one.example A", {"one.example 60 CNAME two.example"});
  asking.server_.set("two.example A", {"two.example 60 CNAME one.example"});
  CHECK_FALSE(asking.ask("one.example", DnsType::a));
}

TEST_CASE("the AD bit of a loopback server is believed, of another only when trusted") {
  Asking local;
  local.server_.set("a.example A", {"ad", "a.example 60 A 192.0.2.1"});
  local.server_.set("b.example A", {"b.example 60 A 192.0.2.1"});
  CHECK(local.ask("a.example", DnsType::a)->secure);
  CHECK_FALSE(local.ask("b.example", DnsType::a)->secure);
  Asking mixed(false, {"192.0.2.53:53"});
  mixed.server_.set("a.example A", {"ad", "a.example 60 A 192.0.2.1"});
  CHECK_FALSE(mixed.ask("a.example", DnsType::a)->secure);
  Asking trusting(true, {"192.0.2.53:53"});
  trusting.server_.set("a.example A", {"ad", "a.example 60 A 192.0.2.1"});
  CHECK(trusting.ask("a.example", DnsType::a)->secure);
}

TEST_CASE("new settings ask what is on its way once more, of the new servers") {
  Asking asking;
  DnsServer other;
  asking.server_.set("a.example A", {"silence"});
  other.set("a.example A", {"a.example 60 A 192.0.2.3"});
  Story story;
  asking.node_.on_shard(0, [&] {
    asking.resolver_->lookup({"a.example", DnsType::a, false},
                             [&](Result<DnsAnswer> answer) { story.add(first_address(answer)); });
    DnsSettings settings;
    settings.servers = {other.address()};
    asking.resolver_->apply(settings);
  });
  CHECK(story.wait_for("192.0.2.3"));
}

TEST_CASE("localhost needs no server, a name that is none gets none") {
  Asking asking;
  CHECK(first_address(asking.ask("localhost", DnsType::a)) == "127.0.0.1");
  CHECK(first_address(asking.ask("x.localhost", DnsType::aaaa)) == "::1");
  CHECK(asking.ask("localhost", DnsType::mx)->status == DnsStatus::no_data);
  const auto bad = asking.ask("a..example", DnsType::a);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().fault == Fault::never);
}

TEST_CASE("a full cache gives up what would end first") {
  DnsCache cache;
  const Instant now{1h};
  DnsAnswer answer;
  answer.ttl_seconds = 30;
  cache.keep({"first.example", DnsType::a}, answer, now);
  answer.ttl_seconds = 60;
  for (std::size_t count = 1; count < limits::dns_cache_entries_max; ++count)
    cache.keep({std::to_string(count) + ".example", DnsType::a}, answer, now);
  CHECK(cache.find({"first.example", DnsType::a}, now));
  cache.keep({"last.example", DnsType::a}, answer, now);
  CHECK(cache.size() == limits::dns_cache_entries_max);
  CHECK_FALSE(cache.find({"first.example", DnsType::a}, now));
  CHECK(cache.find({"last.example", DnsType::a}, now + 20s)->ttl_seconds == 40);
  CHECK_FALSE(cache.find({"last.example", DnsType::a}, now + 60s));
}

}  // namespace
}  // namespace hanse::net::test
