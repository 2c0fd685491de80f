// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocols/bell.h"
#include "protocols/irc/limits.h"

namespace hanse::irc {

// What is to be written on one link, bounded: whoever writes much waits when it is full, for a
// while; and a link that does not get rid of it is cut.
class Outgoing {
 public:
  std::string& text() { return text_; }        // append whole lines, then touched()
  void touched() {
    if (text_.size() - taken_ > limits::outgoing_hard_bytes) {
      overflown_ = true;
      clear();
    }
    full_ |= waiting_bytes() > limits::outgoing_soft_bytes;
    more_->ring();
  }
  // Whole lines, so that others may be put between.
  std::string take(std::size_t most) {
    std::string piece = text_.substr(taken_, most);
    if (piece.size() < text_.size() - taken_) piece.resize(piece.rfind('\n') + 1);
    taken_ += piece.size();
    gone_ += piece.size();
    if (taken_ == text_.size()) clear();
    else if (taken_ > limits::outgoing_soft_bytes) text_.erase(0, std::exchange(taken_, 0));
    if (waiting_bytes() < limits::outgoing_room_bytes) has_room();
    return piece;
  }
  void reset() {
    clear();
    gone_ = 0;
    overflown_ = false;
    has_room();
  }

  // Octets since the link began: written here, and taken to be sent.
  std::uint64_t written() const { return gone_ + text_.size() - taken_; }
  std::uint64_t gone() const { return gone_; }
  bool empty() const { return text_.empty(); }
  std::size_t waiting_bytes() const { return text_.size() - taken_; }
  bool overflown() const { return overflown_; }
  bool full() const { return full_; }          // and has not had much room since
  // Whether others should wait for room. They do it for a while; then it fills up or empties alone.
  bool holds_others() const { return full_ && !waited_enough_; }
  void wait_no_more() {
    waited_enough_ = full_;
    tell_waiting();
  }
  const std::shared_ptr<Bell>& more() const { return more_; }    // rings for the link itself
  void wait_for_room(std::shared_ptr<Bell> bell) {
    if (std::ranges::find(waiting_, bell) == waiting_.end()) waiting_.push_back(std::move(bell));
  }

 private:
  void clear() {
    taken_ = 0;
    if (text_.capacity() > limits::outgoing_piece_bytes) text_ = std::string();
    text_.clear();
  }
  void has_room() {
    full_ = waited_enough_ = false;
    tell_waiting();
  }
  void tell_waiting() {
    for (const std::shared_ptr<Bell>& bell : std::exchange(waiting_, {})) bell->ring();
  }

  std::string text_;
  std::size_t taken_ = 0;       // of text_, from its start
  std::uint64_t gone_ = 0;
  bool overflown_ = false, full_ = false, waited_enough_ = false;
  std::shared_ptr<Bell> more_ = std::make_shared<Bell>();
  std::vector<std::shared_ptr<Bell>> waiting_;
};

}  // namespace hanse::irc
