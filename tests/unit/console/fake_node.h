// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/load.h"
#include "server/config/whole.h"
#include "server/console/commands.h"
#include "tests/unit/console/fake_queue.h"
#include "tests/unit/console/folder.h"

// A node that says what the test wants and remembers what it was asked.
namespace hanse::console {

class FixedClock final : public Clock {
 public:
  Instant now() const override { return {}; }
  UtcTime utc() const override { return at; }
  UtcTime at = from_unix_ms(1'767'697'330'000);   // 2026-01-06T11:02:10Z
};

class FakeNode final : public NodeView {
 public:
  FakeNode() : log_(clock, [this](std::string_view line) { lines += line; }) {
    set_configuration("[node]\ndomain = \"a.example\"\n");
    auto policy = std::make_shared<Policy>();
    policy->node_domain = "a.example";
    policy_ = policy;
  }

  std::string domain() const override { return "a.example"; }
  UtcTime started() const override { return clock.at - std::chrono::hours(12 * 24 + 3); }
  std::vector<ListenRow> listeners() const override { return {{"mail", "127.0.0.1:25"}}; }
  Result<std::vector<LaneStatus>> lanes() override { return lane_rows; }
  Result<std::vector<LinkRow>> links() override { return link_rows; }
  std::shared_ptr<const Policy> policy() const override { return policy_; }
  std::shared_ptr<const Configuration> configuration() const override { return configuration_; }
  std::uint64_t config_epoch() const override { return 17; }
  UtcTime config_loaded() const override { return clock.at - std::chrono::hours(48); }
  std::optional<RejectedConfig> config_rejected() const override { return rejected; }
  std::vector<std::string> waits_for_restart() const override { return waits; }
  std::vector<std::string> warnings() const override { return troubles; }
  std::vector<BoundNow> bounds() const override { return bounds_now; }
  QueueAdmin& queue() override { return queue_admin; }
  Metrics& metrics() override { return metrics_; }
  Log& log() override { return log_; }
  Readiness readiness() override { return ready; }
  std::vector<DnsWish> dns_wishes() const override { return wishes; }
  Result<std::vector<Result<DnsAnswer>>> lookup(std::vector<DnsQuestion> questions) override {
    std::vector<Result<DnsAnswer>> out;
    for (const DnsQuestion& question : questions) {
      const auto known = names.find(question.name);
      if (known == names.end()) out.push_back(DnsAnswer{DnsStatus::no_name, {}, {}, 0, false});
      else if (known->second.empty()) out.push_back(Error{Fault::try_later, "SERVFAIL"});
      else out.push_back(DnsAnswer{DnsStatus::ok, known->second, question.name, 60, false});
    }
    return out;
  }
  Result<std::optional<LinkDetail>> link(const std::string& connection) override {
    if (connection != detail.row.connection) return std::optional<LinkDetail>();
    return std::optional(detail);
  }
  Result<std::shared_ptr<TraceFeed>> trace(const TraceWish& wish) override {
    traced = wish;
    return fed();
  }
  Result<std::shared_ptr<TraceFeed>> probe(const ProbeWish& wish) override {
    probed = wish;
    if (wish.host == "bad host") return Error{Fault::never, "not a host"};
    return fed();
  }
  Result<std::shared_ptr<TraceFeed>> close_link(const std::string& connection,
                                                bool at_once) override {
    if (connection != detail.row.connection) return std::shared_ptr<TraceFeed>();
    closed_at_once = at_once;
    return fed();
  }
  void done(const std::shared_ptr<TraceFeed>& feed) override {
    feed->close();
    ++feeds_done;
  }
  // A feed that has it all and has ended.
  Result<std::shared_ptr<TraceFeed>> fed() {
    if (feeds_full) return Error{Fault::overloaded, "as many as may"};
    auto feed = std::make_shared<TraceFeed>(TraceWish{}, clock);
    for (const TraceLine& line : feed_lines) feed->put(line);
    feed->end();
    return feed;
  }
  Result<StatePage> state(const std::string& protocol, const std::string& view, std::size_t from,
                          std::size_t most) override {
    asked_state.push_back(protocol + "/" + view + " " + std::to_string(from));
    StatePage page;
    for (; from < state_rows.size() && page.rows.size() < most; ++from)
      page.rows.push_back(state_rows[from]);
    if (from < state_rows.size()) page.next = from;
    return page;
  }
  Result<std::vector<std::string>> explain(const std::string&, const std::string& what) override {
    return what == explained ? explanation : std::vector<std::string>();
  }
  Result<std::string> peer_config(const std::string& protocol, PeerConfigWish wish) override {
    if (wish.peer == "nobody") return Error{Fault::never, "no such peer"};
    return protocol + " for " + wish.software + " at " + wish.peer +
           (wish.passwords ? " with passwords" : "") + "\n";
  }
  void wake_lane(const std::string& protocol, const std::string& lane) override {
    woken.push_back(protocol + "/" + lane);
  }
  Result<void> reload() override { return reload_answer; }
  void drain(Duration grace) override { drained = grace; }

  void set_configuration(std::string_view toml) {
    configuration_ =
        config::parse(toml, "t.toml", schema, config::hidden_secrets()).configuration;
  }
  void set_policy(Policy policy) { policy_ = std::make_shared<Policy>(std::move(policy)); }

  FixedClock clock;
  config::Schema schema = config::whole_schema();
  FakeQueue queue_admin;
  std::vector<LaneStatus> lane_rows;
  std::vector<LinkRow> link_rows;
  Readiness ready{true, true, {}};
  std::optional<RejectedConfig> rejected;
  std::vector<std::string> waits;
  std::vector<std::string> troubles;
  std::vector<BoundNow> bounds_now;
  Result<void> reload_answer;
  std::optional<Duration> drained;
  std::vector<std::string> woken;
  std::string lines;   // of the log
  std::vector<DnsWish> wishes;
  std::map<std::string, std::vector<DnsRecord>> names;   // no records: the lookup fails
  LinkDetail detail;
  std::vector<TraceLine> feed_lines;
  std::vector<StateRow> state_rows;
  std::vector<std::string> asked_state, explanation;
  std::string explained;
  TraceWish traced;
  ProbeWish probed;
  std::optional<bool> closed_at_once;
  int feeds_done = 0;
  bool feeds_full = false;

 private:
  Metrics metrics_;
  Log log_;
  std::shared_ptr<const Policy> policy_;
  std::shared_ptr<const Configuration> configuration_;
};

struct Answered {
  Ended ended;
  std::vector<Json> items;
  std::string text;      // as a person sees it
};

inline Request make_request(std::string command, std::vector<std::string> arguments = {},
                            std::map<std::string, std::string, std::less<>> options = {}) {
  Request request;
  request.command = std::move(command);
  request.arguments = std::move(arguments);
  request.options = std::move(options);
  request.who = "tester (uid 7)";
  return request;
}

inline Answered ask(FakeNode& fake, const Request& request) {
  Node node(fake, fake.schema, fake.clock);
  Answered answered;
  answered.ended = perform(node, request, [&answered](Json item) {
    answered.items.push_back(std::move(item));
    return true;
  });
  const Command* command = find_command(request.command);
  if (command != nullptr && command->render != nullptr) {
    answered.text = command->render(answered.items, {});
  }
  return answered;
}

}  // namespace hanse::console
