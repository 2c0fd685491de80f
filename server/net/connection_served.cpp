// SPDX-License-Identifier: Apache-2.0
#include "server/net/connection_served.h"

#include <utility>

#include "server/base/limits.h"

namespace hanse::net {

namespace {

// The lane's handle, on the lane's shard. Its end is the end of the connection.
class LentLink final : public ServedLink {
 public:
  LentLink(std::shared_ptr<Connection> connection, std::shared_ptr<ShardDoor> door,
           std::size_t berth, Endpoint endpoint, bool beside)
      : connection_(std::move(connection)), door_(std::move(door)), berth_(berth),
        endpoint_(std::move(endpoint)), beside_(beside) {}

  ~LentLink() override {
    if (port_ != nullptr) port_->lane = nullptr;
    // The connection is only let go of at home.
    post([connection = std::move(connection_), berth = berth_] { connection->leave(berth); });
  }

  void join(LinkEvents& lane, Executor& home) override {
    port_ = std::make_shared<ServedPort>(home);
    port_->lane = &lane;
    port_->link = this;
    post([connection = connection_, berth = berth_, port = port_] {
      connection->joined(berth, port);
    });
  }

  void deliver(Work work) override {
    post([connection = connection_, berth = berth_, work = std::move(work)]() mutable {
      connection->deliver_served(berth, std::move(work));
    });
  }

  void drain() override {
    post([connection = connection_] { connection->drain(); });
  }

  void contest(bool newcomer) override {
    post([connection = connection_, newcomer] { connection->contest(newcomer); });
  }

  const Endpoint& endpoint() const override { return endpoint_; }
  bool beside() const override { return beside_; }

 private:
  void post(std::function<void()> work) const {
    if (Executor* executor = door_->executor.load()) executor->post(std::move(work));
  }

  std::shared_ptr<Connection> connection_;
  const std::shared_ptr<ShardDoor> door_;
  const std::size_t berth_;
  const Endpoint endpoint_;
  const bool beside_;
  std::shared_ptr<ServedPort> port_;
};

}  // namespace

void Connection::Served::give_back(std::size_t berth, const Work& work) {
  for (const Target& target : work.targets) {
    Outcome outcome;
    outcome.disposition = Disposition::returned;
    outcome.status = "4.4.2";
    outcome.reply = "the connection had ended before the delivery began";
    berths[berth].news.emplace_back(Settled{target.id, std::move(outcome)});
  }
}

void Connection::Served::accept(std::size_t berth, Work& work) {
  for (Target& target : work.targets) {
    const DeliveryId theirs = target.id;
    if (theirs < 0) target.id = --last_own;
    under_way.emplace(target.id, UnderWay{berth, theirs});
  }
}

void Connection::Served::settled(DeliveryId id, Outcome outcome) {
  const auto found = under_way.find(id);
  if (found == under_way.end()) return;
  berths[found->second.berth].news.emplace_back(Settled{found->second.id, std::move(outcome)});
  under_way.erase(found);
}

// What an engine that failed left unsettled is settled here, so that no delivery hangs.
void Connection::Served::end(const LinkEnd& end) {
  if (std::exchange(ended, true)) return;
  for (const auto& [own, way] : under_way) {
    Outcome outcome;
    outcome.fault = Fault::broken;
    outcome.status = "4.3.0";
    outcome.reply = "internal error";
    outcome.ambiguous = true;
    berths[way.berth].news.emplace_back(Settled{way.id, std::move(outcome)});
  }
  under_way.clear();
  for (Berth& berth : berths) {
    berth.news.emplace_back(end);
    std::get<LinkEnd>(berth.news.back()).stage = LinkEnd::Stage::ready;
  }
}

// A lane may destroy its link in any of these calls.
void Connection::Served::tell() {
  for (Berth& berth : berths) {
    if (berth.news.empty() || berth.port == nullptr) continue;
    if (berth.left) {
      berth.news.clear();
      continue;
    }
    berth.port->home.post([port = berth.port, news = std::exchange(berth.news, {})]() mutable {
      for (News& one : news) {
        if (port->lane == nullptr) return;
        if (auto* settled = std::get_if<Settled>(&one))
          port->lane->link_settled(*port->link, settled->id, std::move(settled->outcome));
        else
          port->lane->link_closed(*port->link, std::get<LinkEnd>(one));
      }
    });
  }
}

void Connection::session_serves(const std::string& lane, bool beside) {
  if (dialled_) return;
  if (!served_) served_ = std::make_unique<Served>();
  if (served_->ended || served_->berths.size() >= limits::lanes_per_connection_max) {
    hall_->log.write(Level::warning, "conn.protocol_error", "one connection serves too many lanes",
                     {{"proto", protocol_}, {"conn", id_}, {"peer", address_text(remote_)}});
    return;
  }
  served_->berths.push_back({lane, beside});
  Endpoint endpoint;
  endpoint.host = endpoint.address = address_text(remote_);
  endpoint.port = port_of(remote_);
  hall_->services.serve(protocol_, lane,
                        std::make_unique<LentLink>(shared_from_this(), hall_->door,
                                                   served_->berths.size() - 1,
                                                   std::move(endpoint), beside));
}

void Connection::joined(std::size_t berth, std::shared_ptr<ServedPort> port) {
  served_->berths[berth].port = std::move(port);
  served_->tell();
}

void Connection::deliver_served(std::size_t berth, Work work) {
  if (phase_ != Phase::open || served_->ended) {
    served_->give_back(berth, work);
    return finish_later();
  }
  served_->accept(berth, work);
  turn([&] { session_->deliver(std::move(work)); });
  finish_later();
}

void Connection::contest(bool newcomer) {
  if (phase_ != Phase::open) return;
  turn([&] { session_->contest(newcomer); });
  finish_later();
}

void Connection::leave(std::size_t berth) {
  served_->berths[berth].left = true;
  if (!served_->ended && !served_->berths[berth].beside) cut("the lane let go of the link");
}

}  // namespace hanse::net
