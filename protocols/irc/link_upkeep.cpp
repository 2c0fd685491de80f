// SPDX-License-Identifier: Apache-2.0
// How a link fares: whether it takes what is written, and what it may ask of others meanwhile.
#include "protocols/irc/limits.h"
#include "protocols/irc/link.h"

namespace hanse::irc {

// irc 7: somebody who hears what is said here has no room for it. This link is not read until there
// is some, or until all have waited long enough.
void ServerLink::wait_for_room(Instant now, Outbox& out) {
  crowded_ = hub_->crowded(*side_);
  if (crowded_ == nullptr) return;
  crowded_->outgoing().wait_for_room(room_);
  room_asked_ = out.ask(Heed{room_, false});
  out.set_timer(room_timer, now + limits::outgoing_patience);
}

// Its silence meanwhile was ours.
void ServerLink::read_again(Instant now, Outbox& out) {
  room_asked_ = 0;
  crowded_ = nullptr;
  out.cancel_timer(room_timer);
  heard_at_ = now;
  pings_missed_ = 0;
  read_lines(now, out);
  finish_turn(now, out);
}

// The other links have their turn, or the rate is used up: what it says waits on its way here.
void ServerLink::pause(Outbox& out, Instant now) {
  if (turn_asked_ != 0) return;
  turn_asked_ = out.ask(Heed{turn_, false});
  if (budget_.turn_over()) turn_->ring();
  else out.set_timer(flow_timer, now + limits::flow_wait);
}

void ServerLink::read_on(Instant now, Outbox& out) {
  turn_asked_ = 0;
  heard_at_ = now;
  budget_.new_turn();
  read_lines(now, out);
  finish_turn(now, out);
}

// More than the soft bound waits for it, and it takes nothing: what others say to it is kept for
// nobody. A slow one goes on up to the hard bound.
void ServerLink::look_after(Instant now, Outbox& out) {
  const Outgoing& outgoing = side_->outgoing();
  const bool waits_for_us = room_asked_ != 0;   // the answers of one that is paced are not read
  if (outgoing.gone() != gone_ || !outgoing.full() || waits_for_us) {
    gone_ = outgoing.gone();
    taken_at_ = now;
  }
  if (outgoing.overflown() || now - taken_at_ >= limits::outgoing_patience)
    return end(Fault::overloaded, sendq_exceeded, true, out);
  hub_->relay().upkeep(*side_);
  hand_over(out);
  out.set_timer(upkeep_timer, now + limits::upkeep_wait);
}

void ServerLink::look_whether_it_answers(Instant now, Outbox& out) {
  if (room_asked_ != 0) {   // nothing is read: nothing can be heard
    gone_at_ping_ = side_->outgoing().gone();
    return;
  }
  // A server may talk on without ever reading.
  const std::uint64_t before = std::exchange(gone_at_ping_, side_->outgoing().gone());
  const bool takes = side_->outgoing().empty() || gone_at_ping_ != before;
  if (takes) pings_untaken_ = 0;
  else if (++pings_untaken_ > limits::pings_missed_max)
    return end(Fault::try_later, "it reads nothing of what is sent to it", true, out);
  if (now - heard_at_ < hub_->settings().ping_after) return;
  if (pings_missed_ == limits::pings_missed_max)
    return end(Fault::try_later, "no answer to PING", true, out);
  ++pings_missed_;
  side_->crossing().silent = true;
  ask(out);
}

std::string ServerLink::last_words() {
  Outgoing& outgoing = side_->outgoing();
  const bool few = !outgoing.overflown() && outgoing.waiting_bytes() <= limits::outgoing_last_bytes;
  return few ? outgoing.take(SIZE_MAX) : std::string();
}

}  // namespace hanse::irc
