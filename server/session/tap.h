// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/engine.h"
#include "protocols/redactor.h"
#include "server/session/trace_feed.h"

namespace hanse {

// What is known of a connection when it begins to be watched.
struct TapPlace {
  std::string protocol, connection, remote;   // remote: for people
  std::vector<std::string> names;             // of its peer, as far as known: domains, address
  bool may_name_itself = false;               // it is the peer who connects: names may follow
};

// One connection as one trace sees it: octets through the protocol's redactor, and what the engine
// asks and notes. While the peer of an incoming connection has not said who it is, the first lines
// are held. Thread: the session's.
class Tap {
 public:
  Tap(std::shared_ptr<TraceFeed> feed, std::unique_ptr<Redactor> redactor, TapPlace place,
      const Clock& clock);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  // False when this trace can have no interest in the connection.
  static bool may_watch(const TraceFeed& feed, const TapPlace& place);
  bool over() const { return feed_->closed(); }

  void opened(std::string_view text);
  void octets(bool from_peer, std::string_view bytes);
  void tls(const TlsFacts& facts);
  void asked(const Verify& question);
  void decided(const TrustDecision& decision);
  void serves(std::string_view lane);
  void note(std::string_view event, std::string_view text);
  void closed(std::string_view why);

 private:
  enum class Interest : std::uint8_t { yes, holding, waiting };

  void put(TraceLine::Kind kind, std::string text, bool good = false);
  void named(std::string_view name);
  void stop_holding();

  const std::shared_ptr<TraceFeed> feed_;
  const std::unique_ptr<Redactor> redactor_;
  const TapPlace place_;
  const Clock& clock_;
  std::string peer_;
  std::deque<TraceLine> held_;
  Interest interest_ = Interest::yes;
};

}  // namespace hanse
