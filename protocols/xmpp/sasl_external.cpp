// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/sasl_external.h"

#include "protocols/xmpp/jid.h"
#include "server/base/encoding.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::xmpp {

std::string external_initial_response(std::string_view own_domain) { return base64(own_domain); }

ExternalServer::ExternalServer(std::string_view stream_from) : from_(domain_key(stream_from)) {}

SaslAnswer ExternalServer::on_auth(std::string_view mechanism, std::string_view text,
                                   bool certificate_proves) {
  if (succeeded()) {
    return {.kind = SaslAnswer::Kind::stream_error, .condition = "policy-violation",
            .text = "authenticated already", .close = true};
  }
  if (state_ == State::challenged)  // one challenge, or a peer could go on for ever
    return fail("malformed-request", "the challenge was not answered");
  if (mechanism != external_mechanism)
    return fail("invalid-mechanism", "not offered: " + escape_text(mechanism, 40));
  if (!text.empty()) return decide(text, certificate_proves);
  state_ = State::challenged;  // RFC 6120 6.4.2: no initial response
  return {.kind = SaslAnswer::Kind::challenge};
}

SaslAnswer ExternalServer::on_response(std::string_view text, bool certificate_proves) {
  if (succeeded()) {
    return {.kind = SaslAnswer::Kind::stream_error, .condition = "policy-violation",
            .text = "authenticated already", .close = true};
  }
  if (state_ != State::challenged) return fail("malformed-request", "no challenge was sent");
  return decide(text, certificate_proves);
}

SaslAnswer ExternalServer::on_abort() { return fail("aborted", "given up by the peer"); }

SaslAnswer ExternalServer::decide(std::string_view text, bool certificate_proves) {
  std::string wanted = from_;
  if (!text.empty() && text != "=") {  // RFC 6120 6.4.2: "=" is a response of no octets
    const std::optional<std::string> identity = base64_decode(text);
    if (!identity) return fail("incorrect-encoding", "the response is no base64");
    wanted = domain_key(*identity);
    if (wanted != from_ || wanted.empty())
      return fail("invalid-authzid", "not the domain of the stream: " + escape_text(*identity));
  }
  if (from_.empty() || !certificate_proves)
    return fail("not-authorized", "the certificate does not prove " + escape_text(from_));
  state_ = State::succeeded;
  return {.kind = SaslAnswer::Kind::success};
}

SaslAnswer ExternalServer::fail(std::string_view condition, std::string text) {
  state_ = State::waiting;
  ++failures_;
  return {.kind = SaslAnswer::Kind::failure, .condition = condition, .text = std::move(text),
          .close = failures_ >= limits::sasl_failures_max};
}

}  // namespace hanse::xmpp
