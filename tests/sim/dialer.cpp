// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/dialer.h"

#include <map>
#include <utility>

#include "server/base/digest.h"

namespace hanse::sim {

namespace {

constexpr Duration connect_wait_max = std::chrono::seconds(30);

class SimLink final : public Link, public SessionEvents {
 public:
  SimLink(std::shared_ptr<const DialerParts> parts, DialRequest request, LinkEvents& events)
      : kept_(std::move(parts)), parts_(*kept_), request_(std::move(request)), events_(events) {
    dialled_ = std::make_shared<Network::Dialled>(
        [this](Result<End> end) { connected(std::move(end)); });
    parts_.network.connect(parts_.address, request_.endpoint.address, request_.endpoint.port,
                           dialled_);
    connect_timer_ = parts_.channel.executor.after(connect_wait_max, [this] {
      connect_timer_ = 0;
      connect_failed("no answer within 30 s");
    });
  }

  ~SimLink() override {
    stop_waiting();
    *alive_ = false;
  }

  void deliver(Work work) override {
    if (channel_ == nullptr || channel_->session().closed()) return give_back(work);
    check_patience(*work.envelope);
    for (const Target& target : work.targets) {
      under_way_[target.id] = {work.envelope, target.to};
      parts_.channel.auditor.attempt(channel_->stream(), parts_.node, *work.envelope, target.to);
    }
    channel_->session().deliver(std::move(work));
  }

  void drain() override {
    if (channel_ == nullptr) return connect_failed("drained before it was connected", true);
    if (!channel_->session().closed()) channel_->session().drain();
  }

  const Endpoint& endpoint() const override { return request_.endpoint; }

 private:
  struct UnderWay {
    std::shared_ptr<const Envelope> envelope;
    Address to;
  };

  // What may wait for a while only does not leave after that; unless the wall clock has jumped,
  // from which its age is told.
  void check_patience(const Envelope& envelope) {
    const Duration patience = std::chrono::abs(envelope.patience);
    constexpr Duration slack = std::chrono::seconds(1);
    const bool waits = envelope.flow == Flow::live || envelope.flow == Flow::latest;
    if (!waits || parts_.channel.clock.since_jump() < 2 * patience) return;
    parts_.channel.auditor.check(
        parts_.channel.clock.utc() - envelope.accepted <= patience + slack,
        "a stanza left a lane after its patience");
  }

  void stop_waiting() {
    *dialled_ = nullptr;
    if (connect_timer_ != 0) parts_.channel.executor.cancel(std::exchange(connect_timer_, 0));
  }

  void connected(Result<End> end) {
    if (!end) return connect_failed(end.error().what);
    stop_waiting();
    const bool others_left = events_.link_connected(*this);
    const std::string nonce = sha256("outbound " + std::to_string(end->stream().number()));
    channel_ = std::make_unique<Channel>(
        parts_.channel, *std::move(end), request_.protocol,
        parts_.room(request_.protocol)
            ->outbound({request_.lane, request_.endpoint, request_.tls, nonce,
                        others_left}),
        parts_.services, this, [this] { closed(); });
    channel_->open();
  }

  void connect_failed(const std::string& what, bool orderly = false) {
    if (std::exchange(ended_, true)) return;
    stop_waiting();
    LinkEnd end;
    end.stage = LinkEnd::Stage::connect;
    end.status = "4.4.1";
    end.what = what;
    end.orderly = orderly;
    tell([this, end] { events_.link_closed(*this, end); });
  }

  // The last news of a session stand before this one already: works run in order.
  void closed() { events_.link_closed(*this, channel_->session().end()); }

  void session_serves(const std::string&, bool) override {}
  void session_ready() override {
    tell([this] { events_.link_ready(*this); });
  }

  void session_settled(DeliveryId id, Outcome outcome) override {
    tell([this, id, outcome = std::move(outcome), stream = channel_->stream()] {
      const auto found = under_way_.find(id);
      if (found == under_way_.end())
        return parts_.channel.auditor.fail("an engine settled what it did not have");
      const UnderWay way = std::move(found->second);
      under_way_.erase(found);
      parts_.channel.auditor.outcome(stream, parts_.node, *way.envelope, way.to, outcome, id > 0);
      events_.link_settled(*this, id, outcome);
    });
  }

  // The connection has ended and the lane does not know yet.
  void give_back(const Work& work) {
    for (const Target& target : work.targets) {
      Outcome outcome;
      outcome.disposition = Disposition::returned;
      outcome.status = "4.4.2";
      outcome.reply = "the connection had ended before the delivery began";
      tell([this, id = target.id, outcome] { events_.link_settled(*this, id, outcome); });
    }
  }

  void tell(std::function<void()> news) {
    parts_.channel.executor.post([alive = alive_, news = std::move(news)] {
      if (*alive) news();
    });
  }

  const std::shared_ptr<const DialerParts> kept_;
  const DialerParts& parts_;
  const DialRequest request_;
  LinkEvents& events_;
  std::shared_ptr<Network::Dialled> dialled_;
  TimerKey connect_timer_ = 0;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<DeliveryId, UnderWay> under_way_;
  bool ended_ = false;
  std::unique_ptr<Channel> channel_;
};

}  // namespace

std::unique_ptr<Link> SimDialer::dial(DialRequest request, LinkEvents& events) {
  return std::make_unique<SimLink>(parts_, std::move(request), events);
}

}  // namespace hanse::sim
