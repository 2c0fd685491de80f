// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "federation/link.h"
#include "protocols/protocol.h"
#include "server/net/census.h"
#include "server/net/shard.h"
#include "server/net/tls.h"
#include "server/session/session.h"
#include "server/session/trace_feed.h"

namespace hanse::net {

struct ConnectionLimits {
  std::size_t connections_max = 0;       // of the whole node; 0: 80 % of RLIMIT_NOFILE
  std::size_t per_prefix_max = 20;       // per /32 or /64, of addresses outside `trusted`
  std::size_t per_peer_max = 20;         // of one configured peer, incoming
  std::size_t per_prefix_per_minute_max = 0;   // opened, likewise; 0: no bound
  std::vector<Network> trusted;          // relay_from networks: no per-prefix bounds
  Duration connect_timeout = std::chrono::seconds(30);
  Duration handshake_timeout = std::chrono::seconds(60);
};

// What every connection of the node shares. Replaced whole on reload.
struct ConnectionSetup {
  std::shared_ptr<const TlsContext> tls;
  std::map<std::string, std::shared_ptr<const ProtocolRoom>> rooms;
  ConnectionLimits limits;
  std::shared_ptr<Census> census = std::make_shared<Census>();  // the first one stays in use
};

struct ConnectionRow {
  std::string connection, protocol, remote, peer, tls;
  bool outgoing = false;
  UtcTime since{};
  std::uint64_t bytes_in = 0, bytes_out = 0, messages = 0;
  std::string claims{};                  // the domain its peer says it is
};

// More of one connection, for who asks about it alone.
struct ConnectionDetail {
  ConnectionRow row;
  std::string phase, endpoint;
  std::vector<std::string> lanes;
  std::string alpn, server_name, certificate_sha256, verify_error, trust;
  bool verified = false, paused = false;
  std::size_t works = 0;                 // under way
  std::size_t unwritten_bytes = 0, memory_bytes = 0;
};

// All connections of one shard, in both directions: socket, TLS, deadline sweep, session.
// Thread: its shard, unless said otherwise.
class Connections final : public Dialer {
 public:
  Connections(Shard& shard, Services& services, std::shared_ptr<const ConnectionSetup> setup,
              const Clock& clock, Log& log, Metrics& metrics);
  ~Connections() override;

  std::unique_ptr<Link> dial(DialRequest request, LinkEvents& events) override;

  // One that only `feed` and `events` hear of, and that no lane has.
  std::unique_ptr<Link> probe(DialRequest request, LinkEvents& events,
                              std::shared_ptr<TraceFeed> feed);

  // Takes a socket the acceptor has accepted; thread: any (posts itself to the shard).
  void adopt(int descriptor, const Listen& listen, std::string protocol);

  void apply(std::shared_ptr<const ConnectionSetup> setup);
  void reload();                         // those that are open hear of it; trust is the new one
  void drain();                          // every engine says goodbye in its protocol's words
  // Likewise those of one peer, by the name it is known by or claims.
  void drain(const std::function<bool(const ConnectionRow& row)>& which);
  void cut();                            // what is still open is closed now
  // Short of memory: the noisiest are not read from, each call some more. No more: all are again.
  void relieve(bool short_of_memory);
  std::size_t open() const;              // thread: any
  std::vector<ConnectionRow> rows() const;
  std::optional<ConnectionDetail> detail(std::string_view id) const;

  void trace(std::shared_ptr<TraceFeed> feed);   // all it wants of those that are open or come
  void untrace();                                // feeds that are closed are let go
  // Politely or at once; the feed hears how. False: there is none, or it is ending already.
  bool close(std::string_view id, const std::shared_ptr<TraceFeed>& feed, bool at_once);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace hanse::net
