// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/net/census.h"
#include "server/net/descriptor.h"
#include "server/net/hall.h"
#include "server/net/socket.h"
#include "server/session/tap.h"

namespace hanse::net {

struct ServedPort;

// One socket and its session. The phases come in this order, some are skipped:
//   connecting  outgoing only: no engine yet
//   detecting   whether TLS stands at the beginning the first octet will tell: no engine yet
//   securing    TLS stands at the beginning: no engine yet
//   open        the engine lives; everything read goes to it
//   ending      the engine has heard Closed; what was written still goes out, input is dropped
//   closed      no socket
// A turn is one call into the session. finish() follows every turn and carries out what it left
// behind: output, the next wait, news for the lane. After turns that others begin (answers,
// deliver) it is posted, so that writes of one event-loop turn are one system call and the lane
// hears nothing inside its own calls.
class Connection final : public Wire,
                         public SessionEvents,
                         public Services,
                         public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(std::shared_ptr<Hall> hall);
  ~Connection() override;

  void start_inbound(int native, const Listen& listen, std::string protocol);
  std::unique_ptr<Link> start_outbound(DialRequest request, LinkEvents& lane);
  void drain();
  void reload();                               // its protocol's room is another one now
  void cut(const std::string& why);            // at once; the session and the lane hear of it
  void release();                              // at once; nobody hears of it
  void overdue();                              // the sweep: its deadline has passed
  void crowded(bool crowded);                  // connections of the node run out, or no longer
  ConnectionRow row() const;

  // connection_watched.cpp
  void probe(std::shared_ptr<TraceFeed> feed) { probe_ = std::move(feed); }   // before it starts
  void watch(const std::shared_ptr<TraceFeed>& feed, bool midway);
  void unwatch();                              // by feeds that nobody takes from any more
  bool close(const std::shared_ptr<TraceFeed>& feed, bool at_once);   // false: it is ending
  const std::string& id() const { return id_; }
  ConnectionDetail detail() const;

  std::size_t memory_bytes() const;            // held for the peer, about
  void pause(bool paused);                     // not read from for want of memory; time goes on
  bool paused() const { return paused_; }

  // From the link that the lane owns.
  void deliver(Work work);
  void leave_lane();

  // From the gate, to one that it has let wait.
  bool waits_to_dial() const { return dialling_ == Dialling::waits && phase_ != Phase::closed; }
  void go_on();

  // From the links that lanes own of an incoming one that serves them.
  void joined(std::size_t berth, std::shared_ptr<ServedPort> port);
  void deliver_served(std::size_t berth, Work work);
  void leave(std::size_t berth);
  void contest(bool newcomer);

  // Wire
  void write(std::string_view bytes) override;
  std::size_t unwritten() const override;
  std::size_t untaken() const override;
  void start_tls(TlsWish wish) override;
  void read(bool wanted) override;
  void close_after_write() override;
  void set_deadline(std::optional<Instant> at) override;

  // SessionEvents
  void session_serves(const std::string& lane, bool beside) override;
  void session_ready() override;
  void session_settled(DeliveryId id, Outcome outcome) override;

  // Services: passes on, and makes every answer a turn.
  void answer(Ask ask, std::function<void(Answer)> reply) override;
  void pass(Submission&& submission) override { hall_->services.pass(std::move(submission)); }
  void wake(const std::string& protocol, const std::string& lane) override;
  void noted(std::string_view event) override;
  std::string route() const;                   // "route.0", "discover"; "other": not known here
  void promise(const LegacyKey& key, std::function<void()> wanted) override;
  void leave(const LegacyKey& key, std::shared_ptr<const Legacy> legacy) override;
  void discard(std::int64_t blob) override;
  std::shared_ptr<ShardDoor> door() override { return hall_->services.door(); }

 private:
  enum class Phase : std::uint8_t { connecting, detecting, securing, open, ending, closed };
  // freely: no place of the gate is needed, or none any more
  enum class Dialling : std::uint8_t { freely, waits, has_place };
  struct Tls;
  struct Dialled;
  struct Served;

  // connection.cpp: its life
  bool enter(const std::string& protocol);
  void begin_dial();
  bool needs_place() const;
  void take_place();
  void leave_place();
  void connected();
  void connect_failed(const std::string& what);
  void open_inbound(bool tls_first);
  void open_session(std::unique_ptr<Engine> engine);
  void end_session(bool tls_failed, const std::string& why, bool peer_ended = false);
  void engine_failed(const std::string& what);
  void close_socket();
  void turn(const std::function<void()>& call);
  void finish();
  void finish_later();
  void tell_lane();
  void count_for_peer(Answer& answer);
  void update_deadline();
  void note_closed(const std::string& why);
  void note_handshake_timeout(std::string_view what) const;

  TapPlace tap_place() const;
  void watch_from_start();
  void tell_traces(const std::string& text) const;

  // connection_io.cpp: its bytes
  void wait_read();
  void wait_write();
  void readable();
  void writable();
  bool wants_input() const;
  bool read_some();
  void take(std::string_view bytes);
  void peer_ended(const std::string& why);
  void lost(const std::string& why);
  void unwritable(const std::string& why);
  void flush();
  bool send_output();
  void all_written();

  // connection_tls.cpp: its cipher
  void make_tls(TlsWish wish);
  void secure_first();
  void detect(std::string_view bytes);
  void take_secured(std::string_view bytes);
  void secured();
  void tls_failed(const std::string& why);
  void write_secured(std::string_view bytes);
  void encrypt_output();
  bool securing() const;                       // a handshake is under way
  std::size_t plain_unwritten() const;
  std::string tls_text() const;

  const std::shared_ptr<Hall> hall_;
  const std::string id_;
  std::string protocol_;
  Listen listen_;                              // inbound: where it came in
  std::shared_ptr<const ProtocolRoom> room_;   // engines may refer to it after a reload
  Descriptor socket_;
  SocketAddress remote_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Tls> tls_;
  std::unique_ptr<Dialled> dialled_;           // null: inbound
  std::unique_ptr<Served> served_;             // null: serves no lane
  std::shared_ptr<TraceFeed> probe_;           // null: nobody looks at it in particular
  std::string prefix_;                         // counted under this in the census
  std::string peer_;                           // likewise, once it has turned out to be this one
  std::string route_;                          // the rule of the last address that was asked about
  std::string output_;
  std::size_t sent_ = 0;                       // of output_
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  UtcTime since_{};
  Instant session_deadline_ = Instant::max(), own_deadline_ = Instant::max();
  Instant deadline_ = Instant::max();          // the earlier of both, as the sweep knows it
  Phase phase_ = Phase::connecting;
  Dialling dialling_ = Dialling::freely;
  bool in_turn_ = false, finish_posted_ = false, reading_ = true, read_waiting_ = false;
  bool write_waiting_ = false, closing_ = false, input_ended_ = false, shut_ = false;
  bool busy_ = false, too_often_ = false, crowded_ = false, paused_ = false;
};

}  // namespace hanse::net
