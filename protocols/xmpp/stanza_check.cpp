// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/stanza_check.h"

#include <utility>

namespace hanse::xmpp {

namespace {

// The domain of an address whose other parts are of no use.
std::string domain_of(std::string_view address) {
  address = address.substr(0, address.find('/'));
  const std::size_t at = address.find('@');
  if (at != std::string_view::npos) address.remove_prefix(at + 1);
  return prepare_domain(address).value_or({});
}

// RFC 6120 8.2.3
bool is_sound(const xml::Element& stanza) {
  if (stanza.name != "iq") return true;
  const std::string_view type = stanza.attribute("type");
  const std::size_t children = stanza.child_count();
  if (stanza.attribute("id").empty()) return false;
  if (type == "get" || type == "set") return children == 1;
  if (type == "result") return children <= 1;
  return type == "error";
}

}  // namespace

Checked check_stanza(xml::Element&& stanza) {
  Checked out;
  const std::string_view from = stanza.attribute("from"), to = stanza.attribute("to");
  if (from.empty() || to.empty()) {  // between servers nothing is implied
    out.fault = StreamError{"improper-addressing", "a stanza needs both from and to", {}};
    return out;
  }
  if (Result<Jid> sender = parse_jid(from)) {
    out.from = *std::move(sender);
  } else {
    // xmpp 10.5: what its server lets pass is no spoof, and no fault of all the others there.
    out.from.domain = domain_of(from);
    out.refusal = StanzaError{"jid-malformed", "modify", "the sender's address cannot be read", {}};
  }
  if (out.from.domain.empty()) {
    out.fault = StreamError{"invalid-from", "the sender is no address", {}};
    return out;
  }
  out.from_key = prepared_key(out.from.domain);
  if (Result<Jid> target = parse_jid(to)) {
    out.to = *std::move(target);
    if (!out.refusal && !is_sound(stanza))
      out.refusal = StanzaError{"bad-request", "modify", {}, {}};
  } else {
    // RFC 6120 8.3.1: the answer comes from whom it was for, as far as that can be read.
    out.to = parse_jid(to.substr(0, to.find('/'))).value_or(Jid{{}, domain_of(to), {}});
    out.refusal = StanzaError{"jid-malformed", "modify", "the address cannot be read", {}};
  }
  out.to_key = prepared_key(out.to.domain);
  out.stanza = std::move(stanza);
  return out;
}

}  // namespace hanse::xmpp
