// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "federation/lane.h"
#include "protocols/irc/casemap.h"
#include "protocols/protocol.h"
#include "server/base/secret.h"

namespace hanse::irc {

enum class DialectKind : std::uint8_t { automatic, inspircd, solanum, hybrid, ngircd, irc2 };
enum class LinkTls : std::uint8_t { off, verify, pin };

// [irc.network.home]
struct NetworkSettings {
  std::string name;               // what we call it: "home"
  DialectKind dialect = DialectKind::automatic;
  std::string own_name, sid;      // who we are there
  std::string description;
  std::string peer;               // the other server's own name
  struct Place {
    std::string address;          // an IP address
    std::uint16_t port = 0;
    bool operator==(const Place&) const = default;
  };
  std::vector<Place> places;      // to dial, the best first; none: it comes to us
  LinkTls tls = LinkTls::off;
  std::string fingerprint;        // lower-case hex; of the certificate it shows
  Secret send_password, receive_password;
  bool autoconnect = false;
  std::uint64_t lines_per_second = 0;    // read of it when it is linked; 0: as many as come
  std::int64_t late_seconds = 0;  // how old a line may be that waits for it; 0: none waits
  std::string pseudo_name, pseudo_sid;   // the server its people are behind on other networks

  bool is_called() const { return !places.empty(); }
  // A network that is only called now and then is none that anything waits for.
  bool is_waited_for() const { return late_seconds > 0 && (autoconnect || !is_called()); }
};

// What the people of a network may change in a junction for all of them.
enum class Claim : std::uint8_t { topic, kick, modes, ranks, bans };
constexpr std::uint8_t every_claim = 0x1f;
inline std::uint8_t claim_bit(Claim what) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(what));
}

// [junction.dev]: one channel on several networks.
struct Junction {
  static constexpr std::size_t nobody = SIZE_MAX;
  struct Member {
    std::size_t network = 0;      // in IrcSettings::networks
    std::string channel;
    std::uint8_t grants = every_claim;
  };
  std::string name;
  std::size_t owner = nobody;     // a network; nobody: all have a say
  std::vector<Member> members;
};

struct IrcSettings {
  std::vector<NetworkSettings> networks;
  std::vector<Junction> junctions;
  const Clock* clock = nullptr;   // wall time: timestamps are part of the protocol
  Duration handshake_wait{}, burst_wait{}, ping_after{};
  std::int64_t clock_skew_seconds_max = 0;
  std::size_t late_lines_max = 20;
  std::size_t line_bytes_max = 16 * 1024;
  std::vector<std::string> further_sids;  // for networks that other nodes bring
  std::string plain_listen, tls_listen;   // the first address of each; empty: none

  const NetworkSettings* network(std::string_view name) const;
  const NetworkSettings* network_of_peer(std::string_view server_name) const;
};

// Channels of different junctions that are one on a network which folds names so (irc 2); one
// text for each pair.
std::vector<std::string> channels_that_fold(const IrcSettings& settings, std::size_t network,
                                            Casemap casemap);
bool is_loopback(std::string_view address);
std::string to_text(const NetworkSettings::Place& place);   // "[::1]:7000"

std::span<const OptionTable> option_tables();
Result<IrcSettings> read_settings(const Configuration& configuration, const NodeFacts& node);
std::shared_ptr<const LaneTraits> read_traits(const Configuration& configuration,
                                              std::shared_ptr<const IrcSettings> settings);

}  // namespace hanse::irc
