// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/errors.h"

#include <algorithm>
#include <array>

#include "protocols/wire/xml_writer.h"
#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/names.h"
#include "server/base/text.h"

namespace hanse::xmpp {

std::string write_stream_error(const StreamError& error) {
  std::string out = "<stream:error><" + error.condition + " xmlns='" +
                    std::string(ns::stream_errors) + "'/>";
  if (!error.text.empty()) {
    out += "<text xmlns='" + std::string(ns::stream_errors) + "' xml:lang='en'>";
    xml::escape_into(error.text, out);
    out += "</text>";
  }
  if (!error.application.empty())
    out += "<" + error.application + " xmlns='" + std::string(ns::errors) + "'/>";
  return out + error.element + "</stream:error></stream:stream>";
}

StreamError handled_too_high(std::uint32_t handled, std::uint32_t sent) {
  return {"undefined-condition", {}, {},
          "<handled-count-too-high xmlns='" + std::string(ns::management) + "' h='" +
              std::to_string(handled) + "' send-count='" + std::to_string(sent) + "'/>"};
}

StreamError from_fault(const xml::StreamFault& fault) {
  using Kind = xml::StreamFault::Kind;
  switch (fault.kind) {
    case Kind::not_well_formed: return {"not-well-formed", fault.what, {}};
    // RFC 6120 4.9.3.2 has a condition of its own, but an unbound prefix is not well-formed by
    // the rules of namespaces either, and that is what every peer says.
    case Kind::bad_namespace_prefix: return {"not-well-formed", fault.what, {}};
    case Kind::restricted: return {"restricted-xml", fault.what, {}};
    case Kind::unsupported_encoding: return {"unsupported-encoding", fault.what, {}};
    case Kind::bad_format: return {"bad-format", fault.what, {}};
    case Kind::too_big: return {"policy-violation", fault.what, "stanza-too-big"};  // xmpp 7.5
    case Kind::policy: return {"policy-violation", fault.what, {}};
  }
  return {"undefined-condition", fault.what, {}};
}

StreamError read_stream_error(const xml::Element& error) {
  StreamError out{"undefined-condition", {}, {}};
  for (const xml::Element::Node& node : error.nodes) {
    if (!node.element) continue;
    if (node.element->ns != ns::stream_errors) {
      if (out.application.empty()) out.application = node.element->name;
    } else if (node.element->name == "text") {
      out.text = node.element->text();
    } else {
      out.condition = node.element->name;
    }
  }
  return out;
}

std::string_view stanza_status(const StreamError& error) {
  constexpr std::string_view not_ours = "5.7.1", malformed = "5.6.0", too_big = "5.3.4";
  if (error.condition == "invalid-from") return not_ours;
  constexpr std::array<std::string_view, 8> about_its_form{
      "improper-addressing", "invalid-namespace", "bad-namespace-prefix", "unsupported-stanza-type",
      "invalid-xml",         "not-well-formed",   "xml-not-well-formed",  "restricted-xml"};
  if (std::find(about_its_form.begin(), about_its_form.end(), error.condition) !=
      about_its_form.end())
    return malformed;
  return error.application == "stanza-too-big" ? too_big : std::string_view();
}

namespace {

// RFC 6120 8.3.1: an error answers no error, and no result; there is nobody to hear it.
bool may_be_answered(const xml::Element& stanza) {
  const std::string_view type = stanza.attribute("type");
  if (type == "error") return false;
  if (stanza.name == "iq") return type != "result";   // xmpp 4.5: also one of no known type
  // Only a presence that asks for something waits for an answer.
  if (stanza.name == "presence")
    return type == "subscribe" || type == "probe" || (type.empty() && stanza.child_count() > 0);
  return true;
}

bool is_small(const xml::Element& payload) {
  std::string bytes;
  xml::write(payload, ns::server, {}, bytes);
  return bytes.size() <= limits::error_payload_bytes_max;
}

}  // namespace

std::optional<xml::Element> error_reply(const xml::Element& stanza, const StanzaError& error) {
  if (!may_be_answered(stanza) || !stanza.has("from")) return std::nullopt;
  xml::Element out(stanza.ns, stanza.name);
  if (stanza.has("to")) out.set("from", stanza.attribute("to"));
  out.set("to", stanza.attribute("from"));
  if (stanza.has("id")) out.set("id", stanza.attribute("id"));
  out.set("type", "error");
  const xml::Element* payload = stanza.first_child();
  // xmpp 4.6: an error is small, whatever it answers.
  if (stanza.name == "iq" && payload != nullptr && is_small(*payload)) out.add(*payload);
  xml::Element& said = out.add(stanza.ns, "error");
  if (!error.by.empty()) said.set("by", error.by);
  said.set("type", error.type);
  said.add(ns::stanza_errors, error.condition);
  if (!error.text.empty()) {
    xml::Element& text = said.add(ns::stanza_errors, "text");
    text.set(xml::xml_ns, "lang", "en");
    text.add_text(error.text);
  }
  return out;
}

}  // namespace hanse::xmpp
