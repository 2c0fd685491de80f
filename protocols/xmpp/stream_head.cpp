// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/stream_head.h"

#include <algorithm>

#include "protocols/wire/xml_writer.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "server/base/digest.h"
#include "server/base/encoding.h"

namespace hanse::xmpp {

namespace {

void put(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.append(" ").append(name).append("='");
  xml::escape_into(value, out);
  out += '\'';
}

// A domain and nothing else; empty when it is none.
std::string domain_of(std::string_view text) {
  const Result<Jid> jid = parse_jid(text);
  return jid && is_domain(*jid) ? jid->domain : std::string();
}

// RFC 6120 4.7.5: "1.0", with any number of digits on either side of the dot.
int major_version(std::string_view version) {
  const std::string_view digits = version.substr(0, version.find('.'));
  int out = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9' || out > 1000) return -1;
    out = out * 10 + (digit - '0');
  }
  return digits.empty() ? -1 : out;
}

std::optional<StreamError> judge_names(const xml::Element& header,
                                       const std::vector<xml::Declaration>& declared,
                                       std::string_view default_ns) {
  if (header.name != "stream") return StreamError{"bad-format", "not a stream", {}};
  if (header.ns != ns::stream) return StreamError{"invalid-namespace", "not a stream", {}};
  const auto found = std::find_if(declared.begin(), declared.end(),
                                  [](const auto& one) { return one.prefix.empty(); });
  if (found == declared.end() || found->ns != default_ns)
    return StreamError{"invalid-namespace",
                       "the default namespace has to be " + std::string(default_ns), {}};
  return std::nullopt;
}

}  // namespace

std::string write_head(const StreamHead& head) {
  std::string out = "<?xml version='1.0'?><stream:stream";
  put(out, "xmlns", head.component ? ns::component : ns::server);
  if (!head.component) put(out, "xmlns:db", ns::dialback);
  put(out, "xmlns:stream", ns::stream);
  put(out, "from", head.from);
  put(out, "to", head.to);
  put(out, "id", head.id);
  if (!head.component) out += " version='1.0' xml:lang='en'";
  return out + ">";
}

// xmpp 2.3, in its order. Whether `to` is ours and `from` is not, the engine judges.
ReadHead read_head(const xml::Element& header, const std::vector<xml::Declaration>& declared,
                   std::string_view default_ns) {
  ReadHead out;
  out.from = domain_of(header.attribute("from"));
  out.to = domain_of(header.attribute("to"));
  out.id = header.attribute("id");
  out.lang = header.attribute(xml::xml_ns, "lang");
  out.dialback_declared = std::any_of(declared.begin(), declared.end(), [](const auto& one) {
    return one.ns == ns::dialback;
  });
  const int major = header.has("version") ? major_version(header.attribute("version")) : 0;
  out.legacy = major == 0;
  out.fault = judge_names(header, declared, default_ns);
  if (!out.fault && major < 0)
    out.fault = StreamError{"unsupported-version", "version has to be 1.0", {}};
  if (!out.fault && major > 1)
    out.fault = StreamError{"unsupported-version", "this side speaks version 1.0", {}};
  return out;
}

void write_element(const xml::Element& element, std::string& out) {
  xml::write(element, ns::server, stream_prefixes, out);
}

namespace {

constexpr std::size_t id_random_characters = 32, id_mark_characters = 16;

std::string mark_of(std::string_view random, std::string_view secret) {
  return hex(hmac_sha256(secret, "stream id " + std::string(random))).substr(0, id_mark_characters);
}

}  // namespace

std::string make_id(std::string_view nonce, std::uint64_t counter, std::string_view secret) {
  std::string out = hex(hmac_sha256(nonce, "stream " + std::to_string(counter)))
                        .substr(0, id_random_characters);
  return secret.empty() ? out : out + mark_of(out, secret);
}

bool is_own_id(std::string_view id, std::string_view secret) {
  return !secret.empty() && id.size() == id_random_characters + id_mark_characters &&
         equal_constant_time(id.substr(id_random_characters),
                             mark_of(id.substr(0, id_random_characters), secret));
}

}  // namespace hanse::xmpp
