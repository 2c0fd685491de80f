// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/records.h"

#include "tests/catch.h"

using namespace hanse;

namespace {

std::string text_of(const xmpp::XmppSettings& settings) {
  std::string out;
  for (const DnsWish& wish : xmpp::wished_records(settings))
    out += wish.name + " " + std::string(dns_type_name(wish.type)) + " " +
           record_text(wish.record) + "\n";
  return out;
}

}  // namespace

TEST_CASE("xmpp 1.2: the records that lead to hosts, components beside us and servers behind us",
          "[xmpp]") {
  xmpp::XmppSettings settings;
  settings.node_domain = "xmpp.a.example";
  settings.hosts = {"a.example"};
  CHECK(text_of(settings).empty());   // nothing listens
  settings.dial.own_endpoints = {"[::]:5269", "[::]:5270"};
  CHECK(text_of(settings) ==
        "_xmpp-server._tcp.a.example SRV 5 0 5269 xmpp.a.example.\n"
        "_xmpps-server._tcp.a.example SRV 5 0 5270 xmpp.a.example.\n"
        "xmpp.a.example A \n");
  settings.faces = {{"b.example"}, {"*.b.example"}, {"a.example"}};
  settings.components["gw.a.example"].role = xmpp::Component::Role::accept;
  settings.components["c.example"].role = xmpp::Component::Role::connect;
  settings.dial.own_endpoints = {"192.0.2.1:5269"};
  CHECK(text_of(settings) ==
        "_xmpp-server._tcp.a.example SRV 5 0 5269 xmpp.a.example.\n"
        "_xmpps-server._tcp.a.example SRV 5 0 5269 xmpp.a.example.\n"
        "_xmpp-server._tcp.b.example SRV 5 0 5269 xmpp.a.example.\n"
        "_xmpps-server._tcp.b.example SRV 5 0 5269 xmpp.a.example.\n"
        "_xmpp-server._tcp.gw.a.example SRV 5 0 5269 xmpp.a.example.\n"
        "_xmpps-server._tcp.gw.a.example SRV 5 0 5269 xmpp.a.example.\n"
        "xmpp.a.example A \n");
}
