// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/channel.h"

#include <utility>

#include "server/base/limits.h"

namespace hanse::sim {

namespace {

constexpr Duration handshake_wait_max = std::chrono::seconds(30);
constexpr std::size_t one_write_bytes_max = 2 * limits::output_high_bytes;

std::string name_of(const End& end) { return "x" + std::to_string(end.stream().number()); }

}  // namespace

Channel::Channel(ChannelParts parts, End end, const std::string& protocol,
                 std::unique_ptr<Engine> engine, Services& services, SessionEvents* events,
                 std::function<void()> ended)
    : parts_(parts),
      end_(std::move(end)),
      stream_(end_.stream().number()),
      ended_(std::move(ended)),
      session_(std::move(engine), *this, services, parts.clock, parts.log, protocol,
               name_of(end_), events) {
  end_.attach(*this);
}

Channel::~Channel() {
  clear_timer(deadline_);
  clear_timer(handshake_);
  clear_timer(farewell_);
}

void Channel::open() {
  opened_ = true;
  session_.open({end_.local(), end_.remote(), 25});
}

void Channel::open_with_tls(const TlsWish& wish) { start_tls(wish); }

void Channel::cut() { if (end_) end_.stream().cut(); }

void Channel::write(std::string_view bytes) {
  if (!end_) return;
  parts_.auditor.check(end_.unwritten() <= limits::output_bytes_max + one_write_bytes_max,
                       "a session holds more output than its bound");
  end_.write(bytes);
}

void Channel::start_tls(TlsWish wish) {
  if (!end_) return;
  end_.start_tls(wish);
  set_timer(handshake_, parts_.clock.now() + handshake_wait_max, [this] {
    if (!opened_) open();   // it asks its end where it is
    end_.leave();
    end_closed(true, "TLS handshake timeout");
  });
}

void Channel::end_tls_up(TlsFacts facts) {
  clear_timer(handshake_);
  if (!opened_) open();
  session_.on_tls_up(std::move(facts));
}

void Channel::set_deadline(std::optional<Instant> at) {
  if (!at) return clear_timer(deadline_);
  set_timer(deadline_, *at, [this] { session_.on_deadline(); });
}

void Channel::end_closed(bool tls_failed, std::string why) {
  clear_timer(deadline_);
  clear_timer(handshake_);
  if (!opened_) open();   // a session is owed its beginning before its end
  session_.on_closed(tls_failed, std::move(why));
  farewell_ = parts_.executor.after(Duration(0), [this] {
    farewell_ = 0;
    // The callback destroys this channel: nothing of it may be touched afterwards.
    const std::function<void()> ended = std::move(ended_);
    ended();
  });
}

void Channel::set_timer(TimerKey& timer, Instant at, std::function<void()> work) {
  clear_timer(timer);
  if (at == Instant::max()) return;
  timer = parts_.executor.at(at, [&timer, work = std::move(work)] {
    timer = 0;
    work();
  });
}

void Channel::clear_timer(TimerKey& timer) {
  if (timer != 0) parts_.executor.cancel(std::exchange(timer, 0));
}

}  // namespace hanse::sim
