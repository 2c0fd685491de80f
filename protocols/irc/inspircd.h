// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "protocols/irc/dialect.h"
#include "protocols/irc/line_reader.h"
#include "protocols/irc/tags.h"

namespace hanse::irc {

// It answers VERSION of our servers by itself, with what they say under this (1206: another) key.
constexpr std::string_view version_key(bool newer) { return newer ? "rawbranch" : "version"; }

// InspIRCd's spanning tree protocol 1205, and what 1202 and 1206 say otherwise (irc 3).
// inspircd.cpp: the handshake; inspircd_read.cpp, inspircd_write.cpp: lines.
class Inspircd final : public Dialect {
 public:
  explicit Inspircd(const std::string& nonce);

  std::string_view name() const override { return "inspircd"; }
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
  // asking -> naming -> (as acceptor) waiting for BURST -> agreed
  enum class State : std::uint8_t { asking, naming, burst };

  Result<bool> capab(const Line& line, std::string& out);
  Result<void> capabilities(std::string_view words);
  void channel_modes(std::string_view words);
  void modules(std::string_view words);
  Result<bool> server(const Line& line, HandshakeDesk& desk, std::string& out);
  bool password_is_right(std::string_view said) const;
  void say_server(std::string& out) const;

  static const Command<Inspircd> commands[21];
  NetworkEvent read_user(const Line& line);
  NetworkEvent read_members(const Line& line);
  NetworkEvent read_join(const Line& line);
  NetworkEvent read_modes(const Line& line);
  NetworkEvent read_list(const Line& line);
  NetworkEvent read_topic(const Line& line) const;
  NetworkEvent read_server(const Line& line) const;
  NetworkEvent read_metadata(const Line& line) const;

  const std::string challenge_;
  std::string their_challenge_;
  State state_ = State::asking;
  bool dialled_ = false;
  bool newer_ = false;                     // 1206 is spoken
  bool services_ = false;                  // no ircd: it asks for modules and modes
  const NetworkSettings* network_ = nullptr;
  PeerServer peer_;
  DialectFacts facts_;
  ModeTable modes_;
  TagsKept tags_;
  std::vector<ModeChange> changes_;        // of the line that was read last
  std::vector<ChannelMember> members_;
};

}  // namespace hanse::irc
