// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "protocols/wire/xml_writer.h"

// Namespaces. Elements are always told apart by these, never by prefixes.
namespace hanse::xmpp::ns {

inline constexpr std::string_view server = "jabber:server";
inline constexpr std::string_view client = "jabber:client";   // never between servers
inline constexpr std::string_view component = "jabber:component:accept";
inline constexpr std::string_view stream = "http://etherx.jabber.org/streams";
inline constexpr std::string_view dialback = "jabber:server:dialback";
inline constexpr std::string_view tls = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr std::string_view sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr std::string_view stream_errors = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr std::string_view stanza_errors = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr std::string_view dialback_feature = "urn:xmpp:features:dialback";
inline constexpr std::string_view bidi_feature = "urn:xmpp:features:bidi";
inline constexpr std::string_view bidi = "urn:xmpp:bidi";
inline constexpr std::string_view limits = "urn:xmpp:stream-limits:0";
inline constexpr std::string_view management = "urn:xmpp:sm:3";
inline constexpr std::string_view errors = "urn:xmpp:errors";
inline constexpr std::string_view delay = "urn:xmpp:delay";
inline constexpr std::string_view ping = "urn:xmpp:ping";
inline constexpr std::string_view disco_info = "http://jabber.org/protocol/disco#info";
inline constexpr std::string_view disco_items = "http://jabber.org/protocol/disco#items";
inline constexpr std::string_view version = "jabber:iq:version";
inline constexpr std::string_view time = "urn:xmpp:time";
inline constexpr std::string_view last = "jabber:iq:last";
inline constexpr std::string_view data = "jabber:x:data";
inline constexpr std::string_view server_info = "http://jabber.org/network/serverinfo";
inline constexpr std::string_view public_info = "urn:xmpp:serverinfo:0";   // XEP-0485
inline constexpr std::string_view pubsub = "http://jabber.org/protocol/pubsub";
inline constexpr std::string_view muc = "http://jabber.org/protocol/muc";
inline constexpr std::string_view hints = "urn:xmpp:hints";
inline constexpr std::string_view chat_states = "http://jabber.org/protocol/chatstates";
inline constexpr std::string_view markers = "urn:xmpp:chat-markers:0";
inline constexpr std::string_view stanza_id = "urn:xmpp:sid:0";
inline constexpr std::string_view receipts = "urn:xmpp:receipts";

}  // namespace hanse::xmpp::ns

namespace hanse::xmpp {

// What our stream headers declare, and with exactly these prefixes (xmpp 2.1).
inline constexpr std::array<xml::Prefix, 2> stream_prefixes{
    {{"stream", ns::stream}, {"db", ns::dialback}}};

}  // namespace hanse::xmpp
