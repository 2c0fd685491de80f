// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/irc/rfc2813.h"

namespace hanse::irc {

// irc2 2.11, the software of IRCnet (irc 6): RFC 2813 with ids for servers and users, without
// timestamps, and both keep their place when two have one nick (SAVE).
class Irc2 final : public Rfc2813 {
 public:
  Irc2();

  std::string_view name() const override { return "irc2"; }
  Result<bool> shake(const Line& line, HandshakeDesk& desk, std::string& out) override;
  void write_burst_end(std::string& out) override;
  NetworkEvent read(const Line& line) override;
  bool write(const NetworkEvent& event, std::string& out) override;

 private:
  void say_who(std::string& out) const override;

  static const Command<Irc2> commands[7];
  NetworkEvent read_user(const Line& line) const;
};

}  // namespace hanse::irc
