// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "federation/discovery.h"
#include "federation/ports.h"
#include "server/base/executor.h"

namespace hanse {

class Link;

// How a link ended, for the lane to judge.
struct LinkEnd {
  enum class Stage : std::uint8_t { connect, handshake, ready };
  Stage stage = Stage::connect;  // how far it had come
  Fault fault = Fault::try_later;
  std::string status;            // "4.4.1"
  std::string what;              // "connect timeout 30s", or the remote's reply
  bool tls_failed = false;       // TLS itself failed: with TlsLevel::may dial again without it
  bool orderly = false;          // idle or drained; nobody's failure
};

// What a lane hears of its links. Thread: the lane's shard; never from inside dial() or deliver().
class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  // Its connection stands, and nothing was said on it yet: a race is over. Whoever is told may let
  // go of other links at once, not of this one. Answers whether what this one does not take may go
  // to another (smtp M-10).
  virtual bool link_connected(Link&) { return false; }
  virtual void link_ready(Link& link) = 0;   // may take work from now on
  virtual void link_settled(Link& link, DeliveryId id, Outcome outcome) = 0;
  virtual void link_closed(Link& link, const LinkEnd& end) = 0;  // the last event of a link
};

// One outgoing connection with its engine. Owned by the lane; destroying it cuts the connection
// without further events.
class Link {
 public:
  virtual ~Link() = default;
  virtual void deliver(Work work) = 0;   // only after link_ready, within LaneTraits::link_window
  virtual void drain() = 0;              // finish what is under way, say goodbye, close
  virtual const Endpoint& endpoint() const = 0;
};

// A connection of the peer's own making that carries a lane's works. It is up from the beginning.
class ServedLink : public Link {
 public:
  // Events run on `home`, the lane's shard; what happened before comes then.
  virtual void join(LinkEvents& lane, Executor& home) = 0;
  // It is one of several links, and nothing ends when the lane lets go of it.
  virtual bool beside() const { return false; }
  // There is another that wants its place, or this is the one that does (engine.h, Contested).
  virtual void contest(bool newcomer) = 0;
};

struct DialRequest {
  std::string protocol;
  std::string lane;       // the peer this link is for
  Endpoint endpoint;
  TlsLevel tls = TlsLevel::may;
  bool look_only = false;         // ready without having proved who we are; carries no works
  bool probe = false;             // of no lane: carries no works either way, takes nobody's place
};

class Dialer {
 public:
  virtual ~Dialer() = default;
  virtual std::unique_ptr<Link> dial(DialRequest request, LinkEvents& events) = 0;
};

}  // namespace hanse
