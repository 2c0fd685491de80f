// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hanse::xml {

// What the prefix xml: stands for, declared or not.
inline constexpr std::string_view xml_ns = "http://www.w3.org/XML/1998/namespace";

struct Attribute {
  std::string ns;  // empty: in none
  std::string name, value;
  bool operator==(const Attribute&) const = default;
};

// An element by what it means: names are pairs of namespace and local name, prefixes are gone.
// A value; copies are deep. References to children stay good while siblings are added. Copying,
// comparing and destroying descend to the depth of the tree, which the reader bounds.
class Element {
 public:
  struct Node;  // a child, or the text between two children

  Element();
  Element(std::string_view its_ns, std::string_view its_name);
  Element(const Element& other);
  Element(Element&& other) noexcept;
  Element& operator=(const Element& other);
  Element& operator=(Element&& other) noexcept;
  ~Element();
  bool operator==(const Element& other) const;

  bool is(std::string_view its_ns, std::string_view its_name) const {
    return name == its_name && ns == its_ns;
  }

  // Attributes in no namespace; those in one by the pair. Empty when absent.
  std::string_view attribute(std::string_view its_name) const { return attribute({}, its_name); }
  std::string_view attribute(std::string_view its_ns, std::string_view its_name) const;
  bool has(std::string_view its_name) const;
  void set(std::string_view its_name, std::string_view value) { set({}, its_name, value); }
  void set(std::string_view its_ns, std::string_view its_name, std::string_view value);

  // The first child of that name; the first of any; null when there is none.
  const Element* child(std::string_view its_ns, std::string_view its_name) const;
  const Element* first_child() const;
  std::size_t child_count() const;

  std::string text() const;  // what stands directly inside, joined; not that of the children

  Element& add(std::string_view its_ns, std::string_view its_name);  // appends; gives the child
  Element& add(Element child);                                       // appends; gives the child
  Element& add_text(std::string_view text);                          // appends; gives *this

  std::string ns, name;
  std::vector<Attribute> attributes;
  std::vector<Node> nodes;
};

struct Element::Node {
  std::string text;                  // only when there is no element
  std::unique_ptr<Element> element;  // null: this is text

  explicit Node(std::string its_text) : text(std::move(its_text)) {}
  explicit Node(Element its_element);
  Node(const Node& other);
  Node(Node&& other) noexcept = default;
  Node& operator=(const Node& other);
  Node& operator=(Node&& other) noexcept = default;
  bool operator==(const Node& other) const;
};

}  // namespace hanse::xml
