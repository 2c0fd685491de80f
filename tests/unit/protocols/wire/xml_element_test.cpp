// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_element.h"

#include "tests/catch.h"

namespace hanse::xml {
namespace {

Element message() {
  Element made("a", "message");
  made.set("to", "b.example");
  made.set(xml_ns, "lang", "de");
  made.add_text("one ");
  made.add("a", "body").add_text("hello");
  made.add_text("two").add_text(" three");
  made.add("b", "body").add("c", "deep").add_text("down");
  return made;
}

TEST_CASE("an element tells its attributes by name and by namespace", "[xml]") {
  Element made = message();
  CHECK(made.is("a", "message"));
  CHECK_FALSE(made.is("b", "message"));
  CHECK_FALSE(made.is("a", "iq"));
  CHECK(made.attribute("to") == "b.example");
  CHECK(made.attribute("from").empty());
  CHECK(made.attribute("lang").empty());
  CHECK(made.attribute(xml_ns, "lang") == "de");
  CHECK(made.has("to"));
  CHECK_FALSE(made.has("lang"));
  made.set("to", "c.example");
  made.set("id", "");
  CHECK(made.attribute("to") == "c.example");
  CHECK(made.has("id"));
  CHECK(made.attributes.size() == 3);
}

TEST_CASE("an element finds its children and joins its own text only", "[xml]") {
  const Element made = message();
  REQUIRE(made.child("b", "body") != nullptr);
  CHECK(made.child("b", "body")->child("c", "deep")->text() == "down");
  CHECK(made.child("c", "body") == nullptr);
  CHECK(made.child("c", "deep") == nullptr);
  CHECK(made.first_child() == made.child("a", "body"));
  CHECK(made.child_count() == 2);
  CHECK(made.nodes.size() == 4);
  CHECK(made.text() == "one two three");
  CHECK(Element("a", "b").first_child() == nullptr);
  CHECK(Element("a", "b").add_text("").nodes.empty());
}

TEST_CASE("copies of an element are deep and equal", "[xml]") {
  const Element made = message();
  Element copy = made;
  CHECK(copy == made);
  copy.nodes[3].element->nodes[0].element->add_text("!");
  CHECK_FALSE(copy == made);
  CHECK(made.child("b", "body")->child("c", "deep")->text() == "down");
  copy = made;
  CHECK(copy == made);
  copy.nodes[0] = made.nodes[1];
  CHECK_FALSE(copy == made);
  CHECK(*copy.nodes[0].element == *made.nodes[1].element);
  const Element moved = std::move(copy);
  CHECK(moved.child_count() == 3);
}

TEST_CASE("a child stays where it is while siblings come", "[xml]") {
  Element made("a", "list");
  Element& first = made.add("a", "first");
  for (int count = 0; count < 100; ++count) made.add(Element("a", "more"));
  first.add_text("still here");
  CHECK(made.first_child()->text() == "still here");
}

}  // namespace
}  // namespace hanse::xml
