// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/stanza.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "protocols/wire/xml_writer.h"
#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/stream_head.h"
#include "server/base/limits.h"

namespace hanse::xmpp {

namespace {

using namespace std::chrono_literals;

constexpr Duration delay_least = 30s;         // xmpp 5.4

// Says nothing that a person would miss an hour later.
bool is_fleeting(const xml::Element& child) {
  return child.ns == ns::chat_states || child.ns == ns::markers || child.ns == ns::receipts;
}

// RFC 6121 5.2, XEP-0334: what is worth the disk has a body, a subject, or something in it that is
// neither a hint nor a notice of the moment, an encrypted payload for example.
bool is_worth_the_disk(const xml::Element& message) {
  bool content = false;
  for (const xml::Element::Node& node : message.nodes) {
    if (!node.element) continue;
    const xml::Element& child = *node.element;
    if (child.ns == ns::hints) {
      if (child.name == "no-store" || child.name == "no-permanent-store") return false;
      if (child.name == "store") content = true;
      continue;
    }
    if (!is_fleeting(child) && child.name != "thread") content = true;
  }
  return content;
}

Handling handling_of_message(const xml::Element& message) {
  if (message.attribute("type") == "error")
    return {Flow::live, -limits::short_patience_max, true, false};   // xmpp 9.4
  if (is_worth_the_disk(message)) return {Flow::swift, {}, false, true};
  return {Flow::live, limits::short_patience_max, true, false};
}

Handling handling_of_presence(const xml::Element& presence) {
  const std::string_view type = presence.attribute("type");
  constexpr std::array<std::string_view, 4> subscriptions{"subscribe", "subscribed",
                                                          "unsubscribe", "unsubscribed"};
  if (std::find(subscriptions.begin(), subscriptions.end(), type) != subscriptions.end())
    return {Flow::swift, limits::subscription_patience_max, false, true};
  if (type.empty()) return {Flow::latest, limits::presence_patience_max, true, false};   // xmpp 4.9
  if (type == "unavailable")
    return {Flow::latest, -limits::presence_patience_max, true, false};   // xmpp 9.4
  const Duration patience = limits::short_patience_max;
  return {Flow::live, type == "error" ? -patience : patience, true, false};
}

}  // namespace

bool is_stanza(const xml::Element& element) {
  return element.ns == ns::server &&
         (element.name == "message" || element.name == "presence" || element.name == "iq");
}

Handling handling_of(const xml::Element& stanza) {
  if (stanza.name == "message") return handling_of_message(stanza);
  if (stanza.name == "presence") return handling_of_presence(stanza);
  const std::string_view type = stanza.attribute("type");
  return {Flow::live, limits::short_patience_max, type != "get" && type != "set", false};
}

Submission to_submission(const Carried& carried) {
  const Handling handling = handling_of(carried.stanza);
  Submission out;
  Envelope& envelope = out.envelope;
  envelope.flow = handling.durable_class && carried.promised ? Flow::durable : handling.flow;
  envelope.patience = handling.patience;
  if (handling.durable_class && carried.bounces) envelope.patience = limits::short_patience_max;
  envelope.from = {"xmpp", carried.from.local, carried.from.domain};
  envelope.to.push_back({"xmpp", carried.to.local, carried.to.domain});
  if (handling.flow == Flow::latest) {
    envelope.key = {"xmpp", carried.from.domain, to_text(carried.from) + ' ' + to_text(carried.to)};
  } else {
    envelope.key = {"xmpp", carried.from.domain, std::string(carried.stanza.attribute("id"))};
  }
  // Reports on a stanza that nobody is told about would be made for nothing.
  envelope.is_report = handling.silent;
  auto bytes = std::make_shared<std::string>(stanza_bytes(carried.stanza));
  out.body.size = bytes->size();
  out.body.bytes = std::move(bytes);
  return out;
}

void tell_for_sure(const xml::Element& original, Submission& answer) {
  Envelope& envelope = answer.envelope;
  if (handling_of(original).durable_class) envelope.patience = std::chrono::abs(envelope.patience);
}

std::string stanza_bytes(const xml::Element& stanza) {
  std::string out;
  out.reserve(512);
  write_element(stanza, out);
  return out;
}

namespace {

// Takes the one element of a document that we wrote ourselves.
class One final : public xml::StreamHandler {
 public:
  bool on_open(xml::Element, std::vector<xml::Declaration>) override { return true; }
  bool on_element(xml::Element&& element) override {
    element_ = std::move(element);
    return true;
  }
  bool on_close() override { return true; }
  std::optional<xml::Element> element_;
};

xml::StreamLimits own_limits() {
  return {limits::body_memory_bytes_max * 8, 256, 100'000, 1000, 1024, 1024, 256, 100'000};
}

}  // namespace

Result<xml::Element> read_stanza(std::string_view bytes) {
  One one;
  xml::StreamReader reader(own_limits());
  auto head = reader.feed(write_head({}), one);
  if (!head.fault) head = reader.feed(bytes, one);
  if (head.fault) return Error{Fault::broken, "a stored stanza is damaged: " + head.fault->what};
  if (!one.element_) return Error{Fault::broken, "a stored stanza is cut short"};
  return *std::move(one.element_);
}

bool is_kept(const Envelope& envelope) {
  return envelope.flow == Flow::durable || envelope.flow == Flow::swift;
}

void append_stanza(const Envelope& envelope, std::string_view bytes, std::string_view by,
                   UtcTime now, std::string& out) {
  if (is_kept(envelope) && now - envelope.accepted > delay_least)
    out += with_delay(bytes, by, envelope.accepted);
  else
    out += bytes;
}

// The canonical form ends in "</message>" or in "/>": what is put in goes before that.
std::string with_delay(std::string_view bytes, std::string_view by, UtcTime stamp) {
  std::string delay = "<delay xmlns='" + std::string(ns::delay) + "' from='";
  xml::escape_into(by, delay);
  delay += "' stamp='" + date_time(stamp) + "'/>";
  if (bytes.ends_with("/>")) {
    const std::size_t name_end = std::min(bytes.find_first_of(" /"), bytes.size());
    std::string out(bytes.substr(0, bytes.size() - 2));
    return out + ">" + delay + "</" + std::string(bytes.substr(1, name_end - 1)) + ">";
  }
  const std::size_t end = bytes.rfind("</");
  if (end == std::string_view::npos) return std::string(bytes);
  return std::string(bytes.substr(0, end)) + delay + std::string(bytes.substr(end));
}

std::string date_time(UtcTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(at - day));
  std::array<char, 40> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(std::max(length, 0)));
}

}  // namespace hanse::xmpp
