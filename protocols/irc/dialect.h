// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocols/irc/casemap.h"
#include "protocols/irc/event.h"
#include "protocols/irc/limits.h"
#include "protocols/irc/line.h"
#include "protocols/irc/settings.h"
#include "server/base/result.h"

namespace hanse::irc {

// How a network writes bans that go by something else than a name: "R:alice", "$a:alice".
enum class Extbans : std::uint8_t { none, letters, dollars };

// What the model and the relay must know of a network's way of doing things.
struct DialectFacts {
  Casemap casemap = Casemap::rfc1459;
  std::size_t nick_bytes_max = 30;
  std::size_t ident_bytes_max = 9;
  std::size_t channel_bytes_max = 50;
  char nick_separator = '|';        // between a name and the network it is from (irc 9)
  bool saves = false;               // the loser of a collision is renamed, not killed
  // In a collision somebody is the same person by user name and address, not by user name and host:
  // a puppet, whose address is not told, never is.
  bool same_by_address = false;
  bool paced = false;               // reads only what is put before it bit by bit (pacer.h)
  bool burst_asks = false;          // our burst ends with a PING
  bool has_ids = true;              // servers and users have one beside their name
  bool has_timestamps = true;       // without, whoever is there keeps what he has
  std::size_t sid_bytes = 3;
  std::size_t parameters_max = limits::parameters_max;   // of a line of the peer
  bool asks_ranks = false;          // also of users of other servers; and only they set topics
  bool status_messages = true;      // to those of a rank: "@#dev"
  bool servers_speak = true;        // in channels, also where only members may
  Extbans extbans = Extbans::none;
  std::string extban_letters{};     // those it has; '~': the contrary of "logged in"
  std::string_view no_address = "0";  // of a person whose address is not told
};

// Our ids are written in three signs; where they have four, all of ours end alike.
std::string sid_here(const DialectFacts& facts, std::string_view sid);

// Who is at the other end, once the handshake is through.
struct PeerServer {
  std::string name, sid, description;
};

// What a handshake needs from outside.
class HandshakeDesk {
 public:
  virtual ~HandshakeDesk() = default;
  // As acceptor: the network a server of that name belongs to, or why it may not link. Asked before
  // our own password goes out.
  virtual Result<const NetworkSettings*> admit(std::string_view peer_name) = 0;
};

// One kind of server software as one connection speaks it: its grammar and its handshake. What a
// network is like is not its business (network.h). Pure; the owner drives it: greet, then shake
// until that says the peer is the one we want, then read and write.
class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual std::string_view name() const = 0;

  // We dialled: what goes out first. `network` is whom we called.
  virtual void greet(const NetworkSettings& network, std::string& out) = 0;
  // One line of the handshake. True: both have said who they are, and the passwords are right.
  virtual Result<bool> shake(const Line& line, HandshakeDesk& desk, std::string& out) = 0;
  virtual const NetworkSettings* network() const = 0;   // known once shake() said true
  virtual const PeerServer& peer() const = 0;

  virtual void write_burst_start(Timestamp now, std::string& out) = 0;
  virtual void write_burst_end(std::string& out) = 0;

  // Views into `line` and into this object, good until the next call.
  virtual NetworkEvent read(const Line& line) = 0;
  // False: this dialect has no words for it, or a part of it fits no line.
  virtual bool write(const NetworkEvent& event, std::string& out) = 0;

  virtual const DialectFacts& facts() const = 0;
  virtual const ModeTable& modes() const = 0;
};

// Why a server may not link.
Error refuse(std::string what);
Error its_refusal(const Line& error);   // in its own words
// Whether the server of that name and with that password may link, and to which network: the one we
// `dialled`, or when it called us (null) the one that `desk` finds.
Result<const NetworkSettings*> know_peer(const NetworkSettings* dialled, std::string_view name,
                                         std::string_view password, HandshakeDesk& desk);

// By a setting, or as acceptor by the first line of the peer; null: nothing we speak.
std::unique_ptr<Dialect> make_dialect(DialectKind kind, const std::string& nonce);
std::unique_ptr<Dialect> dialect_of(const Line& first, const std::string& nonce);

}  // namespace hanse::irc
