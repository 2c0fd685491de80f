// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/services.h"

#include <algorithm>
#include <array>
#include <string>

#include "protocols/xmpp/errors.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/stanza.h"
#include "server/base/version.h"

namespace hanse::xmpp {

namespace {

constexpr std::array<std::string_view, 6> features{
    ns::disco_info, ns::disco_items, ns::ping, ns::version, ns::time, ns::last};

constexpr std::string_view public_node = "serverinfo", public_item = "current";   // XEP-0485

struct Request {
  const xml::Element& payload;
  const std::string& host;         // who is asked, as a key
  const XmppSettings& settings;
  UtcTime now;
};

void add_field(xml::Element& form, std::string_view name, std::string_view type,
               const std::vector<std::string>& values) {
  if (values.empty()) return;
  xml::Element& field = form.add(ns::data, "field");
  field.set("var", name);
  if (!type.empty()) field.set("type", type);
  for (const std::string& value : values) field.add(ns::data, "value").add_text(value);
}

// XEP-0157, XEP-0485
void add_contacts(const Request& request, xml::Element& query) {
  const XmppSettings& settings = request.settings;
  const bool publishes = settings.public_peers != nullptr;
  if (settings.abuse_addresses.empty() && settings.admin_addresses.empty() &&
      settings.security_addresses.empty() && !publishes)
    return;
  xml::Element& form = query.add(ns::data, "x");
  form.set("type", "result");
  add_field(form, "FORM_TYPE", "hidden", {std::string(ns::server_info)});
  add_field(form, "abuse-addresses", "list-multi", settings.abuse_addresses);
  add_field(form, "admin-addresses", "list-multi", settings.admin_addresses);
  add_field(form, "security-addresses", "list-multi", settings.security_addresses);
  if (publishes)
    add_field(form, "serverinfo-pubsub-node", "text-single",
              {"xmpp:" + request.host + "?;node=" + std::string(public_node)});
}

bool asks_for_node(const Request& request) { return !request.payload.attribute("node").empty(); }

// The one node that there may be (XEP-0485).
bool is_public_node(const Request& request, std::string_view name) {
  return request.settings.public_peers != nullptr && name == public_node;
}

bool node_info(const Request& request, xml::Element& reply) {
  if (!is_public_node(request, request.payload.attribute("node"))) return false;
  xml::Element& query = reply.add(ns::disco_info, "query");
  query.set("node", public_node);
  xml::Element& identity = query.add(ns::disco_info, "identity");
  identity.set("category", "pubsub");
  identity.set("type", "leaf");
  query.add(ns::disco_info, "feature").set("var", ns::pubsub);
  return true;
}

bool node_items(const Request& request, xml::Element& reply) {
  if (!is_public_node(request, request.payload.attribute("node"))) return false;
  xml::Element& query = reply.add(ns::disco_items, "query");
  query.set("node", public_node);
  xml::Element& item = query.add(ns::disco_items, "item");
  item.set("jid", request.host);
  item.set("name", public_item);
  return true;
}

// XEP-0060 6.5, of what XEP-0485 publishes. Nobody is named who has not agreed.
bool published(const Request& request, xml::Element& reply) {
  const xml::Element* wanted = request.payload.child(ns::pubsub, "items");
  if (wanted == nullptr || !is_public_node(request, wanted->attribute("node"))) return false;
  xml::Element& items = reply.add(ns::pubsub, "pubsub").add(ns::pubsub, "items");
  items.set("node", public_node);
  xml::Element& item = items.add(ns::pubsub, "item");
  item.set("id", public_item);
  xml::Element& domain = item.add(ns::public_info, "serverinfo").add(ns::public_info, "domain");
  domain.set("name", request.host);
  xml::Element& federation = domain.add(ns::public_info, "federation");
  for (const PublicPeers::Peer& peer : request.settings.public_peers->of(request.host)) {
    xml::Element& one = federation.add(ns::public_info, "remote-domain");
    one.set("name", peer.domain);
    if (peer.incoming) one.add(ns::public_info, "connection").set("type", "incoming");
    if (peer.outgoing) one.add(ns::public_info, "connection").set("type", "outgoing");
  }
  return true;
}

bool disco_info(const Request& request, xml::Element& reply) {
  if (asks_for_node(request)) return node_info(request, reply);
  xml::Element& query = reply.add(ns::disco_info, "query");
  xml::Element& identity = query.add(ns::disco_info, "identity");
  identity.set("category", "server");
  identity.set("type", "im");
  if (!request.settings.name.empty()) identity.set("name", request.settings.name);
  for (const std::string_view feature : features)
    query.add(ns::disco_info, "feature").set("var", feature);
  // Who does not say so is named by nobody.
  if (request.settings.may_be_named || request.settings.public_peers != nullptr)
    query.add(ns::disco_info, "feature").set("var", ns::public_info);
  if (request.settings.public_peers != nullptr)
    query.add(ns::disco_info, "feature").set("var", ns::pubsub);
  add_contacts(request, query);
  return true;
}

// The services of a node are the components below the name that is asked.
bool disco_items(const Request& request, xml::Element& reply) {
  if (asks_for_node(request)) return node_items(request, reply);
  xml::Element& query = reply.add(ns::disco_items, "query");
  if (request.settings.public_peers != nullptr) {
    xml::Element& item = query.add(ns::disco_items, "item");
    item.set("jid", request.host);
    item.set("node", public_node);
  }
  const bool node = request.host == request.settings.node_domain;
  for (const auto& [domain, component] : request.settings.components)
    if (node || domain.ends_with("." + request.host))
      query.add(ns::disco_items, "item").set("jid", domain);
  return true;
}

bool ping(const Request&, xml::Element&) { return true; }   // XEP-0199

bool version(const Request& request, xml::Element& reply) {   // XEP-0092
  xml::Element& query = reply.add(ns::version, "query");
  query.add(ns::version, "name").add_text("hanse");
  query.add(ns::version, "version").add_text(hanse::version);
  if (request.settings.tell_system) query.add(ns::version, "os").add_text("Linux");
  return true;
}

bool time(const Request& request, xml::Element& reply) {   // XEP-0202
  xml::Element& answer = reply.add(ns::time, "time");
  answer.add(ns::time, "tzo").add_text("+00:00");
  answer.add(ns::time, "utc").add_text(date_time(request.now));
  return true;
}

bool last(const Request& request, xml::Element& reply) {   // XEP-0012: of a server, its uptime
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(request.now -
                                                                   request.settings.started);
  reply.add(ns::last, "query").set("seconds", std::to_string(std::max<std::int64_t>(
                                                  up.count(), 0)));
  return true;
}

struct Service {
  std::string_view ns, name;
  bool (*answer)(const Request&, xml::Element& reply);   // false: there is no such thing
};

constexpr Service services[] = {
    {ns::disco_info, "query", disco_info}, {ns::disco_items, "query", disco_items},
    {ns::ping, "ping", ping},              {ns::version, "query", version},
    {ns::time, "time", time},              {ns::last, "query", last},
    {ns::pubsub, "pubsub", published},
};

std::optional<xml::Element> refused(const xml::Element& stanza, std::string_view condition) {
  return error_reply(stanza, {condition, "cancel", {}, {}});
}

std::optional<xml::Element> serve_iq(const Checked& asked, const XmppSettings& settings,
                                     UtcTime now) {
  const xml::Element& iq = asked.stanza;
  const std::string_view type = iq.attribute("type");
  if (type != "get" && type != "set") return std::nullopt;
  const xml::Element* payload = iq.first_child();
  // A domain answers for itself; it has neither users nor resources (RFC 6121 8.5.1).
  if (payload == nullptr || type == "set" || !is_domain(asked.to))
    return refused(iq, "service-unavailable");
  for (const Service& service : services) {
    if (service.ns == ns::pubsub && settings.public_peers == nullptr) continue;
    if (!payload->is(service.ns, service.name)) continue;
    xml::Element reply(iq.ns, "iq");
    reply.set("from", iq.attribute("to"));
    reply.set("to", iq.attribute("from"));
    reply.set("id", iq.attribute("id"));
    reply.set("type", "result");
    if (service.answer({*payload, asked.to_key, settings, now}, reply)) return reply;
    return refused(iq, "item-not-found");
  }
  return refused(iq, "service-unavailable");
}

// RFC 6121 3.1.3, 4.3.2: nobody here can be subscribed to, and nobody is ever available.
std::optional<xml::Element> serve_presence(const xml::Element& presence) {
  const std::string_view type = presence.attribute("type");
  if (type != "subscribe" && type != "probe") return std::nullopt;
  xml::Element reply(presence.ns, "presence");
  reply.set("from", presence.attribute("to"));
  reply.set("to", presence.attribute("from"));
  if (presence.has("id")) reply.set("id", presence.attribute("id"));
  reply.set("type", type == "subscribe" ? "unsubscribed" : "unavailable");
  return reply;
}

}  // namespace

xml::Element whether_public(const DomainPair& pair, std::string_view id) {
  xml::Element out(ns::server, "iq");
  out.set("from", pair.local);
  out.set("to", pair.remote);
  out.set("id", id);
  out.set("type", "get");
  out.add(ns::disco_info, "query");
  return out;
}

bool agrees_to_be_public(const xml::Element& answer) {
  if (answer.attribute("type") != "result") return false;
  const xml::Element* query = answer.child(ns::disco_info, "query");
  return query != nullptr &&
         std::any_of(query->nodes.begin(), query->nodes.end(), [](const xml::Element::Node& one) {
           return one.element != nullptr && one.element->is(ns::disco_info, "feature") &&
                  one.element->attribute("var") == ns::public_info;
         });
}

std::optional<xml::Element> serve(const Checked& asked, const XmppSettings& settings,
                                  UtcTime now) {
  if (asked.stanza.name == "iq") return serve_iq(asked, settings, now);
  if (asked.stanza.name == "presence") return serve_presence(asked.stanza);
  return refused(asked.stanza, "service-unavailable");
}

}  // namespace hanse::xmpp
