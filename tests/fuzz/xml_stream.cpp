// SPDX-License-Identifier: Apache-2.0
// XML streams: bounded, equal for every segmentation, and what was read can be written and read
// again.

#include "protocols/wire/xml_stream.h"
#include "protocols/wire/xml_writer.h"
#include "server/base/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

constexpr xml::StreamLimits tight{1024, 6, 40, 8, 24, 64, 8, 20};

std::string written(const xml::Element& element) {
  std::string out;
  xml::write(element, "", {}, out);
  return out;
}

void check_text(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character character = read_utf8(text);
    const std::uint32_t point = character.point;
    require(character.length > 0, "text is UTF-8");
    require(point >= ' ' || point == '\t' || point == '\n' || point == '\r', "no controls");
    require(point != 0xfffe && point != 0xffff, "no characters that are none");
    text.remove_prefix(character.length);
  }
}

void check_name(std::string_view name, std::string_view ns) {
  require(!name.empty() && name.size() <= tight.name_bytes_max, "names are bounded");
  require(name.find_first_of(" \t\r\n:<>&='\"/") == name.npos, "names are names");
  require(ns.size() <= tight.ns_bytes_max, "namespaces are bounded");
  check_text(name);
  check_text(ns);
}

// Gives the number of nodes.
std::size_t check(const xml::Element& element, std::size_t depth) {
  require(depth <= tight.depth_max, "elements are so deep");
  require(element.attributes.size() <= tight.attributes_max, "attributes are bounded");
  check_name(element.name, element.ns);
  std::size_t nodes = 1 + element.attributes.size();
  for (const xml::Attribute& attribute : element.attributes) {
    check_name(attribute.name, attribute.ns);
    check_text(attribute.value);
  }
  bool text_before = false;
  for (const xml::Element::Node& node : element.nodes) {
    require(!text_before || node.element, "a text is in one piece");
    text_before = !node.element;
    check_text(node.text);
    nodes += node.element ? check(*node.element, depth + 1) : 1;
  }
  return nodes;
}

// What was said, as one text.
class Heard : public xml::StreamHandler {
 public:
  explicit Heard(bool stops) : stops_(stops) {}

  bool on_open(xml::Element header, std::vector<xml::Declaration> declared) override {
    told += "open " + written(header) + "\n";
    for (const xml::Declaration& each : declared) told += each.prefix + "=" + each.ns + "\n";
    check(header, 0);
    elements.push_back(std::move(header));
    return !stops_;
  }
  bool on_element(xml::Element&& element) override {
    told += "element " + written(element) + "\n";
    require(check(element, 1) <= tight.nodes_max, "nodes are bounded");
    elements.push_back(std::move(element));
    return !stops_;
  }
  bool on_close() override {
    told += "close\n";
    return !stops_;
  }

  std::string told;
  std::vector<xml::Element> elements;

 private:
  bool stops_;
};

// One stream, in pieces of so many bytes; a handler that stops is fed the rest.
class Reading {
 public:
  Reading(std::size_t piece_bytes, bool stops)
      : piece_bytes_(piece_bytes), stops_(stops), heard_(stops) {}

  void feed(std::string_view bytes) {
    while (!bytes.empty() && !over_) {
      const Exact piece(bytes.substr(0, piece_bytes_));
      const xml::StreamReader::Fed fed = reader_.feed(piece.view(), heard_);
      require(fed.consumed <= piece.view().size(), "no more is read than is there");
      if (fed.fault) {
        heard_.told += "fault " + std::to_string(static_cast<int>(fed.fault->kind));
        over_ = true;
        return;
      }
      require(fed.consumed > 0, "it goes on");
      require(stops_ || fed.consumed == piece.view().size(), "it stops only when asked to");
      bytes.remove_prefix(fed.consumed);
    }
  }

  Heard take() && { return std::move(heard_); }

 private:
  std::size_t piece_bytes_;
  bool stops_, over_ = false;
  xml::StreamReader reader_{tight};
  Heard heard_;
};

// What is wrong with text may be told no sooner than when it is over, or the element too large: so
// it is, at the end, whether that stands in a tag, in quotes or in a section.
Heard read(std::string_view bytes, std::size_t piece_bytes, bool stops) {
  Reading reading(piece_bytes, stops);
  reading.feed(bytes);
  reading.feed(std::string(tight.element_bytes_max, 'x'));
  return std::move(reading).take();
}

// Written and read again it is the same.
void check_fixed_point(const xml::Element& element) {
  constexpr xml::StreamLimits roomy{1 << 20, 64, 1 << 20, 1 << 10, 1 << 10, 1 << 10, 1 << 10, 100};
  xml::StreamReader reader(roomy);
  Heard heard(false);
  const std::string text = written(element);
  require(!reader.feed("<s>" + text, heard).fault, "what was written is well-formed");
  require(heard.elements.size() == 2, "what was written is one element");
  require(heard.elements[1] == element, "what was written says the same");
  require(written(heard.elements[1]) == text, "and is written the same again");
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse;
  std::string_view bytes = fuzz::as_text(data, size);
  fuzz::Script script(bytes);
  const std::size_t piece_bytes = script.next() + 1u;
  const fuzz::Heard whole = fuzz::read(bytes, size + 1, false);
  fuzz::require(fuzz::read(bytes, 1, false).told == whole.told, "byte by byte it is the same");
  fuzz::require(fuzz::read(bytes, piece_bytes, false).told == whole.told, "and in pieces");
  fuzz::require(fuzz::read(bytes, size + 1, true).told == whole.told, "and with stops");
  for (const xml::Element& element : whole.elements) fuzz::check_fixed_point(element);
  return 0;
}
