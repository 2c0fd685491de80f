// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"
#include "store/store.h"

#include "tests/catch.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

using std::chrono::hours;
using std::chrono::minutes;

namespace {

// Puts what the console changes straight into the store.
class DirectSink final : public CommandSink {
 public:
  explicit DirectSink(Bench& bench) : bench_(bench) {}
  bool put(Command command) override { return bool(bench_.run(std::move(command))); }

 private:
  Bench& bench_;
};

struct Desk {
  Desk() { REQUIRE(bench.open()); }

  DeliveryId deferred(const std::string& recipient) {
    const Result<Accepted> accepted = bench.accept(message_to({recipient}));
    REQUIRE(accepted);
    REQUIRE(bench.settle({settlement(accepted->ids[0], Disposition::deferred,
                                     bench.clock.utc() + minutes(5))}));
    return accepted->ids[0];
  }
  QueuePage list(const std::vector<std::string>& terms, std::string_view cursor = {},
                 std::size_t most = 100) {
    const Result<Selector> selector = parse_selector(terms);
    REQUIRE(selector);
    const Result<QueuePage> page = admin->list(*selector, cursor, most);
    REQUIRE(page);
    return *page;
  }
  std::uint64_t change(QueueVerb verb, const std::vector<std::string>& terms) {
    const Result<QueueChanged> changed = bench.change(verb, terms);
    REQUIRE(changed);
    return changed->legs;
  }
  LegState state_of(DeliveryId id) {
    for (int state = 0; state <= static_cast<int>(LegState::discarded); ++state) {
      const auto wanted = static_cast<LegState>(state);
      for (const QueueRow& row : list({"status=" + std::string(leg_state_name(wanted))}).rows) {
        if (row.delivery == id) return wanted;
      }
    }
    FAIL("no such leg");
    return LegState::ready;
  }

  TemporaryDirectory directory;
  Bench bench{directory.path};
  DirectSink sink{bench};
  std::unique_ptr<QueueAdmin> admin =
      make_queue_admin(Bench::settings_in(directory.path), sink, bench.clock);
};

}  // namespace

TEST_CASE("queue list selects by every term and pages by cursor") {
  Desk desk;
  for (int at = 0; at < 7; ++at) desk.deferred("user" + std::to_string(at) + "@c.example");
  desk.deferred("user@sub.d.example");
  CHECK(desk.list({}).matching == 8);
  CHECK(desk.list({"dest=c.example"}).matching == 7);
  CHECK(desk.list({"dest=*.example", "and", "to=user@*"}).matching == 1);
  CHECK(desk.list({"from=*@b.example proto=smtp status=deferred"}).matching == 8);
  CHECK(desk.list({"from=*@x.example"}).matching == 0);
  CHECK(desk.list({"to=user_@c.example"}).matching == 0);   // only "*" is a wildcard
  CHECK(desk.list({"age>1h"}).matching == 0);
  CHECK(desk.list({"age<1h"}).matching == 8);
  CHECK(desk.list({"size>1KiB"}).matching == 0);
  CHECK(desk.list({"size<1KiB"}).matching == 8);

  const QueuePage first = desk.list({"dest=c.example"}, {}, 5);
  CHECK(first.rows.size() == 5);
  CHECK(first.matching == 7);
  const QueuePage second = desk.list({"dest=c.example"}, first.next_cursor, 5);
  REQUIRE(second.rows.size() == 2);
  CHECK(second.next_cursor.empty());
  CHECK(second.rows[0].to.local == "user5");
  CHECK(second.rows[0].last_remote == "mx1.c.example [192.0.2.7]:25");
  CHECK(desk.list({"id=" + first.rows[0].id}).matching == 1);
  CHECK_FALSE(desk.admin->list({}, "not-a-cursor", 5));
}

TEST_CASE("queue why tells every attempt, and the only one of what went at once") {
  Desk desk;
  const Result<Accepted> accepted =
      desk.bench.accept(message_to({"one@c.example", "two@c.example"}));
  REQUIRE(accepted);
  REQUIRE(desk.bench.settle({settlement(accepted->ids[0], Disposition::delivered),
                             settlement(accepted->ids[1], Disposition::deferred,
                                        desk.bench.clock.utc())}));
  REQUIRE(desk.bench.claim("c.example").work.size() == 1);
  REQUIRE(desk.bench.settle({settlement(accepted->ids[1], Disposition::delivered)}));
  const std::string id = desk.list({"status=delivered"}).rows.at(0).id;
  const Result<QueueStory> story = desk.admin->why(id.substr(0, id.size() - 1) + id.back());
  REQUIRE(story);
  CHECK(story->envelope.from.domain == "b.example");
  REQUIRE(story->legs.size() == 2);
  REQUIRE(story->legs[0].attempts.size() == 1);
  CHECK(story->legs[0].attempts[0].outcome.disposition == Disposition::delivered);
  REQUIRE(story->legs[1].attempts.size() == 2);
  CHECK(story->legs[1].attempts[0].outcome.status == "4.4.1");
  CHECK(story->legs[1].attempts[1].number == 2);
  CHECK(story->legs[1].attempts[1].outcome.status == "2.0.0");
  CHECK_FALSE(desk.admin->why("01XXXX"));
}

TEST_CASE("Q-8 hold, release, retry move what waits and leave what is under way") {
  Desk desk;
  const DeliveryId id = desk.deferred("one@c.example");
  const Result<Accepted> busy = desk.bench.accept(message_to({"two@c.example"}));
  REQUIRE(busy);
  const Result<QueueChanged> held = desk.bench.change(QueueVerb::hold, {"dest=c.example"});
  REQUIRE(held);
  CHECK(held->legs == 1);
  CHECK(held->busy == 1);
  REQUIRE(held->lanes.size() == 1);
  CHECK(held->lanes[0].second == "c.example");
  CHECK(desk.state_of(id) == LegState::held);
  desk.bench.clock.elapsed += hours(1);
  CHECK(desk.bench.claim("c.example").work.empty());
  const Result<QueueStory> story = desk.admin->why(held->sample.at(0).id);
  REQUIRE(story);
  CHECK(story->legs[0].note == "held by operator: a reason");

  CHECK(desk.change(QueueVerb::release, {"dest=c.example"}) == 1);
  CHECK(desk.bench.claim("c.example").work.size() == 1);
  const DeliveryId other = desk.deferred("three@c.example");
  CHECK(desk.bench.claim("c.example").work.empty());
  CHECK(desk.change(QueueVerb::retry, {"to=three@*"}) == 1);
  const Queue::Claimed claimed = desk.bench.claim("c.example");
  REQUIRE(claimed.work.size() == 1);
  CHECK(claimed.work[0].targets[0].id == other);
}

TEST_CASE("a dry run changes nothing and counts the same") {
  Desk desk;
  const DeliveryId id = desk.deferred("one@c.example");
  const Result<QueueChanged> dry = desk.bench.change(QueueVerb::discard, {"dest=c.example"}, true);
  REQUIRE(dry);
  CHECK(dry->legs == 1);
  CHECK(desk.state_of(id) == LegState::deferred);
}

TEST_CASE("bounce makes a failure that is to be reported") {
  Desk desk;
  const DeliveryId id = desk.deferred("one@c.example");
  CHECK(desk.change(QueueVerb::bounce, {"dest=c.example"}) == 1);
  CHECK(desk.state_of(id) == LegState::failed);
  const auto found = desk.bench.reportable(desk.bench.clock.utc());
  REQUIRE(found.size() == 1);
  CHECK(found[0].failures.at(0).id == id);
  CHECK(found[0].failures[0].outcome.reply == "returned by the operator: a reason");
}

TEST_CASE("operations 6 what an operator ends has its last line in the log, once it is so") {
  Desk desk;
  desk.deferred("one@c.example");
  desk.deferred("two@d.example");
  const auto told = [&desk](std::string_view event, std::string_view to) {
    const std::string& text = desk.bench.log_text;
    const std::size_t at = text.find("\"ev\":\"" + std::string(event) + "\"");
    return at != std::string::npos &&
           text.find("\"to\":\"" + std::string(to) + "\",\"reason\":\"operator\"", at) !=
               std::string::npos;
  };
  REQUIRE(desk.bench.change(QueueVerb::bounce, {"dest=c.example"}, true));
  CHECK_FALSE(told("msg.bounced", "one@c.example"));
  CHECK(desk.change(QueueVerb::bounce, {"dest=c.example"}) == 1);
  CHECK(told("msg.bounced", "one@c.example"));
  CHECK(desk.change(QueueVerb::discard, {"dest=d.example"}) == 1);
  CHECK(told("msg.discarded", "two@d.example"));
  CHECK(desk.bench.metrics.render().find(
            "hanse_messages_bounced_total{proto=\"smtp\",reason=\"operator\"} 1") !=
        std::string::npos);
}

TEST_CASE("discarded mail stays in the trash for a day and can be brought back") {
  Desk desk;
  const DeliveryId id = desk.deferred("one@c.example");
  CHECK(desk.change(QueueVerb::discard, {"dest=c.example"}) == 1);
  CHECK(desk.state_of(id) == LegState::discarded);
  CHECK(desk.change(QueueVerb::release, {"dest=c.example"}) == 0);
  desk.bench.clock.elapsed += hours(23);
  REQUIRE(desk.bench.store->sweep());
  CHECK(desk.change(QueueVerb::release, {"status=discarded"}) == 1);
  const Queue::Claimed claimed = desk.bench.claim("c.example");
  REQUIRE(claimed.work.size() == 1);
  REQUIRE(claimed.work[0].body.bytes);
  CHECK(*claimed.work[0].body.bytes == "a body\r\n");

  REQUIRE(desk.bench.settle({settlement(id, Disposition::deferred, desk.bench.clock.utc())}));
  CHECK(desk.change(QueueVerb::discard, {"dest=c.example"}) == 1);
  desk.bench.clock.elapsed += hours(25);
  REQUIRE(desk.bench.store->sweep());
  CHECK(desk.change(QueueVerb::release, {"status=discarded"}) == 0);
}

TEST_CASE("every change is in the audit, with who, what and why") {
  Desk desk;
  desk.deferred("one@c.example");
  desk.change(QueueVerb::hold, {"dest=c.example"});
  desk.bench.close();
  auto database = Database::open(desk.directory.path + "/queue.db", {}, Database::Mode::read_only,
                                 true);
  REQUIRE(database);
  Statement audit(**database, "SELECT who, verb, what, reason, legs FROM audit");
  REQUIRE(audit.query().row());
  CHECK(audit.text(0) == "operator");
  CHECK(audit.text(1) == "hold");
  CHECK(audit.text(2) == "dest=c.example");
  CHECK(audit.text(3) == "a reason");
  CHECK(audit.integer(4) == 1);
}

TEST_CASE("queue shape and totals count what is open") {
  Desk desk;
  desk.deferred("one@c.example");
  desk.deferred("two@c.example");
  desk.deferred("one@d.example");
  desk.bench.clock.elapsed += minutes(7);
  const Result<std::vector<ShapeRow>> shape = desk.admin->shape(1);
  REQUIRE(shape);
  REQUIRE(shape->size() == 2);
  CHECK(shape->at(0).destination == "TOTAL");
  CHECK(shape->at(0).counts == std::vector<std::uint64_t>{3, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(shape->at(1).destination == "c.example");
  const Result<QueueTotals> totals = desk.admin->totals();
  REQUIRE(totals);
  CHECK(totals->messages == 3);
  CHECK(totals->legs_deferred == 3);
  CHECK(totals->retry_due == 3);
  CHECK(totals->oldest_lane == "c.example");
  CHECK(totals->bytes == 3 * 8);
  CHECK(totals->disk_free_bytes > 0);
}

TEST_CASE("a change through the sink answers the console's thread") {
  Desk desk;
  desk.deferred("one@c.example");
  const QueueChange change{QueueVerb::hold, *parse_selector({"dest=c.example"}), "why", "me",
                           false};
  const Result<QueueChanged> changed = desk.admin->change(change);
  REQUIRE(changed);
  CHECK(changed->legs == 1);
}

}  // namespace hanse::store
