// SPDX-License-Identifier: Apache-2.0
// Whether the peer is still there, and whether anybody needs the stream. xmpp 9.1

#include <algorithm>

#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/names.h"

namespace hanse::xmpp {

// A peer that was silent is asked for a word. What it says of it, and where, does not count as
// something that this stream is needed for.
void Inbound::idle(Outbox& out) {
  if (state_ != State::trusted || end_said_) return;
  if (now_ - last_stanza_ >= settings_->idle_close_after) {
    if (ending_ == Ending::no) ending_ = Ending::wanted;
    return;
  }
  if (!pinged_) ping_ = {};
  if (now_ - last_input_ < settings_->idle_ping_after)
    return out.set_timer(idle_timer, std::min(last_input_ + settings_->idle_ping_after,
                                              last_stanza_ + settings_->idle_close_after));
  const bool by_ping = static_cast<bool>(ping_);
  if (pinged_ && (by_ping ? ping_sent_ && !ping_.answered() : receiving_.counts()))
    return close_with({"connection-timeout", "no sign of life", {}}, out);
  ping_ = {};
  if (by_ping) return out.set_timer(idle_timer, now_ + settings_->idle_ping_after);
  ask_for_a_word(out);
  pinged_ = true;
  out.set_timer(idle_timer, now_ + (receiving_.counts() || ping_ ? settings_->answer_wait_max
                                                                 : settings_->idle_ping_after));
}

// Where the peer counts its stanzas, by XEP-0198. Else by a ping, if a stream to it stands: nobody
// is dialled for it. Blanks keep the path open and let TCP find out whether it is.
void Inbound::ask_for_a_word(Outbox& out) {
  say(receiving_.counts() ? "<r xmlns='urn:xmpp:sm:3'/>" : " ");
  const auto& pairs = receiving_.pairs();
  const DomainPair pair{to_key_, from_key_};
  if (receiving_.counts() || !pairs.contains(pair) || settings_->home_of(to_key_) == Home::none)
    return;
  ping_ = settings_->pings->open(pair);
  if (!ping_) return;
  ping_sent_ = false;
  auto bytes = std::make_shared<const std::string>(ping_.iq(to_, from_));
  Convey convey;
  Envelope& envelope = convey.submission.envelope;
  envelope.flow = Flow::live;
  envelope.patience = -settings_->answer_wait_max;
  envelope.from = {"xmpp", {}, to_};
  envelope.to.push_back({"xmpp", {}, from_});
  envelope.is_report = true;   // nobody is told but us
  convey.submission.body.size = bytes->size();
  convey.submission.body.bytes = std::move(bytes);
  ping_ask_ = out.ask(std::move(convey));
}

bool Inbound::ping_conveyed(AskId id, const Answer& answer) {
  if (ping_ask_ == 0 || id != ping_ask_) return false;
  ping_ask_ = 0;
  const Conveyed* conveyed = std::get_if<Conveyed>(&answer);
  ping_sent_ = conveyed != nullptr && conveyed->outcome.disposition == Disposition::delivered;
  return true;
}

}  // namespace hanse::xmpp
