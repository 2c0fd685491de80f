// SPDX-License-Identifier: Apache-2.0
// irc 12: what was seen between a node and the real servers, replayed line by line.
#include <filesystem>

#include "protocols/irc/inbound.h"
#include "protocols/irc/outbound.h"
#include "tests/catch.h"
#include "tests/unit/protocols/irc/irc_bench.h"
#include "tests/unit/protocols/transcript.h"

namespace hanse::irc {
namespace {

constexpr const char* folder = "tests/transcripts/irc";

// One link of a node that has another network, with one channel on both, #x. Settings of a
// transcript: "dialect", "peer", "theirs" (the password it says), "time", "calls" when it is the
// peer that dials, and "alice" when she is on the other network and in the channel.
class Talk final : public Engine {
 public:
  explicit Talk(const hanse::test::Settings& settings)
      : bench_(DialectKind::inspircd, kind(settings.at("dialect"))) {
    NetworkSettings& network = bench_.settings->networks[1];
    network.own_name = "relay.test.local";
    network.peer = settings.at("peer");
    network.send_password = std::string("fromRelay");
    network.receive_password = settings.at("theirs");
    bench_.settings->networks[0].pseudo_name = "net2.relay.local";
    bench_.settings->networks[0].pseudo_sid = "9RM";
    bench_.settings->junctions = {{"x", Junction::nobody, {{0, "#x"}, {1, "#x"}}}};
    bench_.hub = std::make_shared<Hub>(bench_.settings);
    bench_.clock.seconds = std::stoll(settings.at("time"));
    if (settings.contains("alice")) bring_alice();
    InboundContext in;
    OutboundContext out;
    out.lane = "away";
    in.nonce = out.nonce = std::string(32, 'n');
    if (settings.contains("calls")) link_ = std::make_unique<Inbound>(in, bench_.hub);
    else link_ = std::make_unique<Outbound>(out, bench_.hub);
  }

  void on(Event event, Instant now, Outbox& out) override {
    link_->on(std::move(event), now, out);
    if (bench_.home != nullptr) bench_.settled(*bench_.home);
  }

 private:
  static DialectKind kind(const std::string& name) {
    return name == "inspircd" ? DialectKind::inspircd
           : name == "hybrid" ? DialectKind::hybrid
           : name == "ngircd" ? DialectKind::ngircd
                              : DialectKind::irc2;
  }

  void bring_alice() {
    const std::string before = std::to_string(bench_.clock.seconds - 10);
    bench_.say(bench_.link_home(),
               ":1AA UID 1AAAAAAAA " + before + " alice host.example host.example alice "
               "192.0.2.1 " + before + " +i :Alice\n"
               ":1AA FJOIN #x " + before + " +nt :o,1AAAAAAAA:0\n");
  }

  test::Bench bench_;
  std::unique_ptr<Engine> link_;
};

TEST_CASE("irc 12 every transcript, whole, octet by octet and cut at every place") {
  const std::vector<std::string> files = hanse::test::transcript_files(folder);
  REQUIRE(files.size() >= 15);
  for (const std::string& file : files) {
    const std::string problem = hanse::test::play_all_manners(
        hanse::test::read_transcript(file),
        [](const hanse::test::Settings& settings) { return std::make_unique<Talk>(settings); });
    CHECK(problem == "");
  }
}

}  // namespace
}  // namespace hanse::irc
