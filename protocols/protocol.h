// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/engine.h"
#include "protocols/redactor.h"
#include "protocols/state_view.h"
#include "server/base/options.h"
#include "server/base/secret.h"

namespace hanse {

// A listener table of a protocol, e.g. [listen.smtp].
struct Listen {
  std::string_view table;        // "listen.smtp"
  std::string_view address_key;  // "addr"
  std::uint16_t default_port = 0;
  bool implicit_tls = false;
  bool detect_tls = false;       // TLS from the first octet if that is one of TLS, else plain
  std::string_view alpn = {};    // TLS from the first octet: as in TlsWish
  bool ask_certificate = false;  // likewise
  bool strong_only = false;      // likewise
  // Of a table that there may be several of: only those that say so listen, e.g. role = "accept".
  std::string_view when_key{}, when{};
};

struct InboundContext {
  bool busy = false;             // over a connection limit: greet with the protocol's busy reply
  bool tls_available = false;    // a certificate is loaded
  bool crowded = false;          // over four fifths of the limit: be short of patience (smtp D-17)
  bool tls_first = false;        // TLS stood at the beginning: TlsUp follows Opened at once
  std::string_view listener{};   // Listen::table it came in by
  std::string nonce{};           // 32 random octets of this connection alone: what engines make
                                 // identifiers of, having no randomness of their own
  bool too_often = false;        // busy, and only because its source opens too many in a minute
};

struct OutboundContext {
  std::string lane;
  Endpoint endpoint;
  TlsLevel tls = TlsLevel::may;
  std::string nonce{};           // as above
  bool others_left = false;      // what this one does not take may go to another (smtp M-10)
  bool look_only = false;        // as in DialRequest
  bool probe = false;            // likewise
};

// A record that the DNS must have so that others find this node and believe it.
struct DnsWish {
  std::string name;
  DnsType type = DnsType::a;
  DnsRecord record;              // of an address any will do; of a text, that it begins so
  std::string why;               // for people
};

class ProtocolRoom;

// What a room may use of the node when it is opened.
struct NodeFacts {
  std::string domain;            // [node] domain
  const Clock* clock = nullptr;  // wall time for trace fields; the same for all engines
  Secret secret{};               // 32 octets of this node and protocol, the same after a restart
  // What stood here before a reload; null at the start. A hub is taken over from it.
  std::shared_ptr<const ProtocolRoom> before{};
  // Of the interfaces of this machine, when this was loaded; none: they are not known.
  std::vector<std::string> addresses{};
};

// A protocol as configured: immutable, shared by all shards, replaced whole on reload.
class ProtocolRoom {
 public:
  virtual ~ProtocolRoom() = default;
  virtual std::unique_ptr<Engine> inbound(const InboundContext& context) const = 0;
  virtual std::unique_ptr<Engine> outbound(const OutboundContext& context) const = 0;
  virtual std::shared_ptr<const LaneTraits> lane_traits() const = 0;
  // What this node calls itself when it dials, where the DNS should bear it out; empty: nothing.
  virtual std::string greeting_name() const { return {}; }
  // For a trace; null: of such connections only sizes are shown.
  virtual std::unique_ptr<Redactor> redactor(const RedactorWish&) const { return nullptr; }
  virtual std::vector<DnsWish> dns_records() const { return {}; }
  // Of a view in Protocol::views, at most so many rows from `from` on. Thread: the protocol's home.
  virtual StatePage state(std::string_view, std::size_t, std::size_t) const { return {}; }
  // What it knows of something in its state, in lines; none: that is none of it. Thread: as above.
  virtual std::vector<std::string> explain(std::string_view) const { return {}; }
  virtual Result<std::string> peer_config(const PeerConfigWish& wish) const {
    return Error{Fault::never, "nothing is known of a configuration for " + wish.software};
  }
  virtual Result<Submission> report(const Reportable& failed, std::string_view head,
                                    UtcTime now) const = 0;
};

// The whole face of a protocol folder; registry.cpp lists them all and nothing else does.
struct Protocol {
  std::string_view name;
  std::span<const OptionTable> tables;   // its own table and its listeners'
  std::span<const Listen> listens;
  std::span<const Option> peer_options;  // its own keys of a [peer."..."] table
  Result<std::shared_ptr<const ProtocolRoom>> (*open)(const Configuration&, const NodeFacts&);
  // All its lanes and connections live on one shard: its engines share what they know (a hub that
  // their room holds), and need no lock for it.
  bool one_home = false;
  std::span<const StateView> views = {};                    // what operators can list of its state
  std::span<const std::string_view> peer_software = {};     // whose configuration it can write
};

std::span<const Protocol* const> protocols();  // registry.cpp

}  // namespace hanse
