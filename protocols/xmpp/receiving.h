// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/engine.h"
#include "protocols/xmpp/acknowledged.h"
#include "protocols/xmpp/dialback.h"
#include "protocols/xmpp/errors.h"
#include "protocols/xmpp/settings.h"
#include "protocols/xmpp/stanza_check.h"

namespace hanse::xmpp {

// The peer's stanzas on one stream, whoever has opened it: which of them may pass, where they go,
// and when they count as handled (xmpp 4, 6.3). Asks through its engine's outbox; the engine
// frames, writes, and ends the stream. Pure.
class Receiving {
 public:
  // What we know of a pair of domains that the peer has proved.
  struct Pair {
    std::string peer;           // the configured one it was recognised as
    Instant permitted_until{};  // Permit said yes; asked anew then: rates and states change
    bool served = false;        // bidi: the lane the other way has been told of this stream
    bool by_dialback = false;   // its authoritative server has said so
  };
  using Pairs = std::map<DomainPair, Pair>;

  explicit Receiving(const XmppSettings& settings) : settings_(&settings) {}

  void apply(const XmppSettings& settings) { settings_ = &settings; }

  // Who is at the other end, for claims and traces.
  void set_address(std::string address) { address_ = std::move(address); }
  void set_name(std::string domain_key) { name_ = std::move(domain_key); }
  void set_tls(const TlsFacts& facts);
  void set_lang(std::string_view lang);   // of the peer's header: what its stanzas are in
  Claim claim(std::string_view domain_key) const;

  Pairs& pairs() { return pairs_; }
  Pair& add_pair(const DomainPair& pair);
  // Asks a peer that could be published as one of ours whether it agrees (XEP-0485).
  void ask_whether_public(const DomainPair& pair, Outbox& out) const;

  // One stanza. An error ends the stream.
  std::optional<StreamError> take(xml::Element&& stanza, Instant now, Outbox& out);
  // For an answer without which nothing that follows may be taken.
  bool waits() const { return asked_ != 0; }
  bool was_answer() const { return was_answer_; }   // that one: to what the node itself had asked
  bool busy() const { return waits() || submits_.count() > 0; }   // something is not settled yet
  // False: it was no question of this one's.
  bool answered(AskId id, const Answer& answer, Instant now, Outbox& out);
  // What an answer has led to: the stream is to end.
  std::optional<StreamError> take_fault() { return std::exchange(fault_, std::nullopt); }
  void stop() {
    current_.reset();
    public_.clear();
  }

  // XEP-0198: the peer counts what it sends from here on.
  void begin_counting(std::uint32_t before = 0) {
    counted_.emplace(before);
    stream_ = settings_->recent->begin_stream();
  }
  // From here on its commits count also when they end behind the end of the connection (6.4).
  void outlive() { outlives_ = true; }
  bool commits() const { return submits_.count() > 0; }   // some are under way
  bool counts() const { return counted_.has_value(); }
  void asked() { counted_->asked(); }
  bool answer_is_due() { return counted_ && counted_->answer_is_due(); }
  std::uint32_t handled() const { return counted_->handled(); }

 private:
  Pair* find(const Checked& checked);
  StreamError stranger(const Checked& checked, Outbox& out) const;
  bool is_for_node(const Checked& checked) const;
  bool leads_back(const Checked& checked) const;
  std::optional<StanzaError> objection(const Checked& checked, Instant now) const;
  void ask_permission(Checked&& checked, const std::string& peer, Outbox& out);
  void permit_decided(const Answer& answer, Instant now, Outbox& out);
  void carry(Checked&& checked, const std::string& peer, Instant now, Outbox& out);
  void submit(Submission submission, Checked original, Instant now, Outbox& out);
  bool submitted(AskId id, const Answer& answer, Instant now, Outbox& out);
  void send_back(const Checked& refused, const StanzaError& error, Outbox& out);
  void pass_reply(const Checked& to, const xml::Element& reply, Outbox& out);
  bool heard_answer(const Checked& checked);
  Hop hop(const std::string& peer) const;
  UtcTime utc() const;

  const XmppSettings* settings_;         // never null
  std::string address_, name_, tls_, certificate_sha256_, key_sha256_, lang_;
  Pairs pairs_;
  std::vector<PublicStream> public_;       // XEP-0485
  Pairs::value_type* last_ = nullptr;
  std::unique_ptr<Checked> current_;       // the stanza whose permission is asked
  std::optional<Acknowledged> counted_;    // XEP-0198 is on
  std::uint32_t stream_ = 0;               // among those that count
  SubmitsOpen submits_;
  std::optional<StreamError> fault_;
  bool outlives_ = false, was_answer_ = false;
  AskId asked_ = 0;                        // the question that holds up the input
};

}  // namespace hanse::xmpp
