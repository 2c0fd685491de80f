// SPDX-License-Identifier: Apache-2.0
#include "server/node.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "federation/name_check.h"
#include "server/net/socket.h"
#include "server/node_secret.h"
#include "server/notify.h"
#include "store/disk.h"
#include "store/rerouting.h"

namespace hanse {

using namespace std::chrono_literals;

namespace {

// Where a listener of a protocol listens: a list in a table of its own, or one address in each of
// several tables; what they share is listened to once.
std::set<std::string> listen_addresses(const Configuration& configuration, const Listen& listen) {
  std::set<std::string> out;
  if (configuration.has(listen.table)) {
    const Settings& table = configuration.table(listen.table);
    if (!table.has(listen.address_key)) return out;
    out.insert(table.list(listen.address_key).begin(), table.list(listen.address_key).end());
    return out;
  }
  for (const Settings& table : configuration.tables(listen.table))
    if (table.has(listen.address_key) &&
        (listen.when_key.empty() || table.text(listen.when_key) == listen.when))
      out.insert(table.text(listen.address_key));
  return out;
}

// "[::]" takes IPv4 as well, unless something else listens for that at its port.
bool takes_both(const std::string& address, const std::set<std::string>& all) {
  const Result<net::SocketAddress> ours = net::parse_socket_address(address);
  if (!ours || net::address_text(*ours) != "::") return false;
  return std::none_of(all.begin(), all.end(), [&](const std::string& one) {
    const Result<net::SocketAddress> other = net::parse_socket_address(one);
    return other && other->storage.ss_family == AF_INET &&
           net::port_of(*other) == net::port_of(*ours);
  });
}

}  // namespace

Node::Node(std::string config_file, const config::Schema& schema, Log& log, Metrics& metrics,
           const Clock& clock)
    : config_file_(std::move(config_file)), schema_(schema), log_(log), metrics_(metrics),
      clock_(clock), started_(clock.utc()), beat_every_(beat_period()) {}

Node::~Node() { take_down(Duration::zero()); }

// Each step needs the ones before it; the first that fails ends the start.
Result<void> Node::start(std::shared_ptr<const Configuration> configuration) {
  auto secret = node_secret(configuration->table("node").text("data_dir"));
  if (!secret) return secret.error();
  secret_ = *std::move(secret);
  auto parts = take_apart(std::move(configuration));
  if (!parts) return parts.error();
  loaded_ = std::move(parts).value();
  started_with_ = loaded_;
  apply_log(loaded_->settings.log);
  note_reload(true);
  config_epoch_ = 1;
  config_loaded_ = clock_.utc();

  if (Result<void> opened = open_store(); !opened) return opened;
  open_shards();
  return open_listeners();
}

void Node::announce_ready() {
  {
    std::lock_guard lock(mutex_);
    ready_ = true;
  }
  announced_ = true;
  notify_systemd("READY=1");
  beat();
  log_.write(Level::info, "node.ready", "all listeners are bound and the store is recovered",
             {{"domain", loaded_->settings.domain},
              {"recovered", static_cast<std::int64_t>(recovered_.messages)},
              {"interrupted", static_cast<std::int64_t>(recovered_.interrupted)},
              {"pid", static_cast<std::int64_t>(::getpid())}});
}

Result<void> Node::open_store() {
  const store::StoreSettings settings = store::read_settings(*loaded_->configuration);
  auto lock = store::DirectoryLock::take(settings.directory);  // D10
  // Nothing is wrong with the configuration: it works as soon as the other one has ended.
  if (!lock) return Error{Fault::try_later, lock.error().what};
  lock_ = std::move(lock).value();

  disk_ = std::make_unique<store::RealDisk>();
  auto opened = store::QueueStore::open(*disk_, settings, clock_, log_, metrics_);
  if (!opened) return opened.error();
  recovered_ = (*opened)->recovered();
  writer_ = std::make_unique<store::Writer>(
      std::move(opened).value(), clock_, log_, metrics_,
      store::Writer::Events{
          [this](std::shared_ptr<const StorePressure> now) { spread_pressure(std::move(now)); },
          [this](const Error& error) {
            log_.write(Level::error, "store.failed", error.what);
            wish(Wish::store_broken);  // D5: nothing more is acknowledged; recover at restart
          }});
  queue_admin_ = store::make_queue_admin(settings, *writer_, clock_);
  return {};
}

void Node::open_shards() {
  const ShardRooms::Setup setup = shard_setup(*loaded_);
  const unsigned cores =
      std::clamp(std::thread::hardware_concurrency(), 1u, config::node_shards_max);
  const unsigned count = loaded_->settings.shards == 0 ? cores : loaded_->settings.shards;
  std::random_device seed;
  std::vector<ShardRooms*> map;
  for (unsigned index = 0; index < count; ++index) {
    shards_.push_back(std::make_unique<ShardRooms>(
        index, setup, *writer_, map_, (static_cast<std::uint64_t>(seed()) << 32) | seed(), clock_,
        log_, metrics_));
    map.push_back(shards_.back().get());
  }
  map_.set(map);

  tell_rules(loaded_->policy);   // before any lane asks for what it has
  std::vector<std::vector<LaneBacklog>> backlogs(count);
  for (const LaneBacklog& backlog : recovered_.backlogs)
    backlogs[map_.owner(backlog.protocol, backlog.lane)].push_back(backlog);
  for (unsigned index = 0; index < count; ++index) {
    shards_[index]->exchange().start(backlogs[index], index == 0);
    shards_[index]->shard().start();
  }
  std::shared_ptr<const StorePressure> pressure;
  {
    std::lock_guard lock(mutex_);
    shards_open_ = true;
    pressure = pressure_;
  }
  if (pressure) spread_pressure(pressure);
  shards_[0]->shard().post([this] {
    watch();
    watch_memory();
  });
}

Result<void> Node::open_listeners() {
  std::set<std::string> all;
  for (const Protocol* protocol : protocols())
    for (const Listen& listen : protocol->listens)
      all.merge(listen_addresses(*loaded_->configuration, listen));
  for (const Protocol* protocol : protocols()) {
    for (const Listen& listen : protocol->listens) {
      for (const std::string& address : listen_addresses(*loaded_->configuration, listen)) {
        auto acceptor = net::Acceptor::listen(shards_[0]->shard(), address, listen,
                                              std::string(protocol->name),
                                              map_.entrances(*protocol), log_,
                                              takes_both(address, all));
        if (!acceptor) return acceptor.error();
        listening_.push_back({std::string(protocol->name), (*acceptor)->local_address()});
        log_.write(Level::info, "listen.open", "listening",
                   {{"proto", protocol->name}, {"address", listening_.back().address}});
        acceptors_.push_back(std::move(acceptor).value());
      }
    }
  }
  signals_ = std::make_unique<net::Signals>(
      shards_[0]->shard(), [this] { on_terminate(); },
      [this] { wish_reload(); });
  check_names();
  return {};
}

// A node that nobody can reach from outside needs no name out there.
void Node::check_names() {
  for (const auto& [protocol, room] : loaded_->connections->rooms) {
    const std::string name = room->greeting_name();
    const bool outside = std::any_of(listening_.begin(), listening_.end(), [&](const auto& row) {
      return row.protocol == protocol && !is_loopback_listener(row.address);
    });
    if (name.empty() || !outside) continue;
    shards_[0]->shard().post([this, protocol, name] {
      check_own_name(shards_[0]->resolver(), log_, protocol, name);
    });
  }
}

// The first SIGTERM drains, the second ends now; both lose nothing.
void Node::on_terminate() {
  bool again = false;
  {
    std::lock_guard lock(mutex_);
    again = wish_ != Wish::none;
    if (!again) grace_ = loaded_->settings.shutdown_grace;
  }
  wish(again ? Wish::end_now : Wish::drain);
}

void Node::wish(Wish wish) {
  std::lock_guard lock(mutex_);
  if (wish > wish_) wish_ = wish;
  wished_.notify_all();
}

// The main thread reads the files: that must not hold up a network thread.
void Node::wish_reload() {
  std::lock_guard lock(mutex_);
  reload_wished_ = true;
  wished_.notify_all();
}

int Node::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    const auto wished = [this] { return wish_ != Wish::none || reload_wished_; };
    if (!beat_every_) wished_.wait(lock, wished);
    else wished_.wait_for(lock, *beat_every_, wished);
    if (wish_ != Wish::none) break;
    if (!reload_wished_) {
      lock.unlock();
      beat();
      continue;
    }
    reload_wished_ = false;
    lock.unlock();
    // Already logged; the old configuration runs on.
    if (const Result<void> done = reload(); !done) continue;
  }
  std::unique_lock lock(mutex_);
  const bool broken = wish_ == Wish::store_broken;
  const Duration grace = wish_ == Wish::drain ? grace_ : broken ? Duration(1s) : Duration(0);
  ready_ = false;
  lock.unlock();
  take_down(grace);
  lock.lock();
  return broken || wish_ == Wish::store_broken ? 1 : 0;
}

// Close the doors, let every engine say goodbye, wait up to the limit, cut the rest, flush the
// store. Engines past a final dot get their answer first: connections drain before the store ends.
void Node::take_down(Duration grace) {
  if (taken_down_) return;
  taken_down_ = true;
  if (announced_) {   // else nobody was ever served
    notify_systemd("STOPPING=1");
    log_.write(Level::info, "drain.start", "no new connections are taken",
               {{"grace_s", std::chrono::duration<double>(grace).count()}});
  }
  for (const auto& acceptor : acceptors_) acceptor->close();
  on_every_shard([](ShardRooms& rooms) {
    rooms.connections().drain();
    rooms.exchange().drain(false);
  });
  const bool drained = wait_until_drained(grace);
  on_every_shard([](ShardRooms& rooms) {
    rooms.exchange().drain(true);
    rooms.connections().cut();
  });
  wait_until_drained(1s);
  if (writer_) writer_->stop();
  for (const auto& rooms : shards_) rooms->shard().stop();
  if (!announced_) return;
  log_.write(Level::info, "drain.done", drained ? "everything under way was finished"
                                                : "what was under way stays in the queue");
}

void Node::on_every_shard(const std::function<void(ShardRooms&)>& work) {
  for (const auto& rooms : shards_) {
    ShardRooms* target = rooms.get();
    target->shard().post([target, work] { work(*target); });
  }
}

bool Node::wait_until_drained(Duration most) {
  const Instant end = clock_.now() + most;
  for (;;) {
    const Result<std::vector<bool>> drained = gather<bool>([](ShardRooms& rooms) {
      return std::vector<bool>{rooms.exchange().drained() && rooms.connections().open() == 0};
    });
    if (drained && std::find(drained->begin(), drained->end(), false) == drained->end())
      return true;
    if (announced_) beat();
    std::unique_lock lock(mutex_);
    if (clock_.now() >= end || wish_ > Wish::drain) return false;
    wished_.wait_for(lock, 50ms);
  }
}

void Node::tell_rules(const std::shared_ptr<const Policy>& policy) {
  const auto moved = [this](const store::Rerouting::Lanes& lanes) {
    for (const auto& [protocol, lane] : lanes) {
      Work nothing;   // there is something for it
      if (!map_.hand(protocol, lane, nothing)) shards_[0]->exchange().wake(protocol, lane);
    }
  };
  (void)writer_->put({&shards_[0]->shard(), store::rules_of(policy, moved)});
}

void Node::spread_pressure(std::shared_ptr<const StorePressure> pressure) {
  std::lock_guard lock(mutex_);
  pressure_ = pressure;
  if (!shards_open_) return;
  for (const auto& rooms : shards_) {
    ShardRooms* target = rooms.get();
    target->shard().post([target, pressure] { target->exchange().set_pressure(pressure); });
  }
}

}  // namespace hanse
