// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_writer.h"

#include <array>

#include "tests/catch.h"

namespace hanse::xml {
namespace {

constexpr std::array<Prefix, 2> prefixes{Prefix{"stream", "urn:streams"}, Prefix{"db", "urn:db"}};

std::string written(const Element& element) {
  std::string out;
  write(element, "urn:main", prefixes, out);
  return out;
}

TEST_CASE("a namespace is declared on the first element of a foreign subtree", "[xml]") {
  Element message("urn:main", "message");
  CHECK(written(message) == "<message/>");
  message.set("to", "b.example");
  message.add("urn:main", "body").add_text("hi");
  Element& foreign = message.add("urn:x", "x");
  foreign.add("urn:x", "y");
  foreign.add("urn:main", "body");
  foreign.add("", "none").add("", "inside");
  message.add("urn:x", "x");
  CHECK(written(message) ==
        "<message to='b.example'><body>hi</body><x xmlns='urn:x'><y/><body xmlns='urn:main'/>"
        "<none xmlns=''><inside/></none></x><x xmlns='urn:x'/></message>");
}

TEST_CASE("an element in the namespace of a prefix is written with it", "[xml]") {
  Element features("urn:streams", "features");
  features.add("urn:tls", "starttls").add("urn:tls", "required");
  features.add("urn:main", "plain");
  features.add("urn:db", "result").add_text("key");
  CHECK(written(features) ==
        "<stream:features><starttls xmlns='urn:tls'><required/></starttls><plain/>"
        "<db:result>key</db:result></stream:features>");
  Element foreign("urn:x", "x");
  foreign.add("urn:db", "result");
  CHECK(written(foreign) == "<x xmlns='urn:x'><db:result/></x>");
}

TEST_CASE("attributes in a namespace have a prefix", "[xml]") {
  Element made("urn:main", "m");
  made.set(xml_ns, "lang", "de");
  made.set("urn:db", "a", "1");
  made.set("urn:x", "b", "2");
  made.set("urn:main", "c", "3");
  made.set("urn:x", "d", "4");
  made.add(xml_ns, "odd");
  CHECK(written(made) ==
        "<m xml:lang='de' db:a='1' xmlns:ns1='urn:x' ns1:b='2' xmlns:ns2='urn:main' ns2:c='3' "
        "ns1:d='4'><xml:odd/></m>");
}

TEST_CASE("what XML would misread is escaped", "[xml]") {
  CHECK(escaped("plain") == "plain");
  CHECK(escaped("<a href=\"x\">'&'</a>") ==
        "&lt;a href=&quot;x&quot;&gt;&apos;&amp;&apos;&lt;/a&gt;");
  CHECK(escaped("a\tb\nc\rd") == "a&#9;b&#10;c&#13;d");
  CHECK(escaped("]]>") == "]]&gt;");
  CHECK(escaped("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9d") ==
        "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9d");
  Element made("urn:main", "m");
  made.set("a", "1\t2\n3\r4'5");
  made.add_text("1\t2\n3\r4<&>");
  CHECK(written(made) == "<m a='1&#9;2&#10;3&#13;4&apos;5'>1\t2\n3&#13;4&lt;&amp;&gt;</m>");
}

TEST_CASE("what is escaped is so at every place of a long text", "[xml]") {
  for (int octet = 0; octet < 0x80; ++octet) {
    const std::string one(1, static_cast<char>(octet));
    const std::string alone = escaped(one);
    for (std::size_t before = 0; before <= 16; ++before) {
      INFO("octet " << octet << " behind " << before);
      const std::string left(before, 'x'), right(16 - before, '=');
      CHECK(escaped(left + one + right) == left + alone + right);
    }
  }
}

TEST_CASE("what XML cannot hold becomes the replacement character", "[xml]") {
  using namespace std::string_view_literals;
  const std::string r = "\xef\xbf\xbd";
  CHECK(escaped("a\0b"sv) == "a" + r + "b");
  CHECK(escaped("\x01\x1f\x0b") == r + r + r);
  CHECK(escaped("\xef\xbf\xbe\xef\xbf\xbf") == r + r);       // U+FFFE, U+FFFF
  CHECK(escaped("\xed\xa0\x80") == r + r + r);               // a surrogate
  CHECK(escaped("\xc3") == r);                               // cut
  CHECK(escaped("\xc0\xaf\xff") == r + r + r);               // overlong, no lead
  CHECK(escaped("\xf4\x90\x80\x80") == r + r + r + r);       // beyond Unicode
}

TEST_CASE("depth costs the writer no stack", "[xml]") {
  Element top("urn:main", "m");
  Element* deepest = &top;
  for (int depth = 0; depth < 1000; ++depth) deepest = &deepest->add("urn:main", "m");
  CHECK(written(top).size() == 1000 * 7 + 4);
}

}  // namespace
}  // namespace hanse::xml
