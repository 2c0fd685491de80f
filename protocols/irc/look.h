// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "federation/next_hop.h"
#include "protocols/irc/line.h"
#include "protocols/protocol.h"

namespace hanse::irc {

// A place that is no configured network, for an operator who wants to know what is there: whether
// it takes connections, in plain text or by TLS, what it says first, and which software says such
// things. Nothing is said to it but a command of no effect that everybody answers.
class Look final : public Engine {
 public:
  explicit Look(const OutboundContext& context)
      : host_(context.endpoint.host), plain_(context.tls == TlsLevel::off) {}
  void on(Event event, Instant now, Outbox& out) override;

 private:
  enum : TimerId { quiet_timer, end_timer };

  void tls_up(const TlsFacts& facts, Instant now, Outbox& out);
  void read(std::string_view bytes, Instant now, Outbox& out);
  void hear(std::string_view text, Outbox& out);
  void quiet(Instant now, Outbox& out);
  void conclude(Outbox& out);
  void give_up(std::string_view why, bool tls_failed, Outbox& out);

  const std::string host_;
  const bool plain_;               // TLS was tried already, in vain
  LineSplitter splitter_;
  std::string software_;           // as [irc.network] dialect names it; empty: not known
  std::size_t lines_ = 0;
  bool secured_ = false, securing_ = false, asked_ = false, over_ = false;
};

// Whether a lane can be such a place: no name of a network can.
bool is_place(const NextHop& hop);
std::unique_ptr<Discovery> look_at(NextHop hop);

}  // namespace hanse::irc
