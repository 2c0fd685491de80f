// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <filesystem>
#include <future>

#include "server/base/limits.h"
#include "store/admin_reads.h"
#include "store/store.h"

namespace hanse::store {

namespace {

constexpr std::chrono::seconds change_wait{60};

// Replies run on the writer's thread: all they do there is to keep a promise.
class Inline final : public Executor {
 public:
  void post(std::function<void()> work) override { work(); }
};

class StoreAdmin final : public QueueAdmin {
 public:
  StoreAdmin(const StoreSettings& settings, CommandSink& sink, const Clock& clock)
      : directory_(settings.directory), sink_(sink), clock_(clock) {}

  Result<QueuePage> list(const Selector& selector, std::string_view cursor,
                         std::size_t most) override {
    most = std::min(most, limits::list_page_items_max);
    return read([&](Database& database) {
      return read_page(database, selector, cursor, most, clock_.utc());
    });
  }

  Result<QueueStory> why(std::string_view id) override {
    return read([&](Database& database) { return read_story(database, id); });
  }

  Result<std::vector<ShapeRow>> shape(std::size_t destinations_max) override {
    return read([&](Database& database) {
      return read_shape(database, destinations_max, clock_.utc());
    });
  }

  Result<QueueTotals> totals() override {
    Result<QueueTotals> totals =
        read([&](Database& database) { return read_totals(database, clock_.utc()); });
    if (totals) add_disk(*totals);
    return totals;
  }

  Result<QueueChanged> change(const QueueChange& change) override {
    const auto answer = std::make_shared<std::promise<Result<QueueChanged>>>();
    std::future<Result<QueueChanged>> changed = answer->get_future();
    const auto reply = [answer](Result<QueueChanged> result) {
      answer->set_value(std::move(result));
    };
    if (!sink_.put(Command{&inline_, ChangeCommand{change, reply}})) {
      return Error{Fault::overloaded, "the store has too much to do, or is closing"};
    }
    if (changed.wait_for(change_wait) != std::future_status::ready) {
      return Error{Fault::try_later, "the store has not answered; the change may still come"};
    }
    return changed.get();
  }

 private:
  // One reading transaction: what an answer is made of was true at one moment.
  template <class Read>
  auto read(const Read& what) -> decltype(what(std::declval<Database&>())) {
    if (database_ == nullptr) {
      Result<std::unique_ptr<Database>> opened =
          Database::open(directory_ + "/queue.db", {}, Database::Mode::read_only, true);
      if (!opened) return opened.error();
      database_ = *std::move(opened);
    }
    database_->execute("BEGIN");
    auto answer = what(*database_);
    database_->execute("COMMIT");
    if (!database_->failed()) return answer;
    const Error error = database_->error();
    database_.reset();                  // the next question starts anew
    return error;
  }

  void add_disk(QueueTotals& totals) const {
    std::error_code failed;
    const auto log_bytes = std::filesystem::file_size(directory_ + "/queue.db-wal", failed);
    totals.wal_bytes = failed ? 0 : log_bytes;
    const auto space = std::filesystem::space(directory_, failed);
    totals.disk_free_bytes = failed ? 0 : space.available;
    // Only a checkpoint writes to the database file itself.
    const auto written = std::filesystem::last_write_time(directory_ + "/queue.db", failed);
    if (failed) return;
    totals.last_checkpoint = std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::file_clock::to_sys(written));
  }

  const std::string directory_;
  CommandSink& sink_;
  const Clock& clock_;
  Inline inline_;
  std::unique_ptr<Database> database_;
};

}  // namespace

std::unique_ptr<QueueAdmin> make_queue_admin(const StoreSettings& settings, CommandSink& sink,
                                             const Clock& clock) {
  return std::make_unique<StoreAdmin>(settings, sink, clock);
}

}  // namespace hanse::store
