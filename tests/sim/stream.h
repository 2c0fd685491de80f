// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/engine.h"
#include "server/base/random.h"
#include "tests/sim/timeline.h"

namespace hanse::sim {

class Network;
struct Host;

// What the owner of one end hears. Never from inside one of its own calls.
class EndEvents {
 public:
  virtual ~EndEvents() = default;
  virtual void end_received(std::string_view bytes) = 0;
  virtual void end_written() = 0;                       // some output is on its way
  virtual void end_tls_up(TlsFacts facts) = 0;
  virtual void end_closed(bool tls_failed, std::string why) = 0;   // the last event
};

// One simulated TCP connection: two directions with latency, rate, a bounded window and any
// segmentation. It may be cut (both ends hear of it) or fall silent (nobody does).
// TLS is an exchange of two marks in the stream that says how it would have ended.
class Stream final : public std::enable_shared_from_this<Stream> {
 public:
  struct Manner {
    Duration latency{};
    std::size_t bytes_per_second = 1u << 20;
    std::size_t window_bytes = 64 * 1024;
    std::size_t crumb_bytes_max = 0;    // segments at the beginning are so small; 0: they are not
    std::size_t read_rate = 0;          // of a slow reader in bytes a second; 0: at once
    std::size_t cut_after_bytes = 0;    // both directions together; 0: never
    std::size_t silent_after_bytes = 0;
  };

  Stream(Timeline& timeline, Random& random, Network& network, Host& client, Host& server,
         std::uint64_t number, Manner manner);

  void cut();                                     // a reset reaches both ends
  void silence();                                 // from now on nothing arrives
  bool open() const;
  bool disturbed() const { return disturbed_; }   // by the network, not by one of its ends
  std::uint64_t number() const { return number_; }
  const Host& host(int side) const { return *sides_[static_cast<std::size_t>(side)].host; }

 private:
  friend class End;

  struct Chunk {
    enum class Kind : std::uint8_t { data, hello, answer, fin } kind = Kind::data;
    std::string bytes;                  // hello: the name asked for
    std::vector<std::string> names;     // hello: others that will do
    bool good = false, valid = false;   // answer
  };
  enum class Tls : std::uint8_t { none, handshaking, up };
  struct Flying {
    Chunk chunk;
    Instant arrives;
  };
  struct Side {
    Host* host = nullptr;
    EndEvents* events = nullptr;        // null: nobody listens any more
    std::deque<Chunk> outgoing, arrived;
    std::deque<Flying> flying;          // from here to the other side
    std::size_t front_sent = 0;         // of the first of outgoing
    std::size_t unwritten = 0, flying_bytes = 0, arrived_bytes = 0;
    bool reading = true, closing = false, gone = false, fin_taken = false, over = false;
    bool pump_due = false, drain_due = false, arrival_due = false;
    Instant line_free{}, reads_again{};
    Duration wait_again{}, waited{};    // of a segment that does not get through
    Tls tls = Tls::none;
    bool tls_asks = false;              // for the client's certificate
  };

  // The calls of an End.
  void write(int side, std::string_view bytes);
  void start_tls(int side, const TlsWish& wish);
  void read(int side, bool wanted);
  void close_after_write(int side);
  void leave(int side);

  Side& side(int index) { return sides_[static_cast<std::size_t>(index)]; }
  void queue(int from, Chunk chunk);
  void pump_soon(int from);
  void pump(int from);
  bool take_piece(Side& own, std::size_t room, Chunk& piece);
  bool worth_sending(std::size_t room, std::size_t left) const;
  void arrive_soon(int from);
  void arrive(int from);
  void count(std::size_t bytes);
  void drain_soon(int to, Duration wait = Duration(0));
  void drain(int to);
  bool hand_over(int to, Side& own);
  void hand_bytes(int to, Side& own);
  void on_hello(int to, const Chunk& hello);
  void on_answer(int to, const Chunk& answer);
  void reset(int to, const char* why);            // after the time a reset takes
  void finish(int to, bool tls_failed, const std::string& why);

  Timeline& timeline_;
  Random& random_;
  Network& network_;
  const std::uint64_t number_;
  Manner manner_;
  std::array<Side, 2> sides_;           // 0: who dialled, 1: who was dialled
  std::size_t bytes_carried_ = 0;
  bool silent_ = false, disturbed_ = false;
};

// The handle of one end's owner. Destroying it resets the connection unless it was closed.
class End {
 public:
  End() = default;
  End(std::shared_ptr<Stream> stream, int side) : stream_(std::move(stream)), side_(side) {}
  End(End&& other) noexcept = default;
  End& operator=(End&& other) noexcept;
  ~End() { leave(); }

  explicit operator bool() const { return stream_ != nullptr; }
  void attach(EndEvents& events);
  void write(std::string_view bytes) { stream_->write(side_, bytes); }
  std::size_t unwritten() const { return stream_->side(side_).unwritten; }
  std::size_t untaken() const { return unwritten() + stream_->side(side_).flying_bytes; }
  void start_tls(const TlsWish& wish) { stream_->start_tls(side_, wish); }
  void read(bool wanted) { stream_->read(side_, wanted); }
  void close_after_write() { stream_->close_after_write(side_); }
  void leave();

  const Stream& stream() const { return *stream_; }
  Stream& stream() { return *stream_; }
  const std::string& local() const;
  const std::string& remote() const;

 private:
  std::shared_ptr<Stream> stream_;
  int side_ = 0;
};

}  // namespace hanse::sim
