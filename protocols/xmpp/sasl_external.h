// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hanse::xmpp {

constexpr std::string_view external_mechanism = "EXTERNAL";

// xmpp 3.6: the text of <auth/>: our domain, always. An empty one some peers take for malformed.
std::string external_initial_response(std::string_view own_domain);

// What the receiving server says to one step of SASL EXTERNAL.
struct SaslAnswer {
  enum class Kind : std::uint8_t {
    success,
    challenge,     // an empty <challenge/>
    failure,       // <failure/> with `condition`; the stream stays open unless `close`
    stream_error,  // `condition` is that of a stream error
  };
  Kind kind = Kind::failure;
  std::string_view condition{};
  std::string text{};       // for people: why
  bool close = false;       // this was one failure too many
};

// The receiving side of SASL EXTERNAL on one stream (xmpp 3.7). Pure; lives as long as the
// connection, over the restart, so that a second <auth/> is noticed.
//   waiting -> success; waiting -> challenged -> success; any failure -> waiting again
class ExternalServer {
 public:
  // `stream_from`: the domain of the peer's header. Every call tells whether the certificate
  // proves that domain now.
  explicit ExternalServer(std::string_view stream_from);

  // `text`: what <auth/> or <response/> holds, as it came; empty where it holds nothing.
  SaslAnswer on_auth(std::string_view mechanism, std::string_view text, bool certificate_proves);
  SaslAnswer on_response(std::string_view text, bool certificate_proves);
  SaslAnswer on_abort();
  bool succeeded() const { return state_ == State::succeeded; }

 private:
  enum class State : std::uint8_t { waiting, challenged, succeeded };

  SaslAnswer decide(std::string_view text, bool certificate_proves);
  SaslAnswer fail(std::string_view condition, std::string text);

  std::string from_;     // as a key
  State state_ = State::waiting;
  unsigned failures_ = 0;
};

}  // namespace hanse::xmpp
