// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/engine.h"
#include "server/base/executor.h"
#include "server/base/limits.h"

namespace hanse {

// The connection below a session: TCP, TLS or the simulated network.
// Calls never lead to an event of the same session before they return.
class Wire {
 public:
  virtual ~Wire() = default;
  virtual void write(std::string_view bytes) = 0;             // takes a copy; never blocks
  virtual std::size_t unwritten() const = 0;                  // bytes not yet on their way
  virtual std::size_t untaken() const { return unwritten(); } // not yet confirmed by its host
  virtual void start_tls(TlsWish wish) = 0;
  virtual void read(bool wanted) = 0;                         // pause and resume
  virtual void close_after_write() = 0;                       // then on_closed comes
  virtual void set_deadline(std::optional<Instant> at) = 0;   // then on_deadline comes
};

// What answers an engine's questions; reply may run at once or later, on the same shard.
class Services {
 public:
  virtual ~Services() = default;
  virtual void answer(Ask ask, std::function<void(Answer)> reply) = 0;
  virtual void pass(Submission&& submission) = 0;  // asks for no answer
  virtual void wake(const std::string& protocol, const std::string& lane) = 0;
  // Offers a connection to a lane; a link that is destroyed was not wanted.
  virtual void serve(const std::string&, const std::string&, std::unique_ptr<ServedLink>) {}
  virtual void noted(std::string_view) {}        // an event that an engine told; for those counted
  virtual void discard(std::int64_t blob) = 0;   // an unfinished blob nobody will submit
  // As in Outbox; `wanted` runs on this shard.
  virtual void promise(const LegacyKey&, std::function<void()>) {}
  virtual void leave(const LegacyKey&, std::shared_ptr<const Legacy>) {}
  // Of the shard they live on; null: what is handed on is not counted.
  virtual std::shared_ptr<ShardDoor> door() { return nullptr; }
};

// Hears of a session what a lane must know.
class SessionEvents {
 public:
  virtual ~SessionEvents() = default;
  virtual void session_serves(const std::string& lane, bool beside) = 0;   // instead of ready
  virtual void session_ready() = 0;
  virtual void session_settled(DeliveryId id, Outcome outcome) = 0;
};

class Tap;

// Drives one engine: outbox, open questions, timers, back-pressure. Pure: no Asio, no socket.
// Thread: one shard. The owner keeps it alive from open() until it has called on_closed().
class Session {
 public:
  Session(std::unique_ptr<Engine> engine, Wire& wire, Services& services, const Clock& clock,
          Log& log, std::string protocol, std::string connection, SessionEvents* events = nullptr);
  ~Session();

  void open(Opened opened);
  void on_received(std::string_view bytes);
  void on_tls_up(TlsFacts facts);
  void on_written();                 // the output shrank: maybe feed it again
  void on_deadline();
  void on_closed(bool tls_failed, std::string why, bool peer_ended = false);
  void deliver(Work work);
  void drain();
  void contest(bool newcomer);
  void crowded(bool crowded);
  void reload(std::shared_ptr<const ProtocolRoom> room);

  void watch(std::unique_ptr<Tap> tap);   // from now on; without any it costs nothing
  void unwatch();                    // those whose trace is over
  const std::string& claimed() const;   // the domain its peer last claimed to be
  const std::string& judged() const;    // what trust said to that: "accepted by pkix: b.example"
  std::uint64_t messages() const;       // taken and delivered

  bool closed() const;
  const LinkEnd& end() const;        // outgoing: what the engine said of the end
  std::size_t memory_bytes() const;  // about, with the engine; for limits

 private:
  struct State;
  std::shared_ptr<State> state_;     // shared with open questions, which may outlive the session
};

}  // namespace hanse
