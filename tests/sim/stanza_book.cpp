// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/stanza_book.h"

#include <algorithm>

#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/stanza.h"
#include "tests/sim/auditor.h"

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;

// Two lanes that let it wait, and three connections each of which may be found dead late: after
// ten minutes of silence, a minute for an answer, and some for what its kernel still sends.
constexpr Duration presence_age_max = 2 * 5min + 3 * 16min;

std::string bare_of(std::string_view text) {
  const Result<xmpp::Jid> jid = xmpp::parse_jid(text);
  return jid ? xmpp::bare(*jid) : std::string(text);
}

constexpr int destination = -1;   // in the place of a node's number

bool is_kept(Speech speech) {
  return speech == Speech::message || speech == Speech::subscription;
}

}  // namespace

bool StanzaBook::is_error(std::string_view bytes) {
  const Result<xml::Element> stanza = xmpp::read_stanza(bytes);
  return stanza && stanza->attribute("type") == "error";
}

void StanzaBook::fail(const std::string& what, const Said& said) {
  auditor_.fail(what + ": " + said.stanza.id + " from " + said.stanza.from + " to " +
                said.stanza.to);
}

void StanzaBook::sent(const Stanza& stanza, std::uint64_t stream) {
  Said& said = said_[stanza.id];
  said.stanza = stanza;
  said.number = next_++;
  said.stream = stream;
  said.at = timeline_.now();
}

void StanzaBook::acknowledged(const std::string& id) {
  const auto said = said_.find(id);
  if (said != said_.end()) said->second.acknowledged = next_++;
}

void StanzaBook::turned_down(const std::string& id) {
  const auto said = said_.find(id);
  if (said != said_.end()) said->second.turned_down = true;
}

// ---- on the way ----

void StanzaBook::went_over(int node, std::uint64_t stream, std::string_view bytes) {
  const Result<xml::Element> stanza = xmpp::read_stanza(bytes);
  if (!stanza) return;
  const std::string_view type = stanza->attribute("type");
  if (type != "error" && type != "result")
    went_by_id(node, stream, std::string(stanza->attribute("id")));
}

void StanzaBook::went_by_id(int node, std::uint64_t stream, const std::string& id) {
  const auto said = said_.find(id);
  if (said != said_.end()) said->second.way.emplace(node, stream);
}

// ---- at the end of the way ----

bool StanzaBook::arrived(std::uint64_t stream, const xml::Element& stanza,
                         const std::string& domain) {
  const std::string id(stanza.attribute("id")), type(stanza.attribute("type"));
  timeline_.mix(id);
  const auto found = said_.find(id);
  if (found == said_.end()) {
    auditor_.fail("arrived, but was never sent: " + id);
    return false;
  }
  Said& said = found->second;
  if (type == "error" || type == "result") {
    answered(stream, said, stanza, type == "error");
    return false;
  }
  if (!bare_of(said.stanza.to).ends_with("@" + domain)) fail("arrived at " + domain, said);
  check_content(said, stanza);
  said.way.emplace(destination, stream);
  if (said.arrived++ > 0) {
    if (!is_kept(said.stanza.speech)) fail("arrived twice, and nobody had kept it", said);
    return false;
  }
  if (said.stanza.speech == Speech::presence && timeline_.now() - said.at > presence_age_max)
    fail("arrived stale", said);
  std::vector<const Said*>& pair = pairs_[{bare_of(said.stanza.from), bare_of(said.stanza.to)}];
  // One that was turned down comes once more, whenever that is.
  if (!said.turned_down) check_order(said, pair);
  pair.push_back(&said);
  return true;
}

void StanzaBook::answered(std::uint64_t stream, Said& said, const xml::Element& answer,
                          bool error) {
  const Stanza& asked = said.stanza;
  if (answer.attribute("to") != asked.from || answer.attribute("from") != asked.to)
    fail("an answer from or to somebody else", said);
  ++(error ? said.errors : said.answers);
  if (asked.speech == Speech::question) {
    // Who is told that it may be lost may have the answer all the same (xmpp 6.4), or hear from the
    // node that did get it that nobody can be asked there.
    if (said.answers > 1 || said.answers + said.errors > 2)
      fail("a question was answered twice", said);
  } else if (!error) {
    fail("an answer to what was no question", said);
  } else if (is_kept(asked.speech)) {
    auditor_.came_back(stream, asked.id, bare_of(asked.to), bare_of(asked.from));
  }
}

// xmpp 5.4: nothing is added but who held it up, and since when.
void StanzaBook::check_content(const Said& said, const xml::Element& stanza) {
  xml::Element plain = stanza;
  std::erase_if(plain.nodes, [](const xml::Element::Node& node) {
    return node.element && node.element->is(xmpp::ns::delay, "delay");
  });
  if (xmpp::stanza_bytes(plain) != said.stanza.bytes) fail("arrived changed", said);
}

// xmpp 4.7
bool StanzaBook::is_before(const Said& one, const Said& other) {
  const bool one_stream = one.stream == other.stream && one.number < other.number;
  return one_stream || (one.acknowledged != 0 && one.acknowledged < other.number);
}

// A connection that was given up may still bring what was written to it. What is kept has come
// again by then; what is not comes late.
bool StanzaBook::came_late(const Said& one, const Said& other) {
  if (is_kept(one.stanza.speech)) return false;
  return std::any_of(one.way.begin(), one.way.end(), [&other](const auto& hop) {
    const auto theirs = other.way.find(hop.first);
    return theirs != other.way.end() && hop.second < theirs->second;
  });
}

void StanzaBook::check_order(const Said& said, const std::vector<const Said*>& before_it) {
  for (const Said* other : before_it)
    if (is_before(said, *other) && !came_late(said, *other))
      return fail("overtaken by " + other->stanza.id, said);
}

// ---- the end ----

void StanzaBook::conclude() {
  for (const auto& [id, said] : said_) {
    if (said.number < strict_after_) continue;
    const bool question = said.stanza.speech == Speech::question;
    if (question && said.answers != 1) fail("a question in the calm was not answered", said);
    if (!question && said.arrived == 0) fail("did not arrive in the calm", said);
  }
}

StanzaBook::Figures StanzaBook::figures() const {
  Figures out;
  for (const auto& [id, said] : said_) {
    ++out.sent;
    out.arrived += said.arrived > 0 ? 1 : 0;
    out.answered += said.answers > 0 ? 1 : 0;
    out.sent_back += said.errors > 0 ? 1 : 0;
  }
  return out;
}

}  // namespace hanse::sim
