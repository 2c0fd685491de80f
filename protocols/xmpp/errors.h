// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/wire/xml_element.h"
#include "protocols/wire/xml_stream.h"

namespace hanse::xmpp {

// A stream error as we send it: RFC 6120 4.9.3. `text` is for people and made by us alone.
struct StreamError {
  std::string condition;              // "host-unknown"
  std::string text;
  std::string application;            // local name of an element in urn:xmpp:errors, or empty
  std::string element{};              // of another namespace, as it is written
};

// "<stream:error>...</stream:error></stream:stream>", for a stream whose header is sent.
std::string write_stream_error(const StreamError& error);
StreamError handled_too_high(std::uint32_t handled, std::uint32_t sent);   // xmpp 6.1
StreamError from_fault(const xml::StreamFault& fault);              // xmpp 7.2 to 7.8

// What a peer's <stream:error/> says: "host-unknown: no such host here".
StreamError read_stream_error(const xml::Element& error);

// Whether a peer that has said it to us on a stream that stood can have meant a stanza of ours: the
// enhanced status of that one. Empty: it was about the stream.
std::string_view stanza_status(const StreamError& error);

// RFC 6120 8.3. type: cancel | wait | modify | auth | continue.
struct StanzaError {
  std::string_view condition;         // "remote-server-timeout"
  std::string_view type;              // "wait"
  std::string text;
  std::string by;                     // whose word it is; empty: left out
};

// The answer to a stanza that cannot be carried on: from and to change places, the id stays, the
// payload of an iq stays (xmpp 4.6). Nothing when the stanza may not be answered by an error: it
// is one itself, or an iq result, or lacks what an answer needs.
std::optional<xml::Element> error_reply(const xml::Element& stanza, const StanzaError& error);

}  // namespace hanse::xmpp
