// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "store/schema.h"
#include "store/state.h"
#include "store/transaction.h"

namespace hanse::store {

namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr Duration checkpoint_slow = std::chrono::milliseconds(500);
constexpr std::array batch_bounds{0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0};

constexpr std::string_view pragmas =
    "PRAGMA page_size=4096; PRAGMA secure_delete=FAST; PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL; PRAGMA cache_size=-65536";   // D2

std::string database_path(const StoreSettings& settings) {
  return settings.directory + "/queue.db";
}

std::int64_t next_message(Database& database) {
  return database.number("SELECT max(id) FROM message").value_or(0) + 1;
}

void tell(Log& log, const Recovered& recovered) {
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  log.write(recovered.clean_exit ? Level::info : Level::warning, "store.recovered",
            recovered.clean_exit ? "the last run ended cleanly" : "the last run broke off",
            {{"messages", number(recovered.messages)},
             {"interrupted", number(recovered.interrupted)},
             {"quarantined", number(recovered.quarantined)},
             {"orphans_removed", number(recovered.orphans_removed)}});
}

}  // namespace

QueueStore::State::State(Disk& disk_below, const StoreSettings& given, const Clock& its_clock,
                         Log& its_log, Metrics& its_metrics, std::unique_ptr<Database> opened)
    : disk(disk_below),
      settings(given),
      clock(its_clock),
      log(its_log),
      metrics(its_metrics),
      database(std::move(opened)),
      blobs(disk, settings.directory + "/bodies",
            static_cast<std::uint64_t>(to_unix_ms(clock.utc()))),
      ledger(metrics, settings.lane_messages_max, settings.lane_bytes_max),
      space(disk, settings.directory, settings.disk_free_min_bytes, log, metrics),
      bodies(*database, blobs),
      suspects(*database),
      intake(*database, ledger, bodies, next_message(*database)),
      endings(*database, log, metrics),
      rerouting(*database, ledger),
      settling(*database, ledger, bodies, suspects, endings, rerouting),
      claims(*database, ledger, bodies, suspects, log, metrics),
      reports(*database, bodies),
      changes(*database, ledger, endings, rerouting),
      sweeper(*database, bodies, settings),
      begin(*database, "BEGIN IMMEDIATE"),
      commit(*database, "COMMIT"),
      rollback(*database, "ROLLBACK"),
      commit_seconds(metrics.histogram("hanse_store_commit_seconds",
                                       "Time of one transaction with its sync.",
                                       seconds_bounds())),
      commit_messages(metrics.histogram("hanse_store_commit_batch_size",
                                        "New messages in one transaction.", batch_bounds)),
      sync_errors(metrics.counter("hanse_store_sync_errors_total",
                                  "Writes or syncs that failed for good.")),
      log_bytes(metrics.gauge("hanse_store_wal_bytes", "Bytes in the write-ahead log.")) {}

void QueueStore::State::start() {
  message_before = intake.next_message();
  suspects.begin();
  started = clock.now();
  begin.run();
}

Result<void> QueueStore::State::finish() {
  bodies.release_considered();
  commit.run();
  if (!database->failed()) {
    ledger.keep();
    bodies.committed();
    endings.committed();
    commit_seconds.observe(std::chrono::duration<double>(clock.now() - started).count());
    commit_messages.observe(static_cast<double>(intake.next_message() - message_before));
    log_bytes.set(static_cast<double>(database->log_pages() * page_bytes));
    return {};
  }
  const Error error = database->error();
  database->clear();
  // SQLite itself takes back what a full disk stopped half-way.
  if (database->in_transaction()) rollback.run();
  ledger.take_back();
  endings.rolled_back();
  // After a failed sync nobody knows whether the rows will be there at the next start: their files
  // stay, and those without a row are orphans then (D5).
  if (error.fault != Fault::broken && !database->failed()) bodies.rolled_back();
  suspects.rolled_back();
  intake.take_back(message_before);
  failed(database->failed() ? database->error() : error);
  return database->failed() ? database->error() : error;
}

void QueueStore::State::failed(const Error& error) {
  if (error.fault != Fault::broken) return;
  database->fail(error);                // for good: every later transaction fails too (D5)
  sync_errors.add();
}

void QueueStore::State::checkpoint_done(Duration took) {
  log_bytes.set(static_cast<double>(database->log_pages() * page_bytes));
  if (took < checkpoint_slow) return;
  log.write(Level::warning, "store.checkpoint_slow", "moving the log into the database was slow",
            {{"dur_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
}

Result<std::unique_ptr<QueueStore>> QueueStore::open(Disk& disk, const StoreSettings& settings,
                                                     const Clock& clock, Log& log,
                                                     Metrics& metrics) {
  if (Result<void> made = disk.make_directory(settings.directory); !made) return made.error();
  // SQLite would let the group read it. One that exists is left as it is.
  (void)disk.create(database_path(settings));
  Result<std::unique_ptr<Database>> opened =
      Database::open(database_path(settings), disk.sqlite_vfs(), Database::Mode::read_write,
                     disk.shared_memory());
  if (!opened) return opened.error();
  Database& database = **opened;
  database.execute(std::string(pragmas));
  if (database.failed()) return database.error();
  Result<void> schema = bring_up_to_date(database, disk, database_path(settings), schema_steps());
  if (!schema) return schema.error();

  auto state = std::make_unique<State>(disk, settings, clock, log, metrics, *std::move(opened));
  if (Result<void> ready = state->blobs.open(); !ready) return ready.error();
  Result<Recovered> recovered =
      recover(*state->database, state->ledger, state->blobs);
  if (!recovered) return recovered.error();
  state->recovered = *std::move(recovered);
  metrics.counter("hanse_messages_quarantined_total",
                  "Messages set aside at a start because the process crashed with them.")
      .add(state->recovered.quarantined);
  state->suspects.read();
  state->ledger.keep();
  state->space.look(clock.now());
  state->database->checkpoint();
  if (state->database->failed()) return state->database->error();
  tell(log, state->recovered);
  return std::unique_ptr<QueueStore>(new QueueStore(std::move(state)));
}

QueueStore::QueueStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
QueueStore::~QueueStore() = default;

const Recovered& QueueStore::recovered() const { return state_->recovered; }

Result<void> QueueStore::run(std::vector<Command>& batch, std::vector<Reply>& replies) {
  std::erase_if(batch, [this, &replies](Command& command) {
    if (!is_file_work(command)) return false;
    run_file_work(state_->blobs, command, replies);
    return true;
  });
  state_->space.look(state_->clock.now());
  if (batch.empty()) return {};
  return Transaction(*state_, replies).run(batch);
}

StorePressure QueueStore::pressure() const {
  return {state_->space.low(), state_->space.room_bytes(), state_->ledger.full_lanes()};
}

std::uint64_t QueueStore::log_bytes() const { return state_->database->log_pages() * page_bytes; }

Result<void> QueueStore::checkpoint() {
  const Instant before = state_->clock.now();
  state_->database->checkpoint();
  if (!state_->database->failed()) {
    state_->checkpoint_done(state_->clock.now() - before);
    return {};
  }
  // A full disk: the log keeps what it has, and there is another time.
  const Error error = state_->database->error();
  if (error.fault != Fault::broken) state_->database->clear();
  return error;
}

Result<bool> QueueStore::sweep() {
  state_->start();
  const bool more = state_->sweeper.sweep(state_->intake.next_message(), state_->clock.utc());
  if (Result<void> done = state_->finish(); !done) return done.error();
  state_->blobs.give_back();
  return more;
}

Result<void> QueueStore::close_cleanly() {
  mark_clean_exit(*state_->database);
  if (state_->database->failed()) return state_->database->error();
  return checkpoint();
}

}  // namespace hanse::store
