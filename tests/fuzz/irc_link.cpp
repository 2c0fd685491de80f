// SPDX-License-Identifier: Apache-2.0
// A link with an IRC server, its handshake, burst and talk, against any bytes in any segmentation,
// while another network is linked: what goes out on either is whole lines of their length, and
// does not depend on the segmentation.

#include <deque>
#include <utility>

#include "protocols/irc/inbound.h"
#include "protocols/irc/outbound.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

using irc::DialectKind;

constexpr std::int64_t now_seconds = 1'795'229'193;

struct SteadyClock final : Clock {
  Instant now() const override { return {}; }
  UtcTime utc() const override { return from_unix_ms(now_seconds * 1000); }
};
const SteadyClock steady_clock;

constexpr DialectKind dialects[] = {DialectKind::inspircd, DialectKind::hybrid,
                                    DialectKind::solanum, DialectKind::ngircd,
                                    DialectKind::irc2};

std::shared_ptr<irc::Hub> make_hub(DialectKind dialect) {
  auto out = std::make_shared<irc::IrcSettings>();
  for (const std::string name : {"home", "away"}) {
    irc::NetworkSettings one;
    one.name = name;
    one.dialect = name == "home" ? dialect : DialectKind::hybrid;
    one.own_name = "node.a.example";
    one.sid = "9RL";
    one.description = "relay";
    one.peer = "s." + name + ".example";
    one.send_password = one.receive_password = std::string("p");
    one.pseudo_name = name + ".node.a.example";
    one.pseudo_sid = name == "home" ? "9RA" : "9RB";
    out->networks.push_back(std::move(one));
  }
  out->junctions.push_back({.name = "dev", .members = {{0, "#dev"}, {1, "#dev"}}});
  out->clock = &steady_clock;
  out->handshake_wait = out->burst_wait = out->ping_after = std::chrono::seconds(60);
  out->clock_skew_seconds_max = 60;
  return std::make_shared<irc::Hub>(std::move(out));
}

// One connection. Its bells are answered as soon as it has returned.
class Peer final : public Outbox {
 public:
  Peer(std::shared_ptr<irc::Hub> hub, const std::string& network, bool dialled) {
    if (dialled) {
      OutboundContext context;
      context.lane = network;
      engine_ = std::make_unique<irc::Outbound>(context, std::move(hub));
    } else {
      engine_ = std::make_unique<irc::Inbound>(InboundContext{}, std::move(hub));
    }
    event(Opened{"127.0.0.1", "127.0.0.1", 40000});
  }

  void event(Event event) {
    if (hung_up_) return;
    engine_->on(std::move(event), {}, *this);
    pump();
  }
  void pump() {
    for (std::size_t open = asked_.size(); open > 0 && !hung_up_; --open) {
      const AskId id = asked_.front();
      asked_.pop_front();
      engine_->on(Answered{id, Heard{}}, {}, *this);
    }
  }

  void send(std::string_view bytes) override { output_ += bytes; }
  void start_tls(TlsWish) override {}
  void set_timer(TimerId, Instant) override {}
  void cancel_timer(TimerId) override {}
  AskId ask(Ask) override {
    asked_.push_back(++last_ask_);
    return last_ask_;
  }
  void discard(std::int64_t) override {}
  void pass(Submission) override {}
  void ready() override {}
  void serve(std::string_view, bool) override {}
  void wake(std::string_view) override {}
  void settle(DeliveryId, Outcome) override {}
  void hang_up() override { hung_up_ = true; }
  void fail(LinkEnd) override {}
  void note(Level, std::string_view, std::string_view) override {}

  std::string output_;
  bool hung_up_ = false;

 private:
  std::unique_ptr<Engine> engine_;
  std::deque<AskId> asked_;
  AskId last_ask_ = 0;
};

std::string_view handshake_of(DialectKind dialect) {
  if (dialect == DialectKind::inspircd)
    return "CAPAB START 1205\nCAPAB CHANMODES :list:ban=b param-set:limit=l param:key=k "
           "prefix:10000:voice=+v prefix:30000:op=@o simple:secret=s\n"
           "CAPAB CAPABILITIES :CASEMAPPING=rfc1459 NICKMAX=30\nCAPAB END\n"
           "SERVER s.home.example p 0 1AA :x\n:1AA BURST 1795229193\n:1AA ENDBURST\n";
  if (dialect == DialectKind::hybrid)
    return "PASS p\nCAPAB :EOB TBURST\nSERVER s.home.example 1 1AA + :x\n:1AA EOB\n";
  if (dialect == DialectKind::solanum)
    return "PASS p TS 6 :1AA\nCAPAB :EUID EOPMOD\nSERVER s.home.example 1 :x\n"
           ":1AA PONG s.home.example :9RL\n";
  if (dialect == DialectKind::irc2)
    return "PASS p 0211020003 IRC| P\nSERVER s.home.example 1 000A :x\n:000A EOB\n";
  return "PASS p 0210 IRC|\nSERVER s.home.example 1 :x\n:s.home.example PING :s.home.example\n";
}

void check_lines(std::string_view output) {
  while (!output.empty()) {
    const std::size_t end = output.find("\r\n");
    require(end != output.npos, "a line without an end");
    const std::string_view line = output.substr(0, end);
    require(line.find_first_of(std::string_view("\0\r\n", 3)) == line.npos, "a line in a line");
    require(line.size() <= 510, "a line too long");
    output.remove_prefix(end + 2);
  }
}

std::string run(std::string_view input, bool whole) {
  Script script(input);
  const DialectKind dialect = dialects[script.next() % std::size(dialects)];
  const bool dialled = script.next() % 2 == 0, linked = script.next() % 2 == 0;
  const std::shared_ptr<irc::Hub> hub = make_hub(dialect);
  Peer away(hub, "away", true), home(hub, "home", dialled);
  away.event(Received{"PASS p\nCAPAB :EOB TBURST\nSERVER s.away.example 1 3HY + :x\n:3HY EOB\n"
                      ":3HY UID dave 1 1795229110 +i dave h h 0 3HYAAAAAA * :Dave\n"
                      ":3HY SJOIN 1795229120 #dev + :@3HYAAAAAA\n"});
  if (linked) home.event(Received{handshake_of(dialect)});
  if (whole) {
    const Exact bytes(input);
    home.event(Received{bytes.view()});
  } else {
    std::size_t step = 1;
    for (std::string_view rest = input; !rest.empty(); step = step % 7 + 1) {
      const Exact bytes(rest.substr(0, step));
      rest.remove_prefix(bytes.view().size());
      home.event(Received{bytes.view()});
    }
  }
  away.pump();
  check_lines(home.output_);
  check_lines(away.output_);
  return home.output_ + "|" + away.output_;
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = hanse::fuzz::as_text(data, size);
  const std::string whole = hanse::fuzz::run(input, true);
  hanse::fuzz::require(whole == hanse::fuzz::run(input, false), "the segmentation matters");
  return 0;
}
