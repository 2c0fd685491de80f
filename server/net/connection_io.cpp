// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "server/base/limits.h"
#include "server/net/connection.h"

namespace hanse::net {

// ---- input ----

// An idle connection has a wait and no buffer.
void Connection::wait_read() {
  const bool dropping = phase_ == Phase::ending && shut_ && !input_ended_;
  if (read_waiting_ || !socket_.is_open() || !(dropping || wants_input())) return;
  read_waiting_ = true;
  socket_.when_readable([self = shared_from_this()] {
    self->read_waiting_ = false;
    self->readable();
  });
}

bool Connection::wants_input() const {
  if (input_ended_ || !socket_.is_open()) return false;
  if (phase_ == Phase::detecting || phase_ == Phase::securing) return true;
  return phase_ == Phase::open && reading_ && !closing_ && !paused_;
}

void Connection::readable() {
  for (unsigned reads = 0; reads < limits::reads_per_turn_max; ++reads) {
    const bool dropping = phase_ == Phase::ending && shut_ && !input_ended_;
    if (!(dropping || wants_input()) || !read_some()) break;
  }
  finish();
}

// True when there may be more.
bool Connection::read_some() {
  std::string& input = hall_->input;
  ssize_t got = 0;
  do {
    got = ::recv(socket_.native(), input.data(), input.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    const std::size_t size = static_cast<std::size_t>(got);
    bytes_in_ += size;
    take(std::string_view(input).substr(0, size));
    return size == input.size();
  }
  if (got == 0) {
    peer_ended("the peer closed the connection");
  } else if (errno != EAGAIN && errno != EWOULDBLOCK) {
    lost(error_text(errno));
  }
  return false;
}

void Connection::take(std::string_view bytes) {
  if (phase_ == Phase::ending) return;
  if (phase_ == Phase::detecting) {
    detect(bytes);
  } else if (tls_) {
    take_secured(bytes);
  } else {
    turn([&] { session_->on_received(bytes); });
  }
}

// The peer may only have closed its own direction: what we have to say still goes out.
void Connection::peer_ended(const std::string& why) {
  input_ended_ = true;
  if (securing()) {
    tls_failed(why + " during the TLS handshake");
    return;
  }
  end_session(false, why, true);
  if (phase_ == Phase::detecting || (phase_ == Phase::ending && shut_)) close_socket();
}

void Connection::lost(const std::string& why) {
  output_.clear();
  sent_ = 0;
  if (securing()) tls_failed(why);
  end_session(false, why);
  close_socket();
}

void Connection::read(bool wanted) {
  reading_ = wanted;
  if (wanted && !in_turn_) finish_later();
}

void Connection::pause(bool paused) {
  if (paused == paused_) return;
  paused_ = paused;
  hall_->connections_paused.add(paused ? 1 : -1);
  if (!paused) finish_later();
}

std::size_t Connection::memory_bytes() const {
  return output_.capacity() + plain_unwritten() + (session_ ? session_->memory_bytes() : 0);
}

// ---- output ----

void Connection::write(std::string_view bytes) {
  if (phase_ != Phase::open || closing_) return;
  if (tls_) {
    write_secured(bytes);
  } else {
    output_.append(bytes);
  }
}

std::size_t Connection::unwritten() const {
  return output_.size() - sent_ + plain_unwritten();
}

// What the kernel holds until it is acknowledged counts, too.
std::size_t Connection::untaken() const {
  int held = 0;
  if (socket_.native() >= 0 && ::ioctl(socket_.native(), TIOCOUTQ, &held) != 0) held = 0;
  return unwritten() + static_cast<std::size_t>(std::max(held, 0));
}

void Connection::close_after_write() {
  if (phase_ != Phase::open) return;
  closing_ = true;
  own_deadline_ = hall_->clock.now() + limits::goodbye_wait_max;
  update_deadline();
  finish_later();
}

void Connection::wait_write() {
  if (write_waiting_) return;
  write_waiting_ = true;
  socket_.when_writable([self = shared_from_this()] {
    self->write_waiting_ = false;
    self->writable();
  });
}

void Connection::writable() {
  if (phase_ == Phase::connecting) connected();
  finish();
}

// Sends what the last turns have left. The engine may answer the free space with more, which
// waits for the next turn of the loop: others want theirs too.
void Connection::flush() {
  if (phase_ != Phase::open && phase_ != Phase::ending && phase_ != Phase::securing) return;
  encrypt_output();
  if (write_waiting_) return;
  const std::size_t before = unwritten();
  if (!send_output()) return;
  if (output_.empty()) all_written();
  if (phase_ != Phase::open || unwritten() >= before) return;
  turn([this] { session_->on_written(); });
  if (phase_ == Phase::open && unwritten() > 0 && !write_waiting_) finish_later();
}

// False when the connection is lost.
bool Connection::send_output() {
  while (sent_ < output_.size()) {
    const ssize_t put = ::send(socket_.native(), output_.data() + sent_, output_.size() - sent_,
                               MSG_NOSIGNAL);
    if (put >= 0) {
      sent_ += static_cast<std::size_t>(put);
      bytes_out_ += static_cast<std::uint64_t>(put);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait_write();
      break;
    } else if (errno != EINTR) {
      unwritable(error_text(errno));
      return false;
    }
  }
  if (sent_ == output_.size()) {
    output_.clear();
    if (output_.capacity() > limits::output_kept_bytes_max) output_ = std::string();
    sent_ = 0;
  } else if (sent_ > limits::output_low_bytes) {
    output_.erase(0, sent_);
    sent_ = 0;
  }
  return true;
}

// The peer is gone, but what it had said before may be the acknowledgement of all that was sent,
// or the reason why it went: that is heard first. Nothing more arrives, so this ends.
void Connection::unwritable(const std::string& why) {
  for (std::size_t heard = 0; wants_input() && heard < limits::last_words_bytes_max;) {
    const std::uint64_t before = bytes_in_;
    read_some();
    if (bytes_in_ == before) break;
    heard += bytes_in_ - before;
  }
  if (phase_ != Phase::closed) lost(why);
}

// Closing a socket with unread input would take back what was just sent. So our direction is
// closed first, and the peer gets a moment to close its own.
void Connection::all_written() {
  if (phase_ == Phase::open && closing_) end_session(false, "closed by this side");
  if (phase_ != Phase::ending) return;
  if (input_ended_) {
    close_socket();
  } else if (!shut_) {
    shut_ = true;
    ::shutdown(socket_.native(), SHUT_WR);
  }
}

}  // namespace hanse::net
