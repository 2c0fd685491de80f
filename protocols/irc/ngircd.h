// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "protocols/irc/dialect.h"
#include "protocols/irc/line_reader.h"

namespace hanse::irc {

// RFC 2813 as ngIRCd speaks it, with its IRC+ (irc 5): a nick is all there is of a user, and
// nothing has a timestamp. ngircd.cpp: the handshake; ngircd_lines.cpp: lines.
class Ngircd final : public Dialect {
 public:
  Ngircd();

  std::string_view name() const override { return "ngircd"; }
  void greet(const NetworkSettings& network, std::string& out) override;
  Result<bool> shake(const Line& line, HandshakeDesk& desk, std::string& out) override;
  const NetworkSettings* network() const override { return network_; }
  const PeerServer& peer() const override { return peer_; }
  void write_burst_start(Timestamp, std::string&) override {}
  void write_burst_end(std::string& out) override;
  NetworkEvent read(const Line& line) override;
  bool write(const NetworkEvent& event, std::string& out) override;
  const DialectFacts& facts() const override { return facts_; }
  const ModeTable& modes() const override { return modes_; }

 private:
  Result<void> pass(const Line& line);
  Result<bool> server(const Line& line, HandshakeDesk& desk, std::string& out);
  void supports(const Line& line);
  void say_who(std::string& out) const;

  static const Command<Ngircd> commands[11];
  NetworkEvent read_nick(const Line& line) const;
  NetworkEvent read_members(const Line& line);
  NetworkEvent read_join(const Line& line);
  NetworkEvent read_mode(const Line& line);
  NetworkEvent read_channel(const Line& line);
  NetworkEvent read_metadata(const Line& line) const;
  NetworkEvent read_ping(const Line& line);

  bool dialled_ = false;
  bool enhanced_ = false;                  // flag H: both say what they support first
  bool burst_over_ = false;                // its PING ends it
  const NetworkSettings* network_ = nullptr;
  std::string password_, nick_length_ = "9";
  PeerServer peer_;
  DialectFacts facts_;
  ModeTable modes_;
  std::map<std::string, std::string, std::less<>> tokens_;   // of servers we introduced
  std::vector<ModeChange> changes_;        // of the line that was read last
  std::vector<ChannelMember> members_;
};

}  // namespace hanse::irc
