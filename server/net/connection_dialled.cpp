// SPDX-License-Identifier: Apache-2.0
#include "server/net/connection_dialled.h"

#include "federation/lane_name.h"
#include "federation/limits.h"
#include "server/base/digest.h"
#include "server/base/limits.h"
#include "server/net/connection_served.h"

namespace hanse::net {

namespace {

// The lane's handle. Its end is the end of the connection.
class DialledLink final : public Link {
 public:
  DialledLink(std::shared_ptr<Connection> connection, Endpoint endpoint)
      : connection_(std::move(connection)), endpoint_(std::move(endpoint)) {}
  ~DialledLink() override { connection_->leave_lane(); }
  void deliver(Work work) override { connection_->deliver(std::move(work)); }
  void drain() override { connection_->drain(); }
  const Endpoint& endpoint() const override { return endpoint_; }

 private:
  const std::shared_ptr<Connection> connection_;
  const Endpoint endpoint_;
};

}  // namespace

std::unique_ptr<Link> Connection::start_outbound(DialRequest request, LinkEvents& lane) {
  dialled_ = std::make_unique<Dialled>();
  dialled_->request = std::move(request);
  dialled_->lane = &lane;
  auto link = std::make_unique<DialledLink>(shared_from_this(), dialled_->request.endpoint);
  dialled_->link = link.get();
  hall_->census->enter_outgoing();
  if (!enter(dialled_->request.protocol)) {
    connect_failed("no such protocol: " + protocol_);
    return link;
  }
  Result<SocketAddress> address = socket_address(dialled_->request.endpoint);
  if (!address) {
    connect_failed(address.error().what);
    return link;
  }
  remote_ = *address;
  if (needs_place()) {
    dialling_ = Dialling::waits;
    if (!hall_->dials.enter(protocol_, shared_from_this())) return link;
    take_place();
  }
  begin_dial();
  return link;
}

void Connection::begin_dial() {
  bool at_once = false;
  const Result<int> native = open_connection(remote_, at_once);
  if (!native) return connect_failed(native.error().what);
  socket_ = Descriptor(hall_->shard, *native);
  own_deadline_ = hall_->clock.now() + hall_->setup->limits.connect_timeout;
  update_deadline();
  wait_write();  // also when connected at once: nothing may happen inside dial()
}

// xmpp 9.4. A second lane of a pair asks what the other side may be waiting for: it never waits for
// a place, so that two nodes that ask each other go on.
bool Connection::needs_place() const {
  const std::shared_ptr<const LaneTraits> traits = room_->lane_traits();
  const DialRequest& request = dialled_->request;
  return traits != nullptr && traits->ordered && !request.probe && !request.look_only &&
         split_lane(request.lane).purpose.empty();
}

void Connection::go_on() {
  take_place();
  begin_dial();
}

// Whoever does not answer keeps nobody else waiting: the place is for others before the attempt is
// over.
void Connection::take_place() {
  dialling_ = Dialling::has_place;
  const auto after = [this](Duration wait, bool only_unanswered) {
    hall_->shard.at(hall_->clock.now() + wait, [token = weak_from_this(), only_unanswered] {
      const std::shared_ptr<Connection> self = token.lock();
      if (self == nullptr || (only_unanswered && self->phase_ != Phase::connecting)) return;
      self->leave_place();
    });
  };
  after(limits::dial_unanswered_wait, true);
  after(limits::dial_place_kept_max, false);
}

void Connection::leave_place() {
  if (std::exchange(dialling_, Dialling::freely) == Dialling::has_place && !hall_->gone)
    hall_->dials.leave(protocol_);
}

void Connection::connected() {
  if (const int number = socket_error(socket_.native()); number != 0) {
    connect_failed("connect to " + to_text(remote_) + ": " + error_text(number));
    return;
  }
  own_deadline_ = Instant::max();
  update_deadline();
  if (hall_->log.enabled(Level::debug, "conn.open"))
    hall_->log.write(Level::debug, "conn.open", "connected",
                     {{"proto", protocol_}, {"conn", id_}, {"peer", to_text(remote_)}});
  // First: those that raced with this one go before a word is said here.
  const bool others_left = dialled_->lane->link_connected(*dialled_->link);
  const DialRequest& request = dialled_->request;
  open_session(room_->outbound({request.lane, request.endpoint, request.tls,
                                 random_octets(limits::nonce_bytes), others_left,
                                 request.look_only, request.probe}));
}

void Connection::connect_failed(const std::string& what) {
  hall_->log.write(Level::info, "conn.connect_failed", what,
                   {{"proto", protocol_}, {"conn", id_}, {"peer", dialled_->request.lane}});
  tell_traces(what);
  dialled_->end_unconnected(room_ ? Fault::try_later : Fault::never, what);
  close_socket();
}

void Connection::Dialled::end(LinkEnd end) {
  if (ended) return;
  ended = true;
  for (const DeliveryId id : under_way) {
    Outcome outcome;
    outcome.fault = Fault::broken;
    outcome.status = "4.3.0";
    outcome.reply = "internal error";
    outcome.remote = to_text(request.endpoint);
    outcome.ambiguous = true;
    news.emplace_back(Settled{id, std::move(outcome)});
  }
  under_way.clear();
  news.emplace_back(std::move(end));
}

// The lane may destroy the link in any of these calls.
void Connection::tell_lane() {
  if (served_) served_->tell();
  if (!dialled_) return;
  while (!dialled_->news.empty() && dialled_->lane != nullptr) {
    Dialled::News one = std::move(dialled_->news.front());
    dialled_->news.pop_front();
    if (std::holds_alternative<Dialled::Ready>(one)) {
      dialled_->lane->link_ready(*dialled_->link);
    } else if (auto* settled = std::get_if<Dialled::Settled>(&one)) {
      dialled_->lane->link_settled(*dialled_->link, settled->id, std::move(settled->outcome));
    } else {
      dialled_->lane->link_closed(*dialled_->link, std::get<LinkEnd>(one));
    }
  }
}

void Connection::Dialled::end_unconnected(Fault fault, std::string what, bool orderly) {
  LinkEnd unconnected;
  unconnected.stage = LinkEnd::Stage::connect;
  unconnected.fault = fault;
  unconnected.status = "4.4.1";
  unconnected.what = std::move(what);
  unconnected.orderly = orderly;
  end(std::move(unconnected));
}

// The connection may have ended while the lane does not know yet.
void Connection::Dialled::give_back(const Work& work) {
  const bool end_untold = !news.empty() && std::holds_alternative<LinkEnd>(news.back());
  for (const Target& target : work.targets) {
    Outcome outcome;
    outcome.disposition = Disposition::returned;
    outcome.status = "4.4.2";
    outcome.reply = "the connection had ended before the delivery began";
    outcome.remote = to_text(request.endpoint);
    news.insert(end_untold ? news.end() - 1 : news.end(), Settled{target.id, std::move(outcome)});
  }
}

void Connection::deliver(Work work) {
  if (phase_ != Phase::open || dialled_->ended) {
    dialled_->give_back(work);
    finish_later();
    return;
  }
  for (const Target& target : work.targets) dialled_->under_way.push_back(target.id);
  turn([&] { session_->deliver(std::move(work)); });
  finish_later();
}

void Connection::leave_lane() {
  if (dialled_) {
    dialled_->lane = nullptr;
    dialled_->link = nullptr;
  }
  cut("the lane let go of the link");
}

void Connection::session_ready() {
  leave_place();
  if (dialled_) dialled_->news.emplace_back(Dialled::Ready{});
}

void Connection::session_settled(DeliveryId id, Outcome outcome) {
  if (served_) served_->settled(id, std::move(outcome));
  if (!dialled_) return;
  std::deque<DeliveryId>& open = dialled_->under_way;   // mostly it is the first
  if (const auto at = std::find(open.begin(), open.end(), id); at != open.end()) open.erase(at);
  dialled_->news.emplace_back(Dialled::Settled{id, std::move(outcome)});
}

}  // namespace hanse::net
