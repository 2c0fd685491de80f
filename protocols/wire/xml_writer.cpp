// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_writer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "server/base/utf8.h"

namespace hanse::xml {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

// Where an octet may stand as it is. Text keeps TAB and LF; an attribute would lose them when it
// is read (XML 1.0 3.3.3), and CR is lost everywhere (2.11).
enum Place : std::uint8_t { in_text = 1, in_attribute = 2 };

constexpr std::array<std::uint8_t, 256> plain_places = [] {
  std::array<std::uint8_t, 256> places{};
  for (std::size_t octet = ' '; octet < 0x80; ++octet) places[octet] = in_text | in_attribute;
  places['\t'] = places['\n'] = in_text;
  for (const char special : {'&', '<', '>', '"', '\''}) {
    places[static_cast<unsigned char>(special)] = 0;
  }
  return places;
}();

bool is_plain(char octet, Place place) {
  return (plain_places[static_cast<unsigned char>(octet)] & place) != 0;
}

// Of eight octets at once: none is a control, beyond ASCII or special.
bool are_plain(const char* eight) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  constexpr auto all = [](char octet) { return ones * static_cast<unsigned char>(octet); };
  constexpr auto zeros = [](std::uint64_t word) { return (word - ones) & ~word & tops; };
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  const std::uint64_t controls = (word - all(' ')) & ~word & tops;
  // '&' and '\'' differ in one bit only, and so do '<' and '>'.
  const std::uint64_t special = zeros((word & ~ones) ^ all('&')) | zeros(word ^ all('"')) |
                                zeros((word & ~(ones * 2)) ^ all('<'));
  return ((word & tops) | controls | special) == 0;
}

void append_reference(char octet, std::string& out) {
  switch (octet) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    case '\'': out += "&apos;"; break;
    case '\t': out += "&#9;"; break;
    case '\n': out += "&#10;"; break;
    case '\r': out += "&#13;"; break;
    default: out += replacement;  // XML 1.0 2.2: no other control can be written at all
  }
}

void append_escaped(std::string_view text, Place place, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t plain = at;  // whole runs at once: nearly all text is plain
    while (plain + 8 <= text.size() && are_plain(text.data() + plain)) plain += 8;
    while (plain < text.size() && is_plain(text[plain], place)) ++plain;
    out.append(text, at, plain - at);
    at = plain;
    if (at == text.size()) return;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_reference(text[at], out);
      ++at;
      continue;
    }
    const Utf8Character character = read_utf8(text.substr(at));
    if (character.length == 0 || character.point == 0xfffe || character.point == 0xffff) {
      out += replacement;
    } else {
      out.append(text, at, character.length);
    }
    at += std::max<std::size_t>(character.length, 1);
  }
}

void append_attribute(std::string_view prefix, std::string_view name, std::string_view value,
                      std::string& out) {
  out += ' ';
  if (!prefix.empty()) out.append(prefix) += ':';
  out.append(name) += "='";
  append_escaped(value, in_attribute, out);
  out += '\'';
}

// An element whose start has been written.
struct Open {
  const Element* element;
  std::string_view prefix;      // it was written with
  std::string_view default_ns;  // inside of it
  std::size_t next = 0;         // of its nodes
};

class Writer {
 public:
  Writer(std::span<const Prefix> prefixes, std::string& out) : prefixes_(prefixes), out_(out) {}

  // No recursion: what is open is in a list.
  void write(const Element& top, std::string_view default_ns) {
    open_.reserve(8);
    start(top, default_ns);
    while (!open_.empty()) {
      Open& last = open_.back();
      if (last.next == last.element->nodes.size()) {
        end();
        continue;
      }
      const Element::Node& node = last.element->nodes[last.next++];
      if (node.element) {
        start(*node.element, last.default_ns);
      } else {
        append_escaped(node.text, in_text, out_);
      }
    }
  }

 private:
  void start(const Element& element, std::string_view default_ns) {
    const bool foreign = element.ns != default_ns;
    const std::string_view prefix = foreign ? prefix_of(element.ns) : std::string_view();
    const bool declares = foreign && prefix.empty();
    out_ += '<';
    if (!prefix.empty()) out_.append(prefix) += ':';
    out_ += element.name;
    if (declares) append_attribute({}, "xmlns", element.ns, out_);
    write_attributes(element);
    if (element.nodes.empty()) {
      out_ += "/>";
    } else {
      out_ += '>';
      open_.push_back({&element, prefix, declares ? element.ns : default_ns});
    }
  }

  void end() {
    const Open& last = open_.back();
    out_ += "</";
    if (!last.prefix.empty()) out_.append(last.prefix) += ':';
    out_.append(last.element->name) += '>';
    open_.pop_back();
  }

  void write_attributes(const Element& element) {
    std::vector<std::string_view> declared;  // here, as ns1, ns2, ...
    for (const Attribute& attribute : element.attributes) {
      if (attribute.ns.empty()) {
        append_attribute({}, attribute.name, attribute.value, out_);
        continue;
      }
      const std::string_view known = prefix_of(attribute.ns);
      if (!known.empty()) {
        append_attribute(known, attribute.name, attribute.value, out_);
        continue;
      }
      auto found = std::find(declared.begin(), declared.end(), attribute.ns);
      const std::string prefix = "ns" + std::to_string(found - declared.begin() + 1);
      if (found == declared.end()) {
        declared.push_back(attribute.ns);
        append_attribute("xmlns", prefix, attribute.ns, out_);
      }
      append_attribute(prefix, attribute.name, attribute.value, out_);
    }
  }

  std::string_view prefix_of(std::string_view ns) const {
    if (ns == xml_ns) return "xml";  // Namespaces in XML 3: it is bound to no other, no other to it
    for (const Prefix& prefix : prefixes_) {
      if (prefix.ns == ns) return prefix.prefix;
    }
    return {};
  }

  std::span<const Prefix> prefixes_;
  std::string& out_;
  std::vector<Open> open_;
};

}  // namespace

void write(const Element& element, std::string_view default_ns, std::span<const Prefix> prefixes,
           std::string& out) {
  Writer(prefixes, out).write(element, default_ns);
}

std::string escaped(std::string_view text) {
  std::string out;
  escape_into(text, out);
  return out;
}

void escape_into(std::string_view text, std::string& out) {
  append_escaped(text, in_attribute, out);
}

}  // namespace hanse::xml
