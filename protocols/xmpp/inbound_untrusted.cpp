// SPDX-License-Identifier: Apache-2.0
// Who has not proved anything yet: how many such streams there are, and what one may say.

#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/limits.h"
#include "server/base/limits.h"

namespace hanse::xmpp {

// xmpp 9.3: one that is too many is not read from until another has proved something, or ended.
void Inbound::take_room(Outbox& out) {
  if (settings_->comes_from_behind(remote_address_)) return;
  room_ = settings_->sources->open_stream(remote_address_);
  lacks_room_ = !room_;
  if (!lacks_room_) return;
  if (now_ - opened_ < limits::untrusted_stream_wait_max)
    return out.set_timer(wait_timer, now_ + limits::untrusted_stream_look_every);
  out.note(Level::info, "xmpp.unproved_refused", "too many streams that have proved nothing");
  close_with({"resource-constraint", "too many streams that have proved nothing", {}}, out);
}

// xmpp 7.5: who has not proved anything yet is let say little.
bool Inbound::within_bounds(std::size_t bytes, std::size_t spaces, Outbox& out) {
  if (state_ == State::trusted) return true;
  clear_bytes_ += bytes;
  clear_spaces_ += spaces;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now_ - opened_).count();
  if (clear_bytes_ <= limits::stream_untrusted_bytes_max &&
      clear_spaces_ <= limits::stream_untrusted_spaces_per_second_max *
                           (static_cast<std::size_t>(seconds) + 1))
    return true;
  close_with({"policy-violation", "too much input before authentication", {}}, out);
  return false;
}

}  // namespace hanse::xmpp
