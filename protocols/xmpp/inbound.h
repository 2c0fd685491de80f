// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/engine.h"
#include "protocols/protocol.h"
#include "protocols/wire/xml_stream.h"
#include "protocols/xmpp/dialback.h"
#include "protocols/xmpp/errors.h"
#include "protocols/xmpp/pair_request.h"
#include "protocols/xmpp/peer_dane.h"
#include "protocols/xmpp/read_pace.h"
#include "protocols/xmpp/receiving.h"
#include "protocols/xmpp/resumption.h"
#include "protocols/xmpp/sasl_external.h"
#include "protocols/xmpp/sending.h"
#include "protocols/xmpp/settings.h"
#include "protocols/xmpp/stream_head.h"

namespace hanse::xmpp {

// The receiving side of one stream between servers. RFC 6120, XEP-0220, XEP-0178, XEP-0198
class Inbound final : public Engine {
 public:
  Inbound(const InboundContext& context, std::shared_ptr<const XmppSettings> settings);
  ~Inbound() override;
  void on(Event event, Instant now, Outbox& out) override;

 private:
  // Legal orders (RFC 6120 4.2, 5.3.2, 6.3.4):
  //   connecting -> clear -> handshake -> secured -> trusted     connecting -> secured: direct TLS
  //   secured -> trusted by SASL (the stream begins anew) or by the first pair of dialback
  //   any -> ended, from trusted by a farewell in both directions (RFC 6120 4.4)
  enum class State : std::uint8_t { connecting, clear, handshake, secured, trusted, ended };
  // Why we want to end it, once all is committed.
  enum class Ending : std::uint8_t { no, wanted, going_down };
  // What the question that holds up the input is about.
  enum class Asked : std::uint8_t { nothing, head, session };
  enum : TimerId { negotiation_timer, wait_timer, idle_timer, close_timer, answer_timer,
         pace_timer };

  // inbound.cpp: events, framing, the end
  void handle(Opened& event, Outbox& out);
  void handle(Received& event, Outbox& out);
  void handle(TlsUp& event, Outbox& out);
  void handle(Rang& event, Outbox& out);
  void handle(hanse::Answered& event, Outbox& out);
  void handle(Deliver& event, Outbox& out);
  void handle(Drain& event, Outbox& out);
  void handle(Contested&, Outbox&) {}
  void handle(Crowded&, Outbox&) {}
  void handle(Reloaded& event, Outbox& out);
  void handle(Succeeded&, Outbox& out);
  void handle(Closed& event, Outbox& out);
  bool may_read() const;
  void hold(std::string_view bytes, Outbox& out);
  void consume_held(Outbox& out);
  void consume(std::string_view& input, Outbox& out);
  void element(xml::Element&& one, Outbox& out);
  void stanza(xml::Element&& one, Outbox& out);
  void end_over_stanza(Outbox& out);    // once all that came before it is acknowledged
  void finish_turn(Outbox& out);
  void ask(Asked asked, Ask question, Outbox& out);
  void begin_stream(), end();

  void say(std::string_view text);
  void say(const xml::Element& one);
  void close_with(const StreamError& error, Outbox& out);
  void cut();                           // without a word
  void say_goodbye(Outbox& out);

  // inbound_idle.cpp: whether the peer is there, and needs the stream
  void idle(Outbox& out);
  void ask_for_a_word(Outbox& out);
  bool ping_conveyed(AskId id, const Answer& answer);

  // inbound_untrusted.cpp: before anything is proved
  void take_room(Outbox& out);
  bool within_bounds(std::size_t bytes, std::size_t spaces, Outbox& out);

  // inbound_negotiation.cpp: header, features, STARTTLS, SASL
  void head(const xml::Element& header, const std::vector<xml::Declaration>& declared,
            Outbox& out);
  std::optional<StreamError> judge_head(const ReadHead& read) const;
  void answer_head(const ReadHead* read);
  void head_decided(const Answer& answer, Outbox& out);
  void offer_in_clear(Outbox& out);
  void offer_proofs(Outbox& out);
  void offer_services(Outbox& out);
  void say_features(const xml::Element& features, Outbox& out);
  void negotiate_in_clear(const xml::Element& one, Outbox& out);
  void authenticate(const xml::Element& one, Outbox& out);
  void authenticated(Outbox& out);
  void become_trusted(Outbox& out);
  std::vector<Evidence> evidence_for(std::string_view key) const;
  std::string certificate_problem(std::string_view key) const;
  Verify proof_of(const std::string& key, bool by_dialback) const;
  StreamError refusal(const Answer& answer, Outbox& out) const;

  // inbound_reload.cpp: what holds from now on
  bool serves(const DomainPair& pair) const;

  // inbound_dane.cpp: TLSA records of the peer's domains
  bool look_up(const std::string& key, bool background, Outbox& out);
  void step(const std::string& key, bool background, Outbox& out);
  bool looked_up(AskId id, const Answer& answer, Outbox& out);
  void forget(const std::string& key);

  // inbound_dialback.cpp
  void dialback(const xml::Element& one, Outbox& out);
  Duration dialback_wait() const;
  void claim_pair(const xml::Element& result, Outbox& out);
  void judge_pair(PairRequest requested, Outbox& out);
  void ask_authority(PairRequest requested, Outbox& out);
  void ask_trust(PairRequest requested, Outbox& out);
  bool pair_answered(AskId id, const Answer& answer, Outbox& out);
  void authority_answered(PairRequest requested, const Answer& answer, Outbox& out);
  void trust_answered(const PairRequest& requested, const Answer& answer, Outbox& out);
  void pair_refused(const PairRequest& requested, std::string_view condition,
                    std::string_view type, Outbox& out);
  void say_result(const PairRequest& requested, std::string_view type, const xml::Element* error);
  void vouch(const xml::Element& verify, Outbox& out);
  void unsolicited(const xml::Element& one, Outbox& out);

  // inbound_bidi.cpp: XEP-0288
  bool may_offer_bidi() const;
  void turn_both_ways(const xml::Element& bidi, Outbox& out);
  void serve_pairs(Outbox& out);
  void sent_acknowledged(std::uint32_t handled, Outbox& out);
  bool takes_works() const;

  // inbound_management.cpp: XEP-0198
  void management(const xml::Element& one, Outbox& out);
  void enable(const xml::Element& one, Outbox& out);
  void acknowledge();

  // inbound_resumption.cpp: what goes on from a stream that was lost (XEP-0198 5)
  void resume(const xml::Element& one, Outbox& out);
  void session_found(const Answer& answer, Outbox& out);
  void go_on(const LostStream& lost, Outbox& out);
  void judge_again(const LostStream::Pair& lost, Outbox& out);
  bool judges_again() const;
  void begin_session(std::string id, Outbox& out);
  void lose_session(Outbox& out);
  void after_the_end(Event& event, Outbox& out);

  std::shared_ptr<const XmppSettings> settings_;
  std::unique_ptr<TlsFacts> tls_;       // once it is up
  xml::StreamReader reader_;
  std::string held_;                    // input behind an open question
  std::size_t held_from_ = 0;           // what of it is consumed
  std::string output_;                  // leaves as one write a turn
  std::string nonce_, remote_address_;
  std::string from_, to_;               // of the first header; every further one says the same
  std::string from_key_, to_key_;
  std::string id_;                      // of our latest header
  std::string peer_;                    // as trust has recognised `from`
  PairBook book_;
  std::vector<PairRequest> asking_dns_, asking_authority_, asking_trust_;   // a few
  std::vector<PeerLookup> looking_;
  std::map<std::string, PeerDane, std::less<>> dane_;   // by domain key, while they are judged
  std::optional<ExternalServer> external_;
  SourceSlot room_;                     // while it has proved nothing
  ReadPace pace_{pace_timer};
  Receiving receiving_;                 // its pairs are the valid ones of book_
  Sending sending_;                     // bidi: what goes the other way
  Session198 session_;
  std::uint32_t resume_handled_ = 0;    // of ours, says the peer that resumes
  Instant now_{}, opened_{}, last_input_{}, last_stanza_{};
  std::uint64_t streams_ = 0;           // headers answered: what ids are made of
  std::size_t clear_bytes_ = 0, clear_spaces_ = 0;   // before trust (xmpp 7.5)
  OpenPing ping_;                       // where it does not count what it sends (xmpp 9.1)
  AskId ask_ = 0, ping_ask_ = 0;
  State state_ = State::connecting;
  Asked asked_ = Asked::nothing;
  bool tls_available_, busy_, tls_first_;
  bool lacks_room_ = false;             // too many that have proved nothing: it waits
  bool head_answered_ = false, head_seen_ = false;   // our header of this stream, and theirs
  // For what the DNS says of its domain; features are said, and elements may come.
  bool head_waits_ = false, negotiated_ = false;
  // `from`, by name and chain or by pin; and by SASL, not by dialback
  bool certificate_proved_ = false, by_external_ = false;
  bool both_ways_ = false, serving_ = false;   // bidi was asked for in time; and works may come
  bool pinged_ = false, ping_sent_ = false;   // it was silent and is asked for a word, by ping_
  bool start_tls_ = false, peer_closed_ = false, hang_up_ = false, end_said_ = false;
  std::optional<StreamError> refused_;  // what a stanza leads to that nothing may follow
  Ending ending_ = Ending::no;
};

}  // namespace hanse::xmpp
