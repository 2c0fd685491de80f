// SPDX-License-Identifier: Apache-2.0
// A stream that carries stanzas both ways. XEP-0288, xmpp 3.15 and 3.16

#include "federation/lane_name.h"
#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/names.h"

namespace hanse::xmpp {

// Not with a server behind us: what goes to it goes to the place that its route names.
bool Inbound::may_offer_bidi() const {
  return state_ == State::secured && settings_->home_of(from_key_) == Home::none &&
         !settings_->is_behind(from_key_, remote_address_);
}

void Inbound::turn_both_ways(const xml::Element& bidi, Outbox& out) {
  if (!may_offer_bidi()) return close_with({"unsupported-stanza-type", {}, {}}, out);
  both_ways_ = true;
  sending_.set_bytes_max(announced_bytes_max(bidi));
}

// Works may come for the inverse of the pairs that are proved, and only those. From when XEP-0198
// is on or the peer does without: its counts begin there.
void Inbound::serve_pairs(Outbox& out) {
  if (!both_ways_ || state_ != State::trusted) return;
  if (!serving_) {
    serving_ = true;
    sending_.set_proof(receiving_.counts() ? Sending::Proof::acknowledged 
                                             : Sending::Proof::quiet);
    sending_.set_place(remote_address_, tls_->version + " " + tls_->cipher);
  }
  for (auto& [pair, proved] : receiving_.pairs()) {
    if (std::exchange(proved.served, true)) continue;
    out.serve(pair_lane(pair.local, pair.remote, pair.remote), true);
  }
}

bool Inbound::takes_works() const {
  return serving_ && state_ == State::trusted && ending_ == Ending::no && !end_said_ &&
         !hang_up_ && !peer_closed_;
}

void Inbound::handle(Deliver& event, Outbox& out) {
  if (!takes_works()) return sending_.give_back(event.work, "the stream is closing", out);
  sending_.deliver(event.work, now_, output_, out);
  last_stanza_ = now_;
}

void Inbound::sent_acknowledged(std::uint32_t handled, Outbox& out) {
  if (const auto error = sending_.acknowledged(handled, now_, output_, out))
    close_with(*error, out);
}

}  // namespace hanse::xmpp
