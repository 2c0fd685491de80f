// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/sasl_external.h"

#include "server/base/encoding.h"
#include "tests/catch.h"

namespace hanse::xmpp {
namespace {

// "success", "challenge", "failure CONDITION", "error CONDITION"; "!" behind it: and close.
std::string told(const SaslAnswer& answer) {
  std::string out;
  switch (answer.kind) {
    case SaslAnswer::Kind::success: out = "success"; break;
    case SaslAnswer::Kind::challenge: out = "challenge"; break;
    case SaslAnswer::Kind::failure: out = "failure "; break;
    case SaslAnswer::Kind::stream_error: out = "error "; break;
  }
  return out + std::string(answer.condition) + (answer.close ? "!" : "");
}

void first(std::string_view text, std::string_view wanted, bool proves = true) {
  ExternalServer server("b.example");
  CAPTURE(text);
  CHECK(told(server.on_auth("EXTERNAL", text, proves)) == wanted);
  CHECK(server.succeeded() == (wanted == "success"));
}

TEST_CASE("xmpp 3.6 we always say who we are") {
  CHECK(external_initial_response("a.example") == "YS5leGFtcGxl");
  ExternalServer server("b\xc3\xbc" "cher.example");
  CHECK(told(server.on_auth("EXTERNAL", external_initial_response("xn--bcher-kva.example"),
                            true)) == "success");
}

TEST_CASE("xmpp 3.7 the identity is the stream's from, or the same said again") {
  first("=", "success");
  first(base64("b.example"), "success");
  first(base64("B.Example."), "success");
  first(base64("c.example"), "failure invalid-authzid");
  first(base64("x.b.example"), "failure invalid-authzid");
  first(base64("x@b.example"), "failure invalid-authzid");
  first(base64("b.example/x"), "failure invalid-authzid");
  first(base64(std::string("b.example\0", 10)), "failure invalid-authzid");
  first(base64("\xff"), "failure invalid-authzid");
  first("==", "failure incorrect-encoding");
  first("Yi5leGFtcGxl=", "failure incorrect-encoding");
  first("b.example", "failure incorrect-encoding");
  first(" Yi5leGFtcGxl", "failure incorrect-encoding");
}

TEST_CASE("xmpp 3.7 only the certificate proves it") {
  first("=", "failure not-authorized", false);
  first(base64("b.example"), "failure not-authorized", false);
  ExternalServer nobody("@");
  CHECK(told(nobody.on_auth("EXTERNAL", "=", true)) == "failure not-authorized");
  CHECK(told(nobody.on_auth("EXTERNAL", base64("@"), true)) == "failure invalid-authzid");
}

TEST_CASE("xmpp 3.7 without an initial response one empty challenge is sent") {
  ExternalServer server("b.example");
  CHECK(told(server.on_auth("EXTERNAL", "", true)) == "challenge");
  CHECK_FALSE(server.succeeded());
  CHECK(told(server.on_response("", true)) == "success");
  CHECK(server.succeeded());
  CHECK(told(server.on_response("", true)) == "error policy-violation!");

  ExternalServer other("b.example");
  CHECK(told(other.on_response("", true)) == "failure malformed-request");
  CHECK(told(other.on_auth("EXTERNAL", "", true)) == "challenge");
  CHECK(told(other.on_response(base64("c.example"), true)) == "failure invalid-authzid");
  CHECK(told(other.on_response(base64("b.example"), true)) == "failure malformed-request!");
}

TEST_CASE("xmpp 3.7 asking for challenges does not go on for ever") {
  ExternalServer server("b.example");
  std::string last;
  for (int i = 0; i < 6 && !last.ends_with('!'); ++i)
    last = told(server.on_auth("EXTERNAL", "", true));
  CHECK(last == "failure malformed-request!");
}

TEST_CASE("xmpp 3.7 mechanisms other than EXTERNAL") {
  for (const std::string_view mechanism : {"", "external", "PLAIN", "SCRAM-SHA-1", "EXTERNAL "}) {
    ExternalServer server("b.example");
    CHECK(told(server.on_auth(mechanism, "=", true)) == "failure invalid-mechanism");
  }
}

TEST_CASE("xmpp 3.7 three failures close, and nothing follows success") {
  ExternalServer server("b.example");
  CHECK(told(server.on_auth("EXTERNAL", "=", false)) == "failure not-authorized");
  CHECK(told(server.on_auth("PLAIN", "=", true)) == "failure invalid-mechanism");
  CHECK(told(server.on_auth("EXTERNAL", "=", true)) == "success");
  CHECK(told(server.on_auth("EXTERNAL", "=", true)) == "error policy-violation!");

  ExternalServer other("b.example");
  CHECK(told(other.on_auth("EXTERNAL", "", true)) == "challenge");
  CHECK(told(other.on_abort()) == "failure aborted");
  CHECK(told(other.on_auth("EXTERNAL", "*", true)) == "failure incorrect-encoding");
  CHECK(told(other.on_auth("EXTERNAL", "=", false)) == "failure not-authorized!");
}

}  // namespace
}  // namespace hanse::xmpp
