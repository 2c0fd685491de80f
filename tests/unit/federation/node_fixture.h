// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/exchange.h"
#include "tests/catch.h"
#include "tests/unit/federation/fake_world.h"

namespace hanse::fake {

// A node of one shard that hosts a.example and relays for 127.0.0.0/8.
struct Node : Shards {
  World world;
  SeededRandom random{11};
  MemoryQueue queue{world};
  Names names{world};
  Links links{world};
  std::vector<std::string> lines;
  Log log{world, [this](std::string_view line) { lines.emplace_back(line); }};
  Metrics metrics;
  std::shared_ptr<Policy> policy = std::make_shared<Policy>();
  std::unique_ptr<Exchange> exchange;
  bool mailbox_full = false;
  std::size_t handed = 0;
  std::vector<Reportable> reported;
  std::vector<std::string> heads;
  std::optional<Fault> report_fails;

  Node() {
    for (const std::string name : {"b.example", "c.example", "a.example"})
      names.answers.emplace(name, addresses({"192.0.2.1"}));
    PeerPolicy peer;
    peer.domain = "b.example";
    peer.scopes = {"mail"};
    peer.addresses = {*parse_network("203.0.113.5")};
    peer.messages_per_minute_max = 3;
    policy->peers = {peer};
    policy->rates = std::make_shared<PeerRates>();
    policy->rates->add(peer);
    ProtocolPolicy mail;
    mail.hosts = {"a.example"};
    mail.relay_from = {*parse_network("127.0.0.0/8")};
    policy->protocols.emplace("mail", mail);
    policy->routes = RouteTable({{"route.0", "a.example", "", "a.example:24", std::nullopt}});
    names.answers.emplace("a.example:24", addresses({"192.0.2.9"}));
    exchange = std::make_unique<Exchange>(
        ExchangeParts{world, random, world, queue, queue, names, links, *this, log, metrics, world},
        policy, std::vector<std::shared_ptr<const LaneTraits>>{test_traits()},
        std::map<std::string, ReportMaker>{
            {"mail", [this](const Reportable& one, std::string_view head, UtcTime) {
               return report(one, head);
             }}});
  }

  void wake(const std::string& protocol, const std::string& lane) override {
    world.at(world.now(), [this, protocol, lane] { exchange->announced(protocol, lane); });
  }
  bool hand(const std::string& protocol, const std::string& lane, Work& work) override {
    if (mailbox_full) return false;
    ++handed;
    world.at(world.now(), [this, protocol, lane, work] { exchange->take(protocol, lane, work); });
    return true;
  }

  Result<Submission> report(const Reportable& one, std::string_view head) {
    if (report_fails) return Error{*report_fails, "cannot say it"};
    reported.push_back(one);
    heads.emplace_back(head);
    return submission({to_text(one.envelope->from)}, "");
  }

  static Submission submission(const std::vector<std::string>& to,
                               const std::string& from = "sender@c.example") {
    Submission out;
    out.envelope.from = address(from);
    for (const std::string& one : to) out.envelope.to.push_back(address(one));
    out.body.bytes = std::make_shared<const std::string>("Subject: x\r\n\r\n");
    out.body.size = out.body.bytes->size();
    return out;
  }

  Result<std::string> submit(Submission one) {
    std::vector<Result<std::string>> answers;
    exchange->submit(std::move(one), [&](Result<std::string> id) { answers.push_back(id); });
    CHECK(answers.empty());          // never from inside the call
    world.run_for(0us);
    REQUIRE(answers.size() == 1);
    return answers.front();
  }
  std::size_t logged(const std::string& event) const {
    std::size_t count = 0;
    for (const std::string& line : lines)
      count += line.find('"' + event + '"') != std::string::npos;
    return count;
  }
};

}  // namespace hanse::fake
