// SPDX-License-Identifier: Apache-2.0
#pragma once

// The contract between a protocol and everything else. An engine is a machine without sockets,
// clocks, locks, threads or randomness: events and time in; bytes, questions and timers out.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "federation/certificate.h"
#include "federation/exchange.h"
#include "federation/link.h"
#include "protocols/bell.h"
#include "server/base/log.h"

namespace hanse {

class ProtocolRoom;

struct TlsFacts {
  std::string version, cipher;        // "TLSv1.3", "TLS_AES_256_GCM_SHA384"
  std::string certificate_sha256;     // of the peer, lower-case hex; empty: showed none
  bool verified = false;              // chain and name are valid
  std::string verify_error;           // why not, in OpenSSL's words
  std::string alpn{};                 // agreed on; empty: none
  std::string server_name{};          // what the client asked for (SNI); empty: nothing
  std::shared_ptr<const CertificateChain> chain{};   // what the peer showed; null: nothing
};

// How TLS is to begin. The session's owner knows by the direction whether we are the server.
struct TlsWish {
  std::string name{};                 // client: goes out as SNI and is checked along with `also`
  std::vector<std::string> also{};
  std::string identity{};             // whose certificate we show; empty: by SNI, else the first
  std::string alpn{};                 // client: offered; server: demanded of a peer that offers any
  bool ask_certificate = false;       // server: the peer may show one; it is never demanded
  // Forward secrecy and authenticated encryption alone (RFC 9325): for who has to prove itself.
  bool strong_only = false;
};

// ---- questions an engine may ask; each gets exactly one Answered ----
// -> TrustDecision. size_bytes: what the peer says it will send now, as far as it does.
struct Verify {
  Claim claim;
  std::vector<Evidence> evidence;
  std::uint64_t size_bytes = 0;
};
struct Permit { PermissionQuestion question; };                   // -> Permission
// background: input goes on meanwhile. beyond: it goes on and is answered when the connection is
// closed, too; the engine may then do no more than pass and leave.
struct Submit {                                                   // -> Submitted
  Submission submission;
  bool background = false;
  bool beyond = false;
};
// Carries a live message over its lane now and tells how that ended; input goes on meanwhile.
struct Convey { Submission submission; };                         // -> Conveyed
struct Lookup { DnsQuestion question; bool background = false; };  // -> DnsAnswer
// Waits for others of its protocol to ring, and until what was sent is mostly written. -> Heard
struct Heed { std::shared_ptr<Bell> bell; bool background = true; };
struct Keep { std::int64_t blob = 0; std::string bytes; };        // -> Kept (0 starts a blob)
// -> Fetched
struct Fetch { std::int64_t blob = 0; std::uint64_t offset = 0; std::size_t most = 0; };
// What a connection has left to this one (Outbox::leave); waits for what is promised. -> Inherited
struct Inherit { LegacyKey key; };
using Ask = std::variant<Verify, Permit, Submit, Convey, Lookup, Keep, Fetch, Heed, Inherit>;

struct Submitted { std::string id; };
struct Conveyed { Outcome outcome; };
struct Kept { std::int64_t blob = 0; };
struct Fetched { std::string bytes; };
struct Heard {};
struct Inherited { std::shared_ptr<const Legacy> legacy; };       // null: there is nothing
using Answer = std::variant<TrustDecision, Permission, Submitted, Conveyed, DnsAnswer, Kept,
                            Fetched, Heard, Inherited, Error>;

using AskId = std::uint32_t;    // unique within one session
using TimerId = std::uint8_t;   // chosen by the engine; below limits::timers_per_engine_max

// ---- events ----
struct Opened {
  std::string local_address, remote_address;   // IP in text form; empty for a Unix socket
  std::uint16_t remote_port = 0;
};
struct Received { std::string_view bytes; };   // valid during the call only; any segmentation
struct TlsUp { TlsFacts facts; };
struct Rang { TimerId timer = 0; };
struct Answered { AskId id = 0; Answer answer; };
struct Deliver { Work work; };
struct Drain {};                               // finish what is under way, say goodbye
// Another connection wants to serve a lane that one serves already. The one that does finds out
// whether its peer is still there: if so it wakes that lane, else it hangs up. The newcomer waits,
// and is drained if it may not stay.
struct Contested { bool newcomer = false; };
// Connections of the node run out, or do so no longer: be short of patience (smtp D-17). What holds
// at the start is in the InboundContext.
struct Crowded { bool crowded = false; };
// The configuration has changed: what its protocol goes by from now on. Trust and permission are
// asked for under the new one.
struct Reloaded { std::shared_ptr<const ProtocolRoom> room; };
// Another connection takes the place of this one, and waits for what it has promised: end now.
struct Succeeded {};
// The last event; also when we hung up. Only answers to Submits that reach beyond it follow.
// `peer_ended`: it said that it sends no more, and nothing broke: Outbox::untaken() still holds.
struct Closed { bool tls_failed = false; std::string why; bool peer_ended = false; };
using Event =
    std::variant<Opened, Received, TlsUp, Rang, Answered, Deliver, Drain, Contested, Crowded,
                 Reloaded, Succeeded, Closed>;

// What an engine may do. Calls take effect after on() returns, in order.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void send(std::string_view bytes) = 0;
  // About how much of what was sent the peer's host has not confirmed to have; 0: it has all.
  virtual std::size_t untaken() const { return 0; }
  // Bytes received after this call and before TlsUp belong to TLS.
  virtual void start_tls(TlsWish wish) = 0;
  virtual void set_timer(TimerId timer, Instant at) = 0;      // replaces the one that is set
  virtual void cancel_timer(TimerId timer) = 0;
  virtual AskId ask(Ask ask) = 0;
  // Drops a blob made by Keep that no Submit will take. The session does it by itself for those
  // left over at the end of the connection.
  virtual void discard(std::int64_t blob) = 0;
  // A message that asks for no answer: flow swift, latest or live. What becomes of it is the
  // lane's business; if it fails, the protocol's own report goes to its sender.
  virtual void pass(Submission submission) = 0;
  virtual void ready() = 0;                                   // outgoing: may take Deliver
  // Incoming: this connection carries the works of a lane as if we had dialled it; Deliver may
  // come from now on. Ends with the connection. `beside`: it has a life of its own, and goes on
  // when the lane does not want it; the lane may have further links.
  virtual void serve(std::string_view lane, bool beside) = 0;
  virtual void wake(std::string_view lane) = 0;               // its peer is there: try now
  virtual void settle(DeliveryId id, Outcome outcome) = 0;    // outgoing: exactly once per target
  // When this connection is over it leaves something under that key; who asks for it before is the
  // reason of Succeeded. What is promised and not left at the end is nothing.
  virtual void promise(LegacyKey) {}
  virtual void leave(LegacyKey, std::shared_ptr<const Legacy>) {}   // null: nothing, after all
  virtual void hang_up() = 0;                                 // after what was sent is written
  virtual void fail(LinkEnd end) = 0;                         // outgoing: why the link is of no use
  // One line of the log; the session adds protocol, connection and peer.
  virtual void note(Level level, std::string_view event, std::string_view text) = 0;
};

// One connection's protocol. While a question is open, other than Fetch and a Lookup in the
// background, the session stops reading, so Received can only bring what had already arrived; the
// engine holds it, bounded. Every Deliver ends in settle() for each target, at the latest during
// Closed.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual void on(Event event, Instant now, Outbox& out) = 0;
  // What it holds for its peer, about; short of memory, those who hold most are not read from.
  virtual std::size_t memory_bytes() const { return 0; }
};

}  // namespace hanse
