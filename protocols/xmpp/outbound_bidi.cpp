// SPDX-License-Identifier: Apache-2.0
// What the peer sends to us over a stream that we have opened. XEP-0288, xmpp 3.15

#include <utility>

#include "protocols/xmpp/evidence.h"
#include "protocols/xmpp/management.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/outbound.h"

namespace hanse::xmpp {

// Not with a server behind us, which connects to us in its own name, and over TLS alone.
bool Outbound::may_go_both_ways(const xml::Element& features) const {
  return tls_up_ && !questions_ && !context_.look_only &&
         features.child(ns::bidi_feature, "bidi") != nullptr &&
         settings_->home_of(remote_key_) == Home::none;
}

// That we went there does not mean that it may come here: trust judges it as if it had.
void Outbound::judge_peer(Outbox& out) {
  phase_ = Phase::inviting;
  out.ask(Verify{receiving_.claim(remote_key_), evidence_});
}

// Only a certificate tells who is there; that the DNS has led us to it does not.
void Outbound::peer_judged(const Answer& answer, Outbox& out) {
  const TrustDecision* decision = std::get_if<TrustDecision>(&answer);
  phase_ = Phase::secured;
  both_ways_ = decision != nullptr && decision->verdict == Verdict::accept &&
               (certificate_proves(evidence_) || shows_pin(*decision, remote_key_));
  if (both_ways_) {
    receiving_.add_pair({local_key_, remote_key_}).peer = decision->peer;
    xml::Element bidi(ns::bidi, "bidi");
    announce_limits(*settings_, bidi);
    std::string bytes;
    write_element(bidi, bytes);
    out.send(bytes);
  }
  prove(out);
}

// From here on the peer may send: it knows us.
void Outbound::proved_ourselves() {
  if (!both_ways_) return;
  reader_.set_limits(settings_->after_trust);
  pace_.set_rate(settings_->bytes_per_second_of(remote_key_));   // xmpp 9.3
}

// Behind our own goodbye nothing can be acknowledged any more: the peer sends it again elsewhere.
void Outbound::hear_stanza(xml::Element&& element, Outbox& out) {
  if (phase_ == Phase::closing && receiving_.counts()) return;
  refused_ = receiving_.take(std::move(element), now_, out);
  end_over_stanza(out);
}

// As the side that accepts a stream does it: all that came before is acknowledged first.
void Outbound::end_over_stanza(Outbox& out) {
  if (!refused_ || receiving_.commits()) return;
  const StreamError error = *std::exchange(refused_, std::nullopt);
  if (receiving_.counts()) out.send(write_answer(receiving_.handled()));
  fail_with_error(error, "4.7.0", out);
}

void Outbound::hear_request(Outbox& out) {
  receiving_.asked();
  acknowledge_if_due(out);
}

void Outbound::acknowledge_if_due(Outbox& out) {
  if (phase_ == Phase::ready && receiving_.answer_is_due())
    out.send(write_answer(receiving_.handled()));
}

void Outbound::receiving_answered(Outbox& out) {
  if (const auto fault = receiving_.take_fault()) return fail_with_error(*fault, "4.3.0", out);
  if (refused_) return end_over_stanza(out);
  if (peer_closed_ && !receiving_.busy()) return peer_ended();
  if (draining_) drain(out);
}

// What it had sent before its goodbye is in good hands, and acknowledged.
void Outbound::peer_ended() {
  if (phase_ != Phase::closing) end_stream(*out_);
  phase_ = Phase::closed;
  out_->hang_up();
}

}  // namespace hanse::xmpp
