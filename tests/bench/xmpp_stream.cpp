// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/xmpp_stream.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace bench {

namespace {

constexpr std::string_view features_end = "</stream:features>";
constexpr std::string_view no_features = "<stream:features/>";

std::string header(const std::string& from, const std::string& to, const std::string& id = {}) {
  std::string text =
      "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
      "xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' "
      "version='1.0' from='" + from + "' to='" + to + "'";
  if (!id.empty()) text += " id='" + id + "'";
  return text + ">";
}

std::string base64(const std::string& text) {
  std::array<unsigned char, 512> out{};
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const int length = EVP_EncodeBlock(out.data(), bytes, static_cast<int>(text.size()));
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(length)};
}

std::string sha1_hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

// The value of an attribute in the text of a tag, or empty.
std::string_view attribute(std::string_view tag, std::string_view name) {
  for (std::size_t at = tag.find(name); at != tag.npos; at = tag.find(name, at + 1)) {
    const std::size_t equals = at + name.size();
    if (at == 0 || tag[at - 1] != ' ' || equals + 1 >= tag.size() || tag[equals] != '=') continue;
    const std::size_t end = tag.find(tag[equals + 1], equals + 2);
    return tag.substr(equals + 2, end == tag.npos ? end : end - equals - 2);
  }
  return {};
}

}  // namespace

void open_server_stream(Wire& wire, SSL_CTX& context, bool direct, const std::string& from,
                        const std::string& to) {
  if (direct) {
    wire.start_tls(context, to);
  } else {
    wire.send(header(from, to));
    wire.take(features_end);
    wire.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    wire.take("<proceed");
    wire.take(">");
    wire.start_tls(context, to);
  }
  wire.send(header(from, to));
  const std::string features = wire.take(features_end, "</stream:stream>");
  if (features.find("EXTERNAL") == features.npos) throw Broken{"no EXTERNAL: " + features};
  wire.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>" +
            base64(from) + "</auth>");
  const std::string answer = wire.take(">");
  if (answer.find("<success") == answer.npos) throw Broken{"EXTERNAL failed: " + answer};
  if (!answer.ends_with("/>")) wire.take("</success>");
  wire.send(header(from, to));
  wire.take(features_end, no_features);
}

void manage_stream(Wire& wire) {
  wire.send("<enable xmlns='urn:xmpp:sm:3'/>");
  wire.take("<enabled");
  wire.take(">");
}

void open_component_stream(Wire& wire, const std::string& domain, const std::string& secret) {
  wire.send("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
            "xmlns:stream='http://etherx.jabber.org/streams' to='" + domain + "'>");
  wire.take("<stream:stream");
  const std::string answer = wire.take(">");
  wire.send("<handshake>" + sha1_hex(std::string(attribute(answer, "id")) + secret) +
            "</handshake>");
  const std::string result = wire.take(">");
  if (result.find("<handshake") == result.npos) throw Broken{"component refused: " + result};
}

void accept_server_stream(Wire& wire, SSL_CTX& context) {
  bool secure = false, known = false;
  if (wire.peek() == 0x16) {  // a TLS handshake record
    wire.accept_tls(context);
    secure = true;
  }
  for (int number = 0; !known || number == 0; ++number) {
    wire.take("<stream:stream");
    const std::string opened = " " + wire.take(">");
    wire.send(header(std::string(attribute(opened, "to")), std::string(attribute(opened, "from")),
                     "load-" + std::to_string(number)) + "<stream:features>" +
              (secure ? "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                        "<mechanism>EXTERNAL</mechanism></mechanisms>"
                      : "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") +
              "</stream:features>");
    if (!secure) {
      wire.take("<starttls");
      wire.take(">");
      wire.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
      wire.accept_tls(context);
      secure = true;
    } else {
      wire.take("</auth>");
      wire.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
      known = true;
    }
  }
  wire.take("<stream:stream");
  const std::string opened = " " + wire.take(">");
  wire.send(header(std::string(attribute(opened, "to")), std::string(attribute(opened, "from")),
                   "load-last") +
            "<stream:features><sm xmlns='urn:xmpp:sm:3'/></stream:features>");
}

void Scanner::acknowledge() {
  if (!managed_ || told_ == handled_) return;
  told_ = handled_;
  wire_.send("<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled_) + "'/>");
}

bool Scanner::stanza(std::string_view tag, Seen& seen) {
  if (tag.starts_with("r ") || tag == "r/") {
    told_ = handled_ + 1;   // an answer is owed, whatever was told
    acknowledge();
    return false;
  }
  if (tag.starts_with("enable ")) {
    handled_ = told_ = 0;  // XEP-0198 4: what came before is not counted
    managed_ = true;
    wire_.send("<enabled xmlns='urn:xmpp:sm:3'/>");
    return false;
  }
  if (!tag.starts_with("message ") && !tag.starts_with("iq ") && !tag.starts_with("presence ")) {
    return false;
  }
  ++handled_;
  // The generator's identifiers are load-PAIR-NUMBER-PROCESS.
  std::string_view id = attribute(tag, "id");
  if (!id.starts_with("load-")) return false;
  id.remove_prefix(5);
  const char* end = id.data() + id.size();
  const auto pair = std::from_chars(id.data(), end, seen.pair);
  return pair.ptr != end && std::from_chars(pair.ptr + 1, end, seen.number).ec == std::errc();
}

}  // namespace bench
