// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "federation/lane.h"
#include "federation/next_hop.h"
#include "protocols/protocol.h"
#include "protocols/wire/xml_stream.h"
#include "protocols/xmpp/pings.h"
#include "protocols/xmpp/public_peers.h"
#include "protocols/xmpp/recent_messages.h"
#include "protocols/xmpp/source_bounds.h"
#include "server/base/secret.h"

namespace hanse::xmpp {

// How a peer domain has to prove itself (xmpp 3.5).
enum class Trust : std::uint8_t {
  pin,        // a pinned certificate or key, and nothing else
  dane,       // TLSA records of secure DNS
  authority,  // a certificate by a known authority, whatever TLSA records say
  verify,     // a certificate: by pin, DANE or a known authority, in this order
  dialback,   // or dialback, over TLS
};

// [component."gw.a.example"] (XEP-0114).
struct Component {
  enum class Role : std::uint8_t { accept, connect };
  std::string domain;        // domain key
  Role role = Role::accept;
  std::string address;       // listens there, or goes there: "127.0.0.1:5347"
  Secret secret;
  std::string gateway{};     // connect: where who is the component connects to us; empty: nobody

  bool gateway_comes() const { return role == Role::accept || !gateway.empty(); }
};

// Whose a domain is, as this node sees it.
enum class Home : std::uint8_t {
  none,       // somebody else's
  node,       // ours: we answer for it
  component,  // that of a component beside us
  face,       // a server behind us, by [[route]]
};

struct XmppSettings {
  std::string node_domain;
  std::vector<std::string> hosts;                       // domain keys
  std::map<std::string, Component, std::less<>> components;   // by domain key
  struct Face {                                         // of a [[route]] with a via
    std::string match;
    std::string via{};
  };
  std::vector<Face> faces;
  std::vector<Network> relay_from;                      // where the servers behind us are
  Trust trust = Trust::verify;
  std::map<std::string, Trust, std::less<>> peer_trust; // by domain key
  std::set<std::string, std::less<>> peer_pinned;       // peers with fingerprints: these bind
  std::set<std::string, std::less<>> peer_bounce;       // peers for whom nothing waits long
  std::set<std::string, std::less<>> peer_blocked;      // nothing goes to them
  std::map<std::string, std::int64_t, std::less<>> peer_bytes_per_second;   // likewise
  std::int64_t bytes_per_second_max = 0;                // of one stream (xmpp 9.3); 0: no limit
  Secret dialback_secret, dialback_secret_before, node_secret;   // octets
  bool legacy_cn = false;
  std::string name;                                     // the node's, for service discovery
  bool tell_system = false;
  bool may_be_named = false;                            // among others' peers (XEP-0485)
  std::vector<std::string> abuse_addresses, admin_addresses, security_addresses;
  std::shared_ptr<PublicPeers> public_peers{};          // changes; null: none is published
  // The other things in it that change; never null.
  std::shared_ptr<SourceBounds> sources = std::make_shared<SourceBounds>(Secret());
  std::shared_ptr<RecentMessages> recent = std::make_shared<RecentMessages>();
  std::shared_ptr<Pings> pings = std::make_shared<Pings>();
  const Clock* clock = nullptr;                         // wall time, for stamps
  UtcTime started{};
  DialRules dial;
  xml::StreamLimits before_trust, after_trust;          // xmpp 7.5
  Duration negotiation_max{}, features_wait_max{}, answer_wait_max{};  // 2.6, 3.9
  Duration idle_ping_after{}, idle_close_after{};       // 9.1

  Home home_of(std::string_view domain_key) const;
  // A server behind us, by its domain and by where it connects from.
  bool is_behind(std::string_view domain_key, std::string_view address) const;
  // Nobody who connects from there may say that he is it: a domain of this node's, or that of a
  // server whose place is behind us, where others are not.
  bool is_ours(std::string_view domain_key, std::string_view address) const;
  bool comes_from_behind(std::string_view address) const;
  Trust trust_of(std::string_view peer_key) const;      // how it proves itself to us
  bool dials_back(std::string_view peer_key) const;     // dialback may prove us to it
  bool has_still(const Component* component) const;     // after a reload; null: yes
  const Face* face_of(std::string_view domain_key) const;   // null: no server behind us has it
  std::int64_t bytes_per_second_of(std::string_view peer_key) const;
};

// The purpose of the lane, and as a local part the mark of the address, of questions to the server
// that is authoritative for a domain (dialback, xmpp 3.10): they have a connection of their own,
// which needs no proof of who we are, so that two servers that ask each other never wait for each
// other.
inline constexpr std::string_view verify_purpose = "verify";
inline constexpr std::string_view verify_local = "@verify";   // '@' is in no local part

// The lane to a gateway that connects to us. Where we connect to a server as its component it is a
// second one, beside that of the server ("*>gw.a.example").
inline constexpr std::string_view gateway_purpose = "gateway";
std::string lane_to_gateway(const Component& component);

// The name of the lane that carries from a domain to an address.
std::string lane_of(const XmppSettings& settings, std::string_view from, const Address& to,
                    std::string_view hop);

std::span<const OptionTable> option_tables();
std::span<const Option> peer_options();
Result<XmppSettings> read_settings(const Configuration& configuration, const NodeFacts& node);
std::shared_ptr<const LaneTraits> read_traits(const Configuration& configuration,
                                              std::shared_ptr<const XmppSettings> settings);

}  // namespace hanse::xmpp
