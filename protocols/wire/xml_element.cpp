// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_element.h"

#include <algorithm>

namespace hanse::xml {
namespace {

auto find(const std::vector<Attribute>& attributes, std::string_view ns, std::string_view name) {
  return std::find_if(attributes.begin(), attributes.end(), [&](const Attribute& attribute) {
    return attribute.name == name && attribute.ns == ns;
  });
}

}  // namespace

Element::Element() = default;
Element::Element(std::string_view its_ns, std::string_view its_name) : ns(its_ns), name(its_name) {}
Element::Element(const Element& other) = default;
Element::Element(Element&& other) noexcept = default;
Element& Element::operator=(const Element& other) = default;
Element& Element::operator=(Element&& other) noexcept = default;
Element::~Element() = default;
bool Element::operator==(const Element& other) const = default;

std::string_view Element::attribute(std::string_view its_ns, std::string_view its_name) const {
  const auto found = find(attributes, its_ns, its_name);
  return found == attributes.end() ? std::string_view() : found->value;
}

bool Element::has(std::string_view its_name) const {
  return find(attributes, {}, its_name) != attributes.end();
}

void Element::set(std::string_view its_ns, std::string_view its_name, std::string_view value) {
  const auto found = find(attributes, its_ns, its_name);
  if (found == attributes.end()) {
    attributes.push_back({std::string(its_ns), std::string(its_name), std::string(value)});
  } else {
    attributes[static_cast<std::size_t>(found - attributes.begin())].value = value;
  }
}

const Element* Element::child(std::string_view its_ns, std::string_view its_name) const {
  for (const Node& node : nodes) {
    if (node.element && node.element->is(its_ns, its_name)) return node.element.get();
  }
  return nullptr;
}

const Element* Element::first_child() const {
  for (const Node& node : nodes) {
    if (node.element) return node.element.get();
  }
  return nullptr;
}

std::size_t Element::child_count() const {
  return static_cast<std::size_t>(std::count_if(
      nodes.begin(), nodes.end(), [](const Node& node) { return node.element != nullptr; }));
}

std::string Element::text() const {
  std::string joined;
  for (const Node& node : nodes) joined += node.text;
  return joined;
}

Element& Element::add(std::string_view its_ns, std::string_view its_name) {
  return add(Element(its_ns, its_name));
}

Element& Element::add(Element child) {
  nodes.emplace_back(std::move(child));
  return *nodes.back().element;
}

Element& Element::add_text(std::string_view text) {
  if (text.empty()) return *this;
  if (!nodes.empty() && !nodes.back().element) {
    nodes.back().text += text;
  } else {
    nodes.emplace_back(std::string(text));
  }
  return *this;
}

Element::Node::Node(Element its_element)
    : element(std::make_unique<Element>(std::move(its_element))) {}

Element::Node::Node(const Node& other)
    : text(other.text),
      element(other.element ? std::make_unique<Element>(*other.element) : nullptr) {}

Element::Node& Element::Node::operator=(const Node& other) {
  if (this != &other) *this = Node(other);
  return *this;
}

bool Element::Node::operator==(const Node& other) const {
  if (!element || !other.element) return !element && !other.element && text == other.text;
  return *element == *other.element;
}

}  // namespace hanse::xml
