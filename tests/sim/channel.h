// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/session/session.h"
#include "tests/sim/auditor.h"
#include "tests/sim/stream.h"
#include "tests/sim/timeline.h"

namespace hanse::sim {

// What a machine of the simulated world lends to its connections.
struct ChannelParts {
  SimExecutor& executor;
  const NodeClock& clock;
  Log& log;
  Auditor& auditor;
};

// One connection with its session, in either direction: the real Session over a simulated stream.
// `ended` runs once, as a work of its own, after the session has heard that it is closed; the
// owner destroys the channel then, or at any time before.
class Channel final : public Wire, private EndEvents {
 public:
  Channel(ChannelParts parts, End end, const std::string& protocol,
          std::unique_ptr<Engine> engine, Services& services, SessionEvents* events,
          std::function<void()> ended);
  ~Channel() override;

  void open();
  void open_with_tls(const TlsWish& wish);   // then the session begins when it is up
  Session& session() { return session_; }
  std::uint64_t stream() const { return stream_; }
  void cut();                       // the network's doing: both ends hear of a reset

 private:
  // Wire
  void write(std::string_view bytes) override;
  std::size_t unwritten() const override { return end_ ? end_.unwritten() : 0; }
  std::size_t untaken() const override { return end_ ? end_.untaken() : 0; }
  void start_tls(TlsWish wish) override;
  void read(bool wanted) override { if (end_) end_.read(wanted); }
  void close_after_write() override { if (end_) end_.close_after_write(); }
  void set_deadline(std::optional<Instant> at) override;

  // EndEvents
  void end_received(std::string_view bytes) override { session_.on_received(bytes); }
  void end_written() override { session_.on_written(); }
  void end_tls_up(TlsFacts facts) override;
  void end_closed(bool tls_failed, std::string why) override;

  void set_timer(TimerKey& timer, Instant at, std::function<void()> work);
  void clear_timer(TimerKey& timer);

  ChannelParts parts_;
  End end_;
  const std::uint64_t stream_;
  TimerKey deadline_ = 0, handshake_ = 0, farewell_ = 0;
  bool opened_ = false;
  std::function<void()> ended_;
  Session session_;                 // last: destroyed while its wire still stands
};

}  // namespace hanse::sim
