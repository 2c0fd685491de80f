// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store/kit.h"

#include <atomic>
#include <filesystem>
#include <stdexcept>

#include "federation/queue_admin.h"

namespace hanse::store {

namespace {

std::string make_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "hanse-store-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  return pattern;
}

Address address(const std::string& text) {
  const auto at = text.rfind('@');
  return {"smtp", text.substr(0, at), text.substr(at + 1)};
}

std::string next_id() {
  static std::atomic<int> last{0};
  const std::string digits = std::to_string(++last);
  return "01J9Z6" + std::string(20 - digits.size(), '0') + digits;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() : path(make_directory()) {}
TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

void TestShard::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    works_.push_back(std::move(work));
  }
  filled_.notify_one();
}

void TestShard::run_what_is_there() {
  std::vector<std::function<void()>> works;
  {
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, std::chrono::milliseconds(50), [this] { return !works_.empty(); });
    works.swap(works_);
  }
  for (auto& work : works) work();
}

Acceptance message_to(const std::vector<std::string>& recipients, std::string bytes) {
  Acceptance acceptance;
  Envelope envelope;
  envelope.id = next_id();
  envelope.key = {"smtp", "b.example", "<" + envelope.id + "@b.example>"};
  envelope.from = address("sender@b.example");
  envelope.accepted = from_unix_ms(1'700'000'000'000);
  envelope.expires = envelope.accepted + std::chrono::hours(120);
  for (const std::string& text : recipients) {
    const Address to = address(text);
    envelope.to.push_back(to);
    acceptance.legs.push_back({to, "smtp", to.domain, "discover"});
  }
  acceptance.body.size = bytes.size();
  acceptance.body.bytes = std::make_shared<const std::string>(std::move(bytes));
  acceptance.envelope = std::make_shared<const Envelope>(std::move(envelope));
  return acceptance;
}

Settlement settlement(DeliveryId id, Disposition disposition, UtcTime retry_at) {
  Settlement settlement;
  settlement.id = id;
  settlement.outcome.disposition = disposition;
  settlement.outcome.fault =
      disposition == Disposition::failed ? Fault::never : Fault::try_later;
  settlement.outcome.status = disposition == Disposition::delivered ? "2.0.0" : "4.4.1";
  settlement.outcome.reply = "said so";
  settlement.outcome.remote = "mx1.c.example [192.0.2.7]:25";
  settlement.retry_at = retry_at;
  return settlement;
}

Bench::Bench(Disk& disk, StoreSettings settings)
    : log(clock, [this](std::string_view line) { log_text += line; }),
      disk_(disk),
      settings_(std::move(settings)) {}

StoreSettings Bench::settings_in(const std::string& directory) {
  StoreSettings settings;
  settings.directory = directory;
  settings.disk_free_min_bytes = 1;
  return settings;
}

Result<void> Bench::open() {
  store.reset();
  Result<std::unique_ptr<QueueStore>> opened =
      QueueStore::open(disk_, settings_, clock, log, metrics);
  if (!opened) return opened.error();
  store = *std::move(opened);
  return {};
}

void Bench::close() {
  if (store && !store->close_cleanly()) throw std::runtime_error("the store did not close");
  store.reset();
}

Result<void> Bench::run(Command command) {
  std::vector<Command> batch;
  batch.push_back(std::move(command));
  std::vector<QueueStore::Reply> replies;
  Result<void> done = store->run(batch, replies);
  for (const QueueStore::Reply& reply : replies) reply.run();
  return done;
}

Result<Accepted> Bench::accept(Acceptance acceptance) {
  Result<Accepted> accepted = Error{Fault::broken, "no answer"};
  Result<void> done = run({nullptr, AcceptCommand{std::move(acceptance),
                                                  [&](Result<Accepted> answer) {
                                                    accepted = std::move(answer);
                                                  }}});
  if (!done) return done.error();
  return accepted;
}

Queue::Claimed Bench::claim(const std::string& lane, std::size_t most, bool in_order) {
  Queue::Claimed claimed;
  (void)run({nullptr, ClaimCommand{"smtp", lane, most, clock.utc(),
                                   [&](Result<Queue::Claimed> answer) {
                                     if (answer) claimed = *std::move(answer);
                                   },
                                   in_order}});
  return claimed;
}

Result<void> Bench::settle(std::vector<Settlement> settlements) {
  return run({nullptr, SettleCommand{std::move(settlements)}});
}

std::vector<Reportable> Bench::reportable(UtcTime failed_before, std::size_t most) {
  std::vector<Reportable> found;
  (void)run({nullptr, ReportableCommand{failed_before, most,
                                        [&](Result<std::vector<Reportable>> answer) {
                                          if (answer) found = *std::move(answer);
                                        }}});
  return found;
}

Result<QueueChanged> Bench::change(QueueVerb verb, const std::vector<std::string>& terms,
                                   bool dry_run) {
  Result<Selector> selector = parse_selector(terms);
  if (!selector) return selector.error();
  Result<QueueChanged> changed = Error{Fault::broken, "no answer"};
  Result<void> done =
      run({nullptr, ChangeCommand{{verb, *selector, "a reason", "operator", dry_run},
                                  [&](Result<QueueChanged> answer) {
                                    changed = std::move(answer);
                                  }}});
  if (!done) return done.error();
  return changed;
}

}  // namespace hanse::store
