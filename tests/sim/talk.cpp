// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/talk.h"

#include <algorithm>

#include "protocols/xmpp/names.h"
#include "protocols/xmpp/stanza.h"
#include "tests/sim/setup.h"

namespace hanse::sim {

namespace {

constexpr std::uint64_t row_most = 12;
constexpr std::uint64_t users = 2;          // of each domain: pairs are to meet again
constexpr std::uint64_t text_octets_most = 30'000;

bool names_a_user(const std::string& address) {
  return address.find('@') != std::string::npos;
}

}  // namespace

std::string TalkBox::user(int number) {
  return "u" + std::to_string(random_.below(users)) + "@" + node_domain(number);
}

std::vector<Stanza> TalkBox::draw(int from) {
  // No domain has a node carry what it says to itself (xmpp 4.6).
  const int step = 1 + static_cast<int>(random_.below(static_cast<std::uint64_t>(nodes_)));
  const int other = 1 + (from - 1 + std::max(1, step % nodes_)) % nodes_;
  std::string to = user(other);
  const std::uint64_t kind = random_.below(30);
  if (kind == 0 || other == from)
    to = "u0@" + std::string(random_.below(2) == 0 ? domain_unknown : domain_round);
  if (kind < 3 && kind > 0) to = node_host(other);     // a node is asked, and answers itself
  const std::string own = user(from) + "/here";
  std::vector<Stanza> out(1 + random_.below(row_most));
  for (Stanza& stanza : out) stanza = make(draw_speech(to), own, to);
  return out;
}

std::vector<Stanza> TalkBox::to_all(int from, const std::vector<Speech>& kinds) {
  std::vector<Stanza> out;
  for (const Speech speech : kinds) {
    for (int other = 1; other <= nodes_; ++other) {
      if (other == from) continue;
      out.push_back(make(speech, "u0@" + node_domain(from) + "/here", "u0@" + node_domain(other)));
      if (speech == Speech::question)
        out.push_back(make(speech, "u0@" + node_domain(from) + "/here", node_host(other)));
    }
  }
  return out;
}

Speech TalkBox::draw_speech(const std::string& to) {
  if (!names_a_user(to)) return Speech::question;
  switch (random_.below(10)) {
    case 0:
    case 1: return Speech::presence;
    case 2: return Speech::notice;
    case 3: return Speech::question;
    case 4: return Speech::subscription;
    default: return Speech::message;
  }
}

Stanza TalkBox::make(Speech speech, const std::string& from, const std::string& to) {
  namespace ns = xmpp::ns;
  const bool message = speech == Speech::message || speech == Speech::notice;
  xml::Element element(ns::server, speech == Speech::question ? "iq"
                                   : message                  ? "message"
                                                              : "presence");
  Stanza out{"x" + std::to_string(++stanzas_), speech, from, to, {}};
  if (speech == Speech::subscription) out.from.resize(from.find('/'));   // RFC 6121 3.1
  element.set("from", out.from);
  element.set("to", to);
  element.set("id", out.id);
  switch (speech) {
    case Speech::message:
      element.set("type", "chat");
      element.add(ns::server, "body").add_text(draw_text());
      break;
    case Speech::subscription: element.set("type", "subscribe"); break;
    case Speech::presence: element.add(ns::server, "status").add_text(out.id); break;
    case Speech::notice: element.add(ns::chat_states, "composing"); break;
    case Speech::question:
      element.set("type", "get");
      element.add(ns::ping, "ping");
      break;
  }
  out.bytes = xmpp::stanza_bytes(element);
  return out;
}

// What a careless hand would spoil: markup, blanks, octets above 127.
std::string TalkBox::draw_text() {
  switch (random_.below(8)) {
    case 0: return "<&'\">]]>";
    case 1: return " \t two \n lines ";
    case 2: return "Gr\xc3\xbc\xc3\x9f" "e";
    case 3: return std::string(random_.below(text_octets_most), 'x') + ".";
    default: return "said";
  }
}

}  // namespace hanse::sim
