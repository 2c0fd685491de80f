// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <vector>

#include "protocols/irc/dialect.h"
#include "protocols/irc/line_reader.h"

namespace hanse::irc {

// TS6 as solanum and its family speak it, and as ircd-hybrid does (irc 4). ts6.cpp: the handshake;
// ts6_read.cpp, ts6_write.cpp: lines.
class Ts6 final : public Dialect {
 public:
  explicit Ts6(bool hybrid);

  std::string_view name() const override { return hybrid_ ? "hybrid" : "solanum"; }
  void greet(const NetworkSettings& network, std::string& out) override;
  Result<bool> shake(const Line& line, HandshakeDesk& desk, std::string& out) override;
  const NetworkSettings* network() const override { return network_; }
  const PeerServer& peer() const override { return peer_; }
  void write_burst_start(Timestamp now, std::string& out) override;
  void write_burst_end(std::string& out) override;
  NetworkEvent read(const Line& line) override;
  bool write(const NetworkEvent& event, std::string& out) override;
  const DialectFacts& facts() const override { return facts_; }
  const ModeTable& modes() const override { return modes_; }

 private:
  Result<void> pass(const Line& line);
  void capab(std::string_view words);
  Result<bool> server(const Line& line, HandshakeDesk& desk, std::string& out);
  void say_who(std::string& out) const;

  static const Command<Ts6> commands[23];
  NetworkEvent read_user(const Line& line) const;
  NetworkEvent read_extended_user(const Line& line) const;
  NetworkEvent read_members(const Line& line);
  NetworkEvent read_join(const Line& line);
  NetworkEvent read_modes(const Line& line);
  NetworkEvent read_masks(const Line& line);
  NetworkEvent read_topic_burst(const Line& line) const;
  NetworkEvent read_topic_short(const Line& line) const;
  NetworkEvent read_encap(const Line& line) const;
  NetworkEvent read_pong(const Line& line);
  NetworkEvent read_ping(const Line& line) const;

  bool hybrid_;
  bool dialled_ = false;
  bool burst_over_ = false;                // solanum's ends with its answer to our PING
  const NetworkSettings* network_ = nullptr;
  std::string password_, pass_sid_;
  std::set<std::string, std::less<>> capabilities_;
  PeerServer peer_;
  DialectFacts facts_;
  ModeTable modes_;
  std::vector<ModeChange> changes_;        // of the line that was read last
  std::vector<ChannelMember> members_;
};

}  // namespace hanse::irc
