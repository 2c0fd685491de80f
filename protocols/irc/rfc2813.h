// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "protocols/irc/dialect.h"
#include "protocols/irc/line_maker.h"
#include "protocols/irc/line_reader.h"

namespace hanse::irc {

// What ngIRCd and irc2 have from RFC 2813 (irc 5, 6): channels without timestamps, MODE for
// everything, NJOIN for members. What each does differently is in its own class.
class Rfc2813 : public Dialect {
 public:
  void greet(const NetworkSettings& network, std::string& out) override;
  const NetworkSettings* network() const override { return network_; }
  const PeerServer& peer() const override { return peer_; }
  void write_burst_start(Timestamp, std::string&) override {}
  const DialectFacts& facts() const override { return facts_; }
  const ModeTable& modes() const override { return modes_; }

 protected:
  explicit Rfc2813(std::span<const ModeRow> rows, std::size_t modes_per_line = 0);
  virtual void say_who(std::string& out) const = 0;   // our PASS and SERVER
  // Its SERVER: whether it may link, and what we say then when it called us.
  Result<void> meet(const Line& line, std::string_view sid, HandshakeDesk& desk,
                    std::string& out);
  // What neither has to itself; ones that `ignored` names say nothing to us.
  NetworkEvent read_rest(const Line& line, std::span<const std::string_view> ignored);
  NetworkEvent read_modes(const Line& line, std::string_view channel, std::string_view letters,
                          std::span<const std::string_view> parameters);

  bool dialled_ = false;
  const NetworkSettings* network_ = nullptr;
  std::string password_;
  PeerServer peer_;
  DialectFacts facts_;
  ModeTable modes_;
  std::vector<ModeChange> changes_;        // of the line that was read last
  std::vector<ChannelMember> members_;

 private:
  static const Command<Rfc2813> commands[6];
  NetworkEvent read_members(const Line& line);
  NetworkEvent read_join(const Line& line);
  NetworkEvent read_mode(const Line& line);
};

// The lines both write alike. A dialect's own writer is one of these and has the rest.
struct Rfc2813Writer {
  const ModeTable& modes;
  std::string& out;
  LineMaker make{out};

  bool operator()(const ServerLeft& one);
  bool operator()(const NickChanged& one);
  bool operator()(const UserLeft& one);
  bool operator()(const UserKilled& one);
  bool operator()(const ChannelJoined& one);
  bool operator()(const ChannelLeft& one);
  bool operator()(const Kicked& one);
  bool operator()(const Invited& one);
  bool operator()(const TopicSet& one);
  bool operator()(const ModesChanged& one);
  bool operator()(const Said& one);
  bool operator()(const AwaySet& one);
  bool operator()(const Pinged& one);
  bool operator()(const Ponged& one);
  bool operator()(const Replied& one);
  bool operator()(const LinkError& one);
  bool operator()(const VisibilityChanged& one);
  bool operator()(const UserTextChanged&) { return false; }
  bool operator()(const IdleAsked&) { return false; }
  bool operator()(const IdleTold&) { return false; }
  bool operator()(const Queried&) { return false; }
  bool operator()(const ClockTold&) { return false; }
  bool operator()(const Ignored&) { return false; }
  bool operator()(const Malformed&) { return false; }
};

}  // namespace hanse::irc
