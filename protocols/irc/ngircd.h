// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "protocols/irc/rfc2813.h"

namespace hanse::irc {

// RFC 2813 as ngIRCd speaks it, with its IRC+ (irc 5): a nick is all there is of a user, and
// nothing has a timestamp. ngircd.cpp: the handshake; ngircd_lines.cpp: lines.
class Ngircd final : public Rfc2813 {
 public:
  Ngircd();

  std::string_view name() const override { return "ngircd"; }
  Result<bool> shake(const Line& line, HandshakeDesk& desk, std::string& out) override;
  void write_burst_end(std::string& out) override;
  NetworkEvent read(const Line& line) override;
  bool write(const NetworkEvent& event, std::string& out) override;

 private:
  void say_who(std::string& out) const override;
  Result<void> pass(const Line& line);
  void supports(const Line& line);

  static const Command<Ngircd> commands[5];
  NetworkEvent read_nick(const Line& line) const;
  NetworkEvent read_channel(const Line& line);
  NetworkEvent read_metadata(const Line& line) const;
  NetworkEvent read_ping(const Line& line);

  bool enhanced_ = false;                  // flag H: both say what they support first
  bool metadata_ = false;                  // flag M: it is told of accounts
  bool burst_over_ = false;                // its PING ends it
  std::string nick_length_ = "9";
  std::map<std::string, std::string, std::less<>> tokens_;   // of servers we introduced
};

}  // namespace hanse::irc
