// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "protocols/protocol.h"
#include "protocols/xmpp/dialback.h"
#include "protocols/xmpp/read_pace.h"
#include "protocols/xmpp/receiving.h"
#include "protocols/xmpp/resumption.h"
#include "protocols/xmpp/sending.h"
#include "protocols/xmpp/settings.h"
#include "protocols/xmpp/stream_head.h"

namespace hanse::xmpp {

// A stream that we open: for one of our domains, to one peer domain (RFC 6120 4 to 6).
//
//   opening    our header is sent, the peer's and its features are awaited
//   securing   <starttls/> is sent, <proceed/> awaited; or TLS stood at the beginning
//   trusting   TLS is up, trust judges the peer's certificate
//   secured    header again, features awaited: how can we prove ourselves?
//   inviting   trust judges whether the peer may send to us over this stream, too (XEP-0288)
//   proving    SASL EXTERNAL under way
//   proved     header a third time, features awaited
//   asking     dialback under way
//   recalling  what the last stream of this lane has left is looked for
//   enabling   stream management under way, or resumption
//   ready      carries works
//   closing    our end of the stream is written, the peer's is awaited
//   closed
// A lane of questions (verify_purpose) is ready as soon as it is secured: what it asks needs no
// proof of who asks. A lane with TlsLevel::off skips securing and trusting.
class Outbound final : public Engine, private xml::StreamHandler {
 public:
  Outbound(const OutboundContext& context, std::shared_ptr<const XmppSettings> settings);
  void on(Event event, Instant now, Outbox& out) override;

 private:
  enum class Phase : std::uint8_t {
    opening, securing, trusting, secured, inviting, proving, proved, asking, recalling, enabling,
    ready, closing, closed
  };
  enum Timer : TimerId { negotiation_timer, answer_timer, keepalive_timer, closing_timer,
                         pace_timer };

  // outbound.cpp: life, framing, time
  void opened(Outbox& out);
  void received(std::string_view bytes, Outbox& out);
  void read(std::string_view bytes, Outbox& out);
  void answered(const hanse::Answered& event, Outbox& out);
  bool must_hold() const;              // an answer decides what becomes of the next octet
  bool on_open(xml::Element header, std::vector<xml::Declaration> declared) override;
  bool on_element(xml::Element&& element) override;
  bool on_close() override;
  void rang(TimerId timer, Outbox& out);
  void drain(Outbox& out);
  void reloaded(const Reloaded& event, Outbox& out);
  void closed(const Closed& closed, Outbox& out);
  void send_head(Phase next, Outbox& out);
  void wait_for_answer(Outbox& out);
  void fail(std::string status, std::string what, Outbox& out, Fault fault = Fault::try_later);
  void fail_with_error(const StreamError& error, std::string status, Outbox& out);
  void peer_said_error(const xml::Element& element, Outbox& out);
  void end_stream(Outbox& out);

  // outbound_negotiation.cpp: from the first header to ready
  void negotiate(xml::Element&& element, Outbox& out);
  void hear_features(const xml::Element& features, Outbox& out);
  void begin_tls(Outbox& out);
  void tls_up(const TlsFacts& facts, Outbox& out);
  void trust_decided(const Answer& answer, Outbox& out);
  void prove(Outbox& out);
  void look(Outbox& out);
  void hear_proof(const xml::Element& element, Outbox& out);
  void begin_dialback(Outbox& out);
  void hear_dialback(const xml::Element& element, Outbox& out);
  void enable_management(Outbox& out);
  void hear_enabled(const xml::Element& element, Outbox& out);
  void become_public(Outbox& out);
  void become_ready(Outbox& out);

  // outbound_resumption.cpp: what goes on from a stream that was lost. XEP-0198 5, xmpp 6.4
  bool may_resume() const { return tls_up_ && !context_.probe; }
  void recalled(const Answer& answer, Outbox& out);
  void hear_resumed(const xml::Element& element, Outbox& out);
  void not_resumed(const xml::Element& failed, Outbox& out);
  void begin_session(std::string id, Outbox& out);
  void lose_session(Outbox& out);
  void give_back_found(Outbox& out);
  void settle_session(Outbox& out);
  std::vector<Evidence> evidence(const TlsFacts& facts) const;

  // outbound_bidi.cpp: what the peer sends to us over this stream. XEP-0288
  bool may_go_both_ways(const xml::Element& features) const;
  void judge_peer(Outbox& out);
  void peer_judged(const Answer& answer, Outbox& out);
  void proved_ourselves();
  void hear_stanza(xml::Element&& element, Outbox& out);
  void end_over_stanza(Outbox& out);
  void hear_request(Outbox& out);
  void peer_ended();
  void receiving_answered(Outbox& out);
  void acknowledge_if_due(Outbox& out);

  // outbound_delivery.cpp: works
  void deliver(Work work, Outbox& out);
  void deliver_question(const Work& work, Outbox& out);
  void hear(xml::Element&& element, Outbox& out);
  void hear_answer(const xml::Element& element, Outbox& out);
  void not_asked(Outbox& out);
  void acknowledged(std::uint32_t handled, Outbox& out);
  void flush(Outbox& out);
  void keep_alive(Outbox& out);
  void ask_for_a_word(Outbox& out);

  const OutboundContext context_;
  std::shared_ptr<const XmppSettings> settings_;
  std::string local_, remote_;        // domains in wire form
  std::string local_key_, remote_key_;
  bool questions_ = false;            // a lane of questions
  bool in_clear_ = false;             // to a server behind us whose route says tls = "off"
  xml::StreamReader reader_;
  std::string held_;                  // input that came while an answer was awaited
  Phase phase_ = Phase::opening;
  std::string stream_id_;             // the peer's, of its latest header
  bool dialback_offered_ = false, tls_up_ = false, proceed_heard_ = false, draining_ = false;
  bool management_offered_ = false;   // XEP-0198, in the last features
  bool verifies_ = false;             // dialback, there or as what proved us: it answers questions
  bool restart_ = false;              // the next octet begins a new stream
  std::string proof_;                 // for the log

  bool management_ = false;           // XEP-0198 is on
  bool external_offered_ = false;
  bool peer_closed_ = false;
  bool both_ways_ = false;            // the peer was asked to send to us over this stream, too
  std::vector<Evidence> evidence_;    // of the peer's certificate
  ReadPace pace_{pace_timer};
  Receiving receiving_;
  std::optional<StreamError> refused_;   // what a stanza leads to, behind those before it
  std::optional<PublicStream> public_;   // XEP-0485
  Sending sending_;
  Session198 session_;
  std::shared_ptr<const Legacy> inherited_;   // holds what lost_ points to
  const LostStream* lost_ = nullptr;          // while it is asked for
  std::string wire_;                  // what it has written in this turn
  std::map<std::pair<std::string, DomainPair>, DeliveryId> questions_open_;   // stream and pair
  unsigned strikes_ = 0;              // answers that nobody asked for

  OpenPing ping_;                     // of a peer that answers nothing else (xmpp 9.1)

  Instant now_{}, heard_at_{}, sent_at_{}, pinged_at_{};
  Outbox* out_ = nullptr;             // during on() only
};

}  // namespace hanse::xmpp
