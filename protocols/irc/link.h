// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "protocols/engine.h"
#include "protocols/irc/hub.h"
#include "protocols/irc/late.h"
#include "protocols/irc/line.h"
#include "protocols/irc/line_budget.h"
#include "protocols/irc/mirror.h"
#include "protocols/irc/pacer.h"
#include "protocols/irc/remedy.h"

namespace hanse::irc {

constexpr std::string_view sendq_exceeded = "SendQ exceeded: it does not read what is sent to it";

// One connection with a server, either way round (irc 7): the handshake, the bursts, then the link
// until one of both ends it. The engines own one each and hand it their events.
class ServerLink final : private HandshakeDesk {
 public:
  enum : TimerId { progress_timer, ping_timer, pace_timer, late_timer, upkeep_timer, room_timer,
                 flow_timer };

  // `dialled`: whom we called; null: they called us.
  ServerLink(std::shared_ptr<Hub> hub, const NetworkSettings* dialled, const std::string& nonce);
  ~ServerLink() override;

  void open(std::string remote_address, std::uint16_t remote_port, Instant now, Outbox& out);
  void tls_up(TlsFacts facts);
  void start(Outbox& out);                     // we dialled: say the first word
  void received(std::string_view bytes, Instant now, Outbox& out);
  void rang(TimerId timer, Instant now, Outbox& out);
  void heard(AskId id, Instant now, Outbox& out);
  void deliver(const Work& work, Instant now, Outbox& out);
  void drain(Outbox& out);
  void closed(std::string_view why, Outbox& out);
  void refuse(std::string_view why, Outbox& out);
  bool ended() const { return state_ == State::ended; }
  Result<void> tls_suffices(const NetworkSettings& network) const;   // irc 8

 private:
  // handshake -> bursting -> linked -> ended
  enum class State : std::uint8_t { handshake, bursting, linked, ended };

  // We dialled, and TLS is not up yet: nothing was said.
  bool securing() const {
    return dialled_ != nullptr && dialled_->tls != LinkTls::off && tls_ == nullptr;
  }
  Result<const NetworkSettings*> admit(std::string_view peer_name) override;

  void read_lines(Instant now, Outbox& out);
  void shake(std::string_view text, Instant now, Outbox& out);
  void agreed(Instant now, Outbox& out);
  Result<void> may_link(const NetworkSettings& network) const;
  void take(std::string_view text, Instant now, Outbox& out);
  void note_drop(std::string_view why, const Line& line, Outbox& out);
  void dropped(std::string_view why, const Line& line, Instant now, Outbox& out);
  void finish_turn(Instant now, Outbox& out);
  void write_more(Instant now, Outbox& out);
  void write_paced(Instant now, Outbox& out);
  void hand_over(Outbox& out);
  // link_upkeep.cpp
  void wait_for_room(Instant now, Outbox& out);
  void read_again(Instant now, Outbox& out);
  void pause(Outbox& out, Instant now);
  void read_on(Instant now, Outbox& out);
  void look_after(Instant now, Outbox& out);
  void look_whether_it_answers(Instant now, Outbox& out);
  std::string last_words();
  void ask_what_is_wanted(Outbox& out);
  void ponged(Instant now, Outbox& out);
  void ask(Outbox& out);
  // link_end.cpp
  struct Ending {
    Fault fault;
    std::string_view why;
    std::string_view told;                     // to the other side; empty: nothing
    std::string noted;                         // by us
  };
  void end(Fault fault, std::string_view why, bool tell, Outbox& out);
  void end_by(const Ending& ending, Outbox& out);
  std::string how_it_closed(std::string_view why) const;
  void sent_away(std::string_view its_reason, std::string_view why, Outbox& out);
  static std::string heard_from_it(std::string_view words);
  Refusal refusal(std::string_view why) const;
  void note_end(std::string_view what);
  void let_go(std::string_view why);
  // link_late.cpp
  void tell_late(Instant now, Outbox& out);
  void settle_late(const std::vector<LateDesk::Settled>& settled, Outbox& out);
  void prove_late(std::uint64_t position, Outbox& out);
  void give_back_late(Outbox& out);
  // link_crossing.cpp
  void hold(Side& side, std::string_view line, Outbox& out);
  void go_on(Instant now, Outbox& out);
  bool must_wait_for_call(const NetworkSettings& network);
  void call_over();
  bool replaced(Outbox& out);

  const std::shared_ptr<Hub> hub_;
  const NetworkSettings* const dialled_;
  const NetworkSettings* known_;               // whom this is with, as far as we called or it says
  const std::string nonce_;
  State state_ = State::handshake;
  LineSplitter splitter_;
  std::shared_ptr<Dialect> dialect_;           // null: the first line will tell
  Side* side_ = nullptr;                       // once agreed
  std::unique_ptr<Mirror> mirror_;
  NetworkSettings::Place remote_;
  std::unique_ptr<TlsFacts> tls_;
  Side* calling_ = nullptr;                    // we have greeted it, and are not agreed yet
  Side* held_by_ = nullptr;                    // another connection of it comes first
  std::string held_line_;                      // what was to be read then; empty: it was agreed
  std::shared_ptr<Bell> go_on_ = std::make_shared<Bell>();
  Pacer pacer_;
  std::unique_ptr<LateDesk> late_;             // null: nothing waits to be told
  struct Unproven {
    DeliveryId id = 0;
    std::uint64_t position = 0;                // in what is written; told when that is answered
  };
  std::deque<Unproven> unproven_;              // at most a link's window, limits::late_works_max
  std::shared_ptr<Bell> room_ = std::make_shared<Bell>();   // rings when others take more again
  LineBudget budget_;
  std::shared_ptr<Bell> turn_ = std::make_shared<Bell>();   // rings when more lines may be read
  AskId more_asked_ = 0, room_asked_ = 0, held_asked_ = 0, turn_asked_ = 0;   // 0: not asked
  Side* crowded_ = nullptr;                    // whose room is waited for; nothing is read
  Instant heard_at_{}, drops_since_{};
  // What it has taken, when that was last more, and what it had taken at the last PING.
  std::uint64_t gone_ = 0, gone_at_ping_ = 0;
  Instant taken_at_{};
  unsigned pings_untaken_ = 0;
  unsigned pings_missed_ = 0, drops_ = 0;
  // PINGs are answered in their order: the answer to one tells what has been read before it.
  std::uint64_t pings_ = 0, pongs_ = 0;
  struct Mark {
    std::uint64_t ping = 0, position = 0;
  };
  Mark mark_;                                  // waited for; 0: none
  std::size_t handshake_lines_ = 0;
};

}  // namespace hanse::irc
