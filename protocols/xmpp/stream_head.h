// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/wire/xml_stream.h"
#include "protocols/xmpp/errors.h"

namespace hanse::xmpp {

// The first tag of a stream, in both directions (RFC 6120 4.7, xmpp 2.1 to 2.3).
struct StreamHead {
  std::string from, to;      // domains in wire form
  std::string id;            // set by the receiving side only
  bool component = false;    // XEP-0114: no version, another default namespace
};

std::string write_head(const StreamHead& head);
inline constexpr std::string_view stream_end = "</stream:stream>";

// What a header says, prepared. `fault` is the first rule it breaks, in the order of xmpp 2.3 as
// far as it can be judged without knowing our domains; from, to and id hold what was legible.
struct ReadHead {
  std::string from, to, id;
  std::string lang;
  bool dialback_declared = false;
  bool legacy = false;       // no version, or 0.x
  std::optional<StreamError> fault;
};
ReadHead read_head(const xml::Element& header, const std::vector<xml::Declaration>& declared,
                   std::string_view default_ns);

// The octets of a stream's output are joined from the writer's canonical text.
void write_element(const xml::Element& element, std::string& out);

// Identifiers made of a connection's nonce: unguessable, new for every counter value (2.2). One
// who knows the node's secret can tell those of the node: whoever hears such a one from a peer has
// come back to where it set out (4.8).
std::string make_id(std::string_view nonce, std::uint64_t counter, std::string_view secret);
bool is_own_id(std::string_view id, std::string_view secret);

}  // namespace hanse::xmpp
