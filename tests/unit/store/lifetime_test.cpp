// SPDX-License-Identifier: Apache-2.0
// Reports, expiry, history, files: what happens to a message at and after its end.

#include <filesystem>
#include <fstream>

#include "store/database.h"
#include "store/envelope_codec.h"
#include "store/store.h"
#include "tests/catch.h"
#include "tests/unit/store/kit.h"

namespace hanse::store {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

struct Life {
  Life() { REQUIRE(bench.open()); }

  std::vector<DeliveryId> accept(const std::vector<std::string>& to, std::size_t bytes = 100) {
    const Result<Accepted> accepted = bench.accept(message_to(to, std::string(bytes, 'x')));
    REQUIRE(accepted);
    return accepted->ids;
  }
  std::int64_t number(const std::string& sql) {
    auto database = Database::open(directory.path + "/queue.db", {}, Database::Mode::read_only,
                                   true);
    REQUIRE(database);
    const auto value = (*database)->number(sql);
    REQUIRE(value);
    return *value;
  }
  std::size_t files() {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path + "/bodies")) {
      found += entry.is_regular_file() ? 1 : 0;
    }
    return found;
  }

  TemporaryDirectory directory;
  Bench bench{directory.path};
};

}  // namespace

TEST_CASE("B-5 failures are reported when old enough or when all recipients are final") {
  Life life;
  const auto ids = life.accept({"one@c.example", "two@c.example"});
  REQUIRE(life.bench.settle({settlement(ids[0], Disposition::failed)}));
  const UtcTime failed{};   // settlement() ends at the beginning of time
  CHECK(life.bench.reportable(failed - seconds(1)).empty());
  const auto one = life.bench.reportable(failed);
  REQUIRE(one.size() == 1);
  REQUIRE(one[0].failures.size() == 1);
  CHECK(one[0].failures[0].id == ids[0]);
  CHECK(one[0].failures[0].to.local == "one");
  CHECK(one[0].failures[0].outcome.fault == Fault::never);
  CHECK(one[0].failures[0].outcome.reply == "said so");
  REQUIRE(one[0].body.bytes);

  REQUIRE(life.bench.settle({settlement(ids[1], Disposition::failed)}));
  CHECK(life.bench.reportable(failed - seconds(1)).at(0).failures.size() == 2);
}

TEST_CASE("a report is marked in the commit that accepts it, and never twice") {
  Life life;
  const auto ids = life.accept({"one@c.example"});
  REQUIRE(life.bench.settle({settlement(ids[0], Disposition::failed)}));
  CHECK(life.number("SELECT count(*) FROM body") == 1);   // the report may quote it
  Acceptance report = message_to({"sender@b.example"});
  report.reports = {ids[0]};
  REQUIRE(life.bench.accept(std::move(report)));
  CHECK(life.bench.reportable(life.bench.clock.utc()).empty());
  CHECK(life.number("SELECT count(*) FROM body") == 1);   // the report's own
}

TEST_CASE("failures nobody wants to hear of end without a report") {
  Life life;
  const auto ids = life.accept({"one@c.example", "two@c.example"});
  Settlement quiet = settlement(ids[0], Disposition::failed);
  quiet.report = false;
  REQUIRE(life.bench.settle({quiet, settlement(ids[1], Disposition::failed)}));
  REQUIRE(life.bench.reportable(life.bench.clock.utc()).at(0).failures.size() == 1);
  REQUIRE(life.bench.run({nullptr, SettleReportsCommand{{ids[1]}}}));
  CHECK(life.bench.reportable(life.bench.clock.utc()).empty());
  CHECK(life.number("SELECT count(*) FROM body") == 0);
}

TEST_CASE("D8 a lane's expiry takes only what is over its time and was there before") {
  Life life;
  life.accept({"one@c.example"});
  life.accept({"two@d.example"});
  const UtcTime accepted = life.bench.clock.utc();
  life.bench.crash();
  REQUIRE(life.bench.open());
  const auto expire = [&](UtcTime now, UtcTime accepted_before) {
    Outcome outcome;
    outcome.status = "4.4.7";
    REQUIRE(life.bench.run({nullptr, ExpireCommand{"smtp", "c.example", now, accepted_before,
                                                   outcome}}));
    return life.bench.reportable(now).size();
  };
  CHECK(expire(accepted + hours(119), accepted + hours(1)) == 0);
  CHECK(expire(accepted + hours(121), accepted) == 0);
  CHECK(expire(accepted + hours(121), accepted + hours(1)) == 1);
  CHECK(life.number("SELECT count(*) FROM leg WHERE state = 7") == 1);
  CHECK(life.bench.log_text.find(R"("ev":"msg.expired")") != std::string::npos);
  CHECK(life.bench.log_text.find(R"("to":"one@c.example","reason":"expired")") !=
        std::string::npos);
  CHECK(life.bench.claim("d.example").work.size() == 1);
}

TEST_CASE("a settlement that comes twice, or for a leg nobody has, does no harm") {
  Life life;
  const auto ids = life.accept({"one@c.example"});
  REQUIRE(life.bench.settle({settlement(ids[0], Disposition::delivered),
                             settlement(ids[0], Disposition::failed), settlement(4711, {})}));
  CHECK(life.number("SELECT count(*) FROM leg WHERE state = 5") == 1);
}

TEST_CASE("what was returned untried is fresh again and counts no attempt") {
  Life life;
  const auto ids = life.accept({"one@c.example"});
  REQUIRE(life.bench.settle({settlement(ids[0], Disposition::returned, life.bench.clock.utc())}));
  const Queue::Claimed claimed = life.bench.claim("c.example");
  REQUIRE(claimed.work.size() == 1);
  CHECK(claimed.work[0].targets[0].attempt == 1);
  CHECK(life.number("SELECT count(*) FROM attempt") == 0);
}

TEST_CASE("a message to 500 recipients stores its bytes once and is claimed in portions") {
  Life life;
  std::vector<std::string> recipients;
  for (int at = 0; at < 500; ++at) recipients.push_back("u" + std::to_string(at) + "@c.example");
  const auto ids = life.accept(recipients, 50'000);
  CHECK(ids.size() == 500);
  CHECK(life.number("SELECT sum(length(bytes)) FROM body") == 50'000);
  life.bench.crash();
  REQUIRE(life.bench.open());
  std::size_t claimed = 0;
  for (std::size_t got = 1; got != 0; claimed += got) {
    got = 0;
    for (const Work& work : life.bench.claim("c.example", 64).work) got += work.targets.size();
    CHECK(got <= 64);
  }
  CHECK(claimed == 500);
}

TEST_CASE("D4 Q-3 large bodies are files, gone with their message; strangers are swept at start") {
  Life life;
  const auto ids = life.accept({"one@c.example"}, 100'000);
  life.accept({"two@c.example"}, 100'000);
  CHECK(life.files() == 1);   // bodies that came whole share a segment
  REQUIRE(life.bench.settle({settlement(ids[0], Disposition::delivered)}));
  CHECK(life.files() == 1);
  life.bench.crash();
  const std::string bodies = life.directory.path + "/bodies/";
  std::ofstream(bodies + "0123456789abcdef") << "a file without a row";
  std::ofstream(bodies + "0123456789abcdee.part") << "half a body";
  std::ofstream(bodies + "readme") << "not ours";
  std::filesystem::last_write_time(bodies + "0123456789abcdef",
                                   std::filesystem::file_time_type::min());
  REQUIRE(life.bench.open());
  CHECK(life.bench.store->recovered().orphans_removed == 2);
  CHECK(life.files() == 2);
  REQUIRE(life.bench.claim("c.example").work.at(0).body.blob != 0);
}

TEST_CASE("finished messages are history without a body, and forgotten after their time") {
  Life life;
  const auto old = life.accept({"one@c.example"});
  life.accept({"two@c.example"});
  const auto last = life.accept({"three@c.example"});
  Settlement done = settlement(old[0], Disposition::delivered);
  done.ended = life.bench.clock.utc();
  Settlement late = settlement(last[0], Disposition::delivered);
  late.ended = life.bench.clock.utc();
  REQUIRE(life.bench.settle({done, late}));
  CHECK(life.number("SELECT count(*) FROM body") == 1);
  life.bench.clock.elapsed += hours(71);
  REQUIRE(life.bench.store->sweep());
  CHECK(life.number("SELECT count(*) FROM message") == 3);
  life.bench.clock.elapsed += hours(2);
  REQUIRE(life.bench.store->sweep());
  CHECK(life.number("SELECT count(*) FROM message") == 2);   // the newest keeps its number taken
  CHECK(life.number("SELECT count(*) FROM leg") == 2);
  life.accept({"four@c.example"});
  REQUIRE(life.bench.store->sweep());
  CHECK(life.number("SELECT count(*) FROM message") == 2);
}

TEST_CASE("only the last attempts are kept") {
  Life life;
  life.accept({"one@c.example"});
  life.bench.crash();
  REQUIRE(life.bench.open());
  for (int attempt = 0; attempt < 260; ++attempt) {
    const Queue::Claimed claimed = life.bench.claim("c.example");
    REQUIRE(claimed.work.size() == 1);
    REQUIRE(life.bench.settle({settlement(claimed.work[0].targets[0].id, Disposition::deferred,
                                          life.bench.clock.utc())}));
  }
  CHECK(life.number("SELECT count(*) FROM attempt") == 256);
  CHECK(life.number("SELECT max(number) FROM attempt") == 261);
}

TEST_CASE("a damaged row is set aside and stops neither its lane nor the node") {
  Life life;
  life.accept({"one@c.example"});
  life.accept({"two@c.example"});
  life.bench.close();
  {
    auto database = Database::open(life.directory.path + "/queue.db", {},
                                   Database::Mode::read_write, true);
    REQUIRE(database);
    (*database)->execute("UPDATE message SET envelope = x'01ff' WHERE id = 1");
    REQUIRE_FALSE((*database)->failed());
  }
  REQUIRE(life.bench.open());
  const Queue::Claimed claimed = life.bench.claim("c.example");
  REQUIRE(claimed.work.size() == 1);
  CHECK(claimed.work[0].targets[0].to.local == "two");
  CHECK(life.number("SELECT count(*) FROM leg WHERE state = 4") == 1);
}

TEST_CASE("a message whose body is lost is set aside, not tried for days") {
  Life life;
  const auto store_one = [&life](const std::string& to, std::size_t size) {
    Acceptance one = message_to({to});
    one.body.bytes = std::make_shared<std::string>(size, 'x');
    one.body.size = size;
    REQUIRE(life.bench.accept(one));
  };
  store_one("cut@c.example", 200'000);
  life.accept({"small@c.example"});
  life.bench.close();
  std::size_t cut = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(life.directory.path + "/bodies")) {
    if (!entry.is_regular_file()) continue;
    std::filesystem::resize_file(entry.path(), 1000);
    ++cut;
  }
  REQUIRE(cut > 0);
  REQUIRE(life.bench.open());
  const Queue::Claimed claimed = life.bench.claim("c.example");
  REQUIRE(claimed.work.size() == 1);
  CHECK(claimed.work[0].targets[0].to.local == "small");
  CHECK(life.number("SELECT count(*) FROM leg WHERE state = 4") == 1);
}

TEST_CASE("an envelope comes back as it was; any cut of it is refused") {
  Envelope envelope = *message_to({"one@c.example", "two@d.example"}).envelope;
  envelope.flow = Flow::latest;
  envelope.answers = MessageKey{"smtp", "c.example", "<1@c.example>"};
  envelope.trace.push_back({"a.example", "ESMTPS", "b", "b.example", "192.0.2.7", "TLSv1.3", "b",
                            from_unix_ms(1'700'000'000'123)});
  envelope.native = std::string("\0\xff\n", 3);
  envelope.is_report = true;
  const std::string bytes = encode_envelope(envelope);
  const Result<Envelope> back = decode_envelope(bytes);
  REQUIRE(back);
  CHECK(encode_envelope(*back) == bytes);
  CHECK(back->to == envelope.to);
  CHECK(back->answers == envelope.answers);
  CHECK(back->trace.at(0).at == envelope.trace[0].at);
  CHECK(back->native == envelope.native);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_envelope(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(decode_envelope(bytes + "x"));
}

}  // namespace hanse::store
