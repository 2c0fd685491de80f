// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/engine.h"
#include "protocols/wire/xml_element.h"
#include "protocols/xmpp/dialback.h"
#include "protocols/xmpp/management.h"

namespace hanse::xmpp {

// What is left of a stream that was lost: enough to go on counting on another one, or at least to
// know what had arrived (XEP-0198 5, xmpp 6.4). Either side keeps one of its own.
struct LostStream final : Legacy {
  std::string id;                 // by <enabled/>
  bool external = false;          // proved by a certificate, not by dialback
  bool both_ways = false;
  struct Pair {                   // that was proved
    DomainPair pair;
    std::string peer;             // the configured one's name
    bool by_dialback = false;     // by its authoritative server, not by the certificate
  };
  std::vector<Pair> pairs;
  std::uint32_t handled = 0;      // of what the other side had sent
  Sent sent;
  unsigned asked = 0;             // for it, without an answer
  Instant resume_until{};         // later it tells its count only

  std::size_t bytes() const override;
};

// The session that a stream is part of, if it can be resumed, up to the moment at which the stream
// is over, and behind that until the last commit has ended: only then is it known how much was
// handled. Pure.
class Session198 {
 public:
  void begin(std::string id, LegacyKey key, Outbox& out);
  void end(Outbox& out);                              // for good: there is nothing to resume
  void lose(std::unique_ptr<LostStream> left);        // but for what is handled
  void settle(bool commits_open, std::uint32_t handled, Outbox& out);   // after every event
  bool runs() const { return key_.has_value() && lost_ == nullptr; }
  const std::string& id() const { return id_; }

 private:
  std::optional<LegacyKey> key_;
  std::string id_;
  std::unique_ptr<LostStream> lost_;
};

// The side that has accepted the stream knows a session by its identifier, as one of that pair.
LegacyKey accepted_key(std::string_view local, std::string_view remote, std::string_view id);
// The side that has opened it looks for what the last stream of the lane has left.
LegacyKey opened_key(std::string_view lane);

// 128 bits that nobody else knows (6.4), from the connection's nonce.
std::string make_session_id(std::string_view nonce);

std::string write_enabled(const std::string& id);     // empty: cannot be resumed
std::string write_resume(const LostStream& lost);
std::string write_resumed(const std::string& id, std::uint32_t handled);
std::string write_failed(std::string_view condition, std::optional<std::uint32_t> handled = {});
bool wants_resumption(const xml::Element& enable);    // <enable/> or <enabled/>

}  // namespace hanse::xmpp
