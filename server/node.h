// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "protocols/protocol.h"
#include "server/config/config.h"
#include "server/config/node_options.h"
#include "server/console/node_view.h"
#include "server/net/acceptor.h"
#include "server/net/memory.h"
#include "server/net/signals.h"
#include "server/shard_rooms.h"
#include "store/store.h"

namespace hanse {

// One running daemon: the rooms put together, from the lock on the data directory to the last
// goodbye. Thread: built, run and taken down by the main thread; the NodeView side answers console
// threads by asking the shards.
class Node final : public console::NodeView {
 public:
  Node(std::string config_file, const config::Schema& schema, Log& log, Metrics& metrics,
       const Clock& clock);
  ~Node() override;

  Result<void> start(std::shared_ptr<const Configuration> configuration);
  void announce_ready();   // once everything that listens does
  int run();               // until a signal, a drain or a broken store ends it; the exit code

  std::string domain() const override;
  UtcTime started() const override { return started_; }
  std::vector<console::ListenRow> listeners() const override { return listening_; }
  Result<std::vector<LaneStatus>> lanes() override;
  Result<std::vector<console::LinkRow>> links() override;
  std::shared_ptr<const Policy> policy() const override;
  std::shared_ptr<const Configuration> configuration() const override;
  std::uint64_t config_epoch() const override;
  UtcTime config_loaded() const override;
  std::optional<console::RejectedConfig> config_rejected() const override;
  std::vector<std::string> waits_for_restart() const override;
  std::vector<std::string> warnings() const override;
  std::vector<console::BoundNow> bounds() const override;
  QueueAdmin& queue() override { return *queue_admin_; }
  Metrics& metrics() override { return metrics_; }
  Log& log() override { return log_; }
  console::Readiness readiness() override;
  std::vector<DnsWish> dns_wishes() const override;
  Result<std::vector<Result<DnsAnswer>>> lookup(std::vector<DnsQuestion> questions) override;
  Result<std::optional<console::LinkDetail>> link(const std::string& connection) override;
  Result<std::shared_ptr<TraceFeed>> trace(const TraceWish& wish) override;
  Result<std::shared_ptr<TraceFeed>> probe(const console::ProbeWish& wish) override;
  Result<std::shared_ptr<TraceFeed>> close_link(const std::string& connection,
                                                bool at_once) override;
  void done(const std::shared_ptr<TraceFeed>& feed) override;
  Result<StatePage> state(const std::string& protocol, const std::string& view, std::size_t from,
                          std::size_t most) override;
  Result<std::vector<std::string>> explain(const std::string& protocol,
                                           const std::string& what) override;
  Result<std::string> peer_config(const std::string& protocol, PeerConfigWish wish) override;
  void wake_lane(const std::string& protocol, const std::string& lane) override;
  Result<void> reload() override;
  void drain(Duration grace) override;

 private:
  // In the order of their strength: a stronger one replaces a weaker one.
  enum class Wish : std::uint8_t { none, drain, end_now, store_broken };

  // One configuration, taken apart for the rooms; all of it is put in place, or nothing.
  struct Loaded {
    std::shared_ptr<const Configuration> configuration;
    config::NodeSettings settings;
    std::shared_ptr<const Policy> policy;
    std::shared_ptr<const net::ConnectionSetup> connections;
    std::vector<std::shared_ptr<const LaneTraits>> traits;
    std::map<std::string, ReportMaker> reports;
    std::vector<std::string> unnamed;   // what we greet as and no certificate of ours names

    std::shared_ptr<const ProtocolRoom> room(std::string_view protocol) const;
  };
  // loading.cpp
  std::vector<std::string> own_addresses() const;
  Result<std::shared_ptr<const Loaded>> take_apart(
      std::shared_ptr<const Configuration> configuration) const;
  Error reject(std::string why);
  void note_reload(bool worked);
  void apply_log(const config::LogOptions& options);
  static ShardRooms::Setup shard_setup(const Loaded& loaded);
  std::shared_ptr<const Loaded> loaded() const;

  // node.cpp
  Result<void> open_store();
  void open_shards();
  Result<void> open_listeners();
  void check_names();
  void on_terminate();
  void wish(Wish wish);
  void wish_reload();
  void take_down(Duration grace);
  bool wait_until_drained(Duration most);
  void tell_rules(const std::shared_ptr<const Policy>& policy);
  void spread_pressure(std::shared_ptr<const StorePressure> pressure);
  void on_every_shard(const std::function<void(ShardRooms&)>& work);
  template <class Value>
  Result<std::vector<Value>> gather(std::function<std::vector<Value>(ShardRooms&)> ask);

  template <class Value>
  Result<Value> ask_room(const std::string& protocol,
                         std::function<Value(const ProtocolRoom&)> ask);
  Result<std::shared_ptr<TraceFeed>> new_feed(TraceWish wish);   // node_watch.cpp
  void watch();   // node_view.cpp
  void watch_memory();
  std::vector<std::string> failing() const;   // under the lock
  void watch_certificates(const Loaded& loaded);   // node_health.cpp
  std::size_t queue_length();
  void beat();

  const std::string config_file_;
  const config::Schema& schema_;
  Log& log_;
  Metrics& metrics_;
  const Clock& clock_;
  UtcTime started_{};
  Secret secret_;

  std::unique_ptr<store::DirectoryLock> lock_;
  std::unique_ptr<store::Disk> disk_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<QueueAdmin> queue_admin_;
  store::Recovered recovered_;
  ShardMap map_;
  std::vector<std::unique_ptr<ShardRooms>> shards_;
  std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
  std::vector<console::ListenRow> listening_;
  std::unique_ptr<net::Signals> signals_;
  Duration clock_drift_{};               // wall minus elapsed, at the last look; first shard only
  net::MemoryLimit memory_limit_;        // first shard only
  bool memory_short_ = false;
  std::map<std::string, Instant> certificates_told_;   // first shard only
  bool announced_ = false, taken_down_ = false;
  const std::optional<Duration> beat_every_;   // empty: no supervisor listens
  Instant next_beat_{};                  // main thread only

  mutable std::mutex mutex_;             // guards what follows
  std::condition_variable wished_;
  Wish wish_ = Wish::none;
  Duration grace_{};
  bool reload_wished_ = false, ready_ = false, shards_open_ = false;
  std::vector<std::weak_ptr<TraceFeed>> feeds_;   // that were given out
  std::shared_ptr<const StorePressure> pressure_;
  std::shared_ptr<const Loaded> loaded_, started_with_;
  std::uint64_t config_epoch_ = 0;
  UtcTime config_loaded_{};
  std::optional<console::RejectedConfig> config_rejected_;
  std::vector<std::string> waits_for_restart_;
};

// Asks every shard and joins the answers; a shard that does not answer within a second makes
// the whole answer "try later".
template <class Value>
Result<std::vector<Value>> Node::gather(std::function<std::vector<Value>(ShardRooms&)> ask) {
  std::vector<std::future<std::vector<Value>>> answers;
  for (const auto& rooms : shards_) {
    auto promise = std::make_shared<std::promise<std::vector<Value>>>();
    answers.push_back(promise->get_future());
    ShardRooms* target = rooms.get();
    target->shard().post([target, ask, promise] { promise->set_value(ask(*target)); });
  }
  std::vector<Value> out;
  for (auto& answer : answers) {
    if (answer.wait_for(std::chrono::seconds(1)) != std::future_status::ready)
      return Error{Fault::try_later, "a network thread did not answer within 1 s"};
    for (auto&& value : answer.get()) out.push_back(std::move(value));
  }
  return out;
}

// Asks a protocol's room on the shard where its state lives.
template <class Value>
Result<Value> Node::ask_room(const std::string& protocol,
                             std::function<Value(const ProtocolRoom&)> ask) {
  std::shared_ptr<const ProtocolRoom> room = loaded()->room(protocol);
  if (room == nullptr) return Error{Fault::never, "the protocol is not configured"};
  auto promise = std::make_shared<std::promise<Value>>();
  std::future<Value> answer = promise->get_future();
  shards_[map_.owner(protocol, {})]->shard().post(
      [room = std::move(room), ask = std::move(ask), promise] { promise->set_value(ask(*room)); });
  if (answer.wait_for(std::chrono::seconds(1)) != std::future_status::ready)
    return Error{Fault::try_later, "a network thread did not answer within 1 s"};
  return answer.get();
}

}  // namespace hanse
