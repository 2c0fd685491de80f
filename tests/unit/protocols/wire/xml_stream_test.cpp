// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_stream.h"

#include "tests/catch.h"
#include "tests/unit/protocols/wire/xml_events.h"

namespace hanse::xml {
namespace {

using Lines = std::vector<std::string>;

const std::string head = "<s:s xmlns='m' xmlns:s='t'>";
const std::string opened = "open <s xmlns='t'/> =m s=t";

// What follows the header of a stream says so, however it is split.
Lines inside(std::string_view bytes, const StreamLimits& limits = roomy) {
  Lines lines = events_of_splits(head + std::string(bytes), limits);
  REQUIRE(!lines.empty());
  CHECK(lines.front() == opened);
  lines.erase(lines.begin());
  return lines;
}

std::string fault_of(std::string_view bytes, const StreamLimits& limits = roomy) {
  INFO(bytes);
  const Lines lines = inside(bytes, limits);
  CHECK(lines.size() == 1);
  return lines.empty() ? "nothing" : lines.back();
}

std::string prolog_fault(std::string_view bytes) {
  INFO(bytes);
  const Lines lines = events_of_splits(bytes);
  CHECK(lines.size() == 1);
  return lines.empty() ? "nothing" : lines.back();
}

TEST_CASE("a stream is a header, elements and an end", "[xml]") {
  const Lines lines = events_of_splits(
      "<?xml version='1.0'?><stream:stream xmlns='jabber:server' to='b.example' "
      "xmlns:db='jabber:server:dialback' version=\"1.0\" xmlns:stream='urn:streams' "
      "xml:lang='en'><stream:features><a xmlns='urn:a'/></stream:features> \r\n\t"
      "<message to='x@b.example' xmlns:y='urn:y' y:z='>'><body>a &lt; b &#x20AC;</body>"
      "<x xmlns='urn:x'><body/></x></message><db:result>12</db:result></stream:stream>");
  CHECK(lines == Lines{
      "open <stream xmlns='urn:streams' to='b.example' version='1.0' xml:lang='en'/> "
      "=jabber:server db=jabber:server:dialback stream=urn:streams",
      "element <features xmlns='urn:streams'><a xmlns='urn:a'/></features>",
      "element <message xmlns='jabber:server' to='x@b.example' xmlns:ns1='urn:y' ns1:z='&gt;'>"
      "<body>a &lt; b \xe2\x82\xac</body><x xmlns='urn:x'><body/></x></message>",
      "element <result xmlns='jabber:server:dialback'>12</result>", "close"});
}

TEST_CASE("prefixes are what they were declared to be, not what they are called", "[xml]") {
  CHECK(events_of_splits("<a:x xmlns:a='t' xmlns='n'><b xmlns:a='u'><a:c/></b><a:d/></a:x>") ==
        Lines{"open <x xmlns='t'/> a=t =n", "element <b xmlns='n'><c xmlns='u'/></b>",
              "element <d xmlns='t'/>", "close"});
  CHECK(events_of_splits("<x><y xmlns='n'><z xmlns=''/></y></x>") ==
        Lines{"open <x/>", "element <y xmlns='n'><z xmlns=''/></y>", "close"});
  CHECK(events_of_splits("<x xmlns='n'/>") == Lines{"open <x xmlns='n'/> =n", "close"});
  CHECK(inside("<a b = 'c'\n d=\"'\" /><e  ></e >") ==
        Lines{"element <a xmlns='m' b='c' d='&apos;'/>", "element <e xmlns='m'/>"});
}

TEST_CASE("text is what is meant, in one piece", "[xml]") {
  CHECK(inside("<a>1<![CDATA[<b>&amp;]</b>]]]>2&amp;&#50;\r\n&quot;</a>") ==
        Lines{"element <a xmlns='m'>1&lt;b&gt;&amp;amp;]&lt;/b&gt;]2&amp;2\n&quot;</a>"});
  CHECK(inside("<a><![CDATA[]]><b/><![CDATA[]]]]><![CDATA[>]]></a>") ==
        Lines{"element <a xmlns='m'><b/>]]&gt;</a>"});
  CHECK(inside("<a b='1&amp;2&#38;lt;3&lt;&amp;#38;'/>") ==
        Lines{"element <a xmlns='m' b='1&amp;2&amp;lt;3&lt;&amp;#38;'/>"});
  CHECK(inside("<a b=' \n\t&#10;\r\n'>&#13;</a>") ==
        Lines{"element <a xmlns='m' b='   &#10; '>&#13;</a>"});
  std::string high, expected;
  for (int count = 0; count < 400; ++count) high += "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\x9d";
  CHECK(events_by(1, "<a><b>" + high + "</b>")[1] == "element <b>" + high + "</b>");
  CHECK(events_by(7, "<a><b c='" + high + "'/>")[1] == "element <b c='" + high + "'/>");
}

TEST_CASE("a handler may stop behind each event", "[xml]") {
  const std::string bytes = head + " <a/>\n<b><c/></b></s:s>rest";
  StreamReader reader(roomy);
  Events heard;
  heard.stops = true;
  std::string_view rest = bytes;
  std::vector<std::string> rests;
  while (!rest.empty()) {
    const StreamReader::Fed fed = reader.feed(rest, heard);
    CHECK_FALSE(fed.fault);
    rest.remove_prefix(fed.consumed);
    rests.emplace_back(rest);
  }
  CHECK(rests == Lines{" <a/>\n<b><c/></b></s:s>rest", "\n<b><c/></b></s:s>rest", "</s:s>rest",
                       "rest", ""});
  CHECK(heard.lines.size() == 4);
  CHECK(heard.space == 2);
}

TEST_CASE("a restart keeps the limits and nothing else", "[xml]") {
  StreamReader reader(roomy);
  Events heard;
  reader.feed(head + "<half", heard);
  StreamLimits small = roomy;
  small.element_bytes_max = 30;
  reader.set_limits(small);
  reader.restart();
  CHECK_FALSE(reader.feed("\n<?xml version='1.0'?>" + head + "<a/>", heard).fault);
  CHECK(heard.lines == Lines{opened, opened, "element <a xmlns='m'/>"});
  CHECK(reader.feed("<a b='1234567890123456789012345'/>", heard).fault->kind ==
        StreamFault::Kind::too_big);
  CHECK(reader.feed("<a/>", heard).fault->kind == StreamFault::Kind::too_big);
  CHECK(reader.feed("<a/>", heard).consumed == 0);
  reader.restart();
  CHECK_FALSE(reader.feed("<s:s xmlns:s='t'>", heard).fault);
}

TEST_CASE("what stands before the root is checked before the parser sees it", "[xml]") {
  using namespace std::string_literals;
  for (const std::string& good : Lines{
        "", "\xef\xbb\xbf", "\xef\xbb\xbf<?xml version='1.0'?>", "<?xml version='1.0' ?>\r\n",
        "<?xml version = \"1.0\" encoding='UTF-8'?>", "<?xml\tversion='1.0'\nencoding='utf-8'?>",
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>", " \n",
        "<?xml version='1.0' standalone='yes'?>"}) {
    INFO(good);
    CHECK(events_of_splits(good + head) == Lines{opened});
  }
  for (const std::string& bad : Lines{
        "\xfe\xff"s, "\xff\xfe"s, "\xff\xfe\0\0"s, "\0<"s, "<\0"s, "\0\0\0<"s, "\xef\xbb\xbf\0"s,
        "<?xml version='1.1'?>"s, "<?xml version='1.0' encoding='UTF-16'?>"s,
        "<?xml version='1.0' encoding='ISO-8859-1'?>"s, "<?xml version='1.0' standalone='no'?>"s}) {
    CHECK(prolog_fault(bad + head) == "fault unsupported_encoding");
  }
  for (const std::string& bad : Lines{
        "GET / HTTP/1.1\r\n"s, "\x16\x03\x01"s, "\xef\xbb<"s, "\xff<"s, "\x01"s, "<?xml?>"s,
        "<?xml encoding='UTF-8'?>"s, "<?xml version='1.0>"s, "<?xml version='1.0'>"s,
        "<?xml version='1.0' standalone='maybe'?>"s, "<?xml version='1.0'encoding='UTF-8'?>"s,
        "<?xml version='1.0' encoding='UTF-8' version='1.0'?>"s, "<?xml version=1.0?>"s,
        "<?xml version='1.0' x"s + std::string(300, ' '), "< a>"s, "<>"s, "</a>"s}) {
    CHECK(prolog_fault(bad + head) == "fault not_well_formed");
  }
  for (const std::string& bad : Lines{
        "<!-- -->"s, "<!DOCTYPE s>"s, "<?xml version='1.0'?><!DOCTYPE s [<!ENTITY a 'b'>]>"s,
        "<?x y?>"s, "<?xml-stylesheet a?>"s, "<?xml version='1.0'?><?xml version='1.0'?>"s,
        "<?XML version='1.0'?>"s}) {
    CHECK(prolog_fault(bad + head) == "fault restricted");
  }
}

TEST_CASE("a declared encoding is not followed", "[xml]") {
  // Where it were, these two octets would be two letters.
  CHECK(events("<?xml version='1.0' encoding='utf-8'?><a b='\xc3\xbc'>")[0] ==
        "open <a b='\xc3\xbc'/>");
  CHECK(prolog_fault("<?xml version='1.0' encoding='latin1'?><a b='\xfc'>") ==
        "fault unsupported_encoding");
}

TEST_CASE("what XMPP leaves out of XML is refused at once", "[xml]") {
  for (const std::string& bad : Lines{
        "<!-- a -->", "<a><!-- a --></a>", "<?a b?>", "<a><?a b?></a>", "<!DOCTYPE a>",
        "<a><!DOCTYPE a></a>", "<!ENTITY a 'b'>", "<a>&nbsp;</a>", "<a b='&nbsp;'/>",
        "<a b='1&x;2'><c>&x;</c></a>", "<a><b/>&x;</a>", "<!-", "<?", "<a><!D"}) {
    CHECK(fault_of(bad) == "fault restricted");
  }
}

TEST_CASE("what is not well-formed is refused", "[xml]") {
  using namespace std::string_literals;
  for (const std::string& bad : Lines{
        "<a></b>"s, "<a><b></a>"s, "</a>"s, "<a b/>"s, "<a b=c/>"s, "<a b='1' b='2'/>"s,
        "<a b='<'/>"s, "<a <b/>"s, "<a>&</a>"s, "<a>&#0;</a>"s, "<a>&#xFFFE;</a>"s, "<a>]]></a>"s,
        "<a>&#xD800;</a>"s, "<a>\x01</a>"s, "<a b='\x02'/>"s, "<a>\0</a>"s, "<a\x0b/>"s, "<1/>"s,
        "<a>\xff</a>"s, "<a>\xc3</a>"s, "<a>\xc0\xaf</a>"s, "<a>\xed\xa0\x80</a>"s,
        "<a>\xef\xbf\xbf</a>"s, "<a>\xef\xbf\xbe</a>"s, "<a b='\xc3'/>"s, "<a b='\xed\xa0\x80'/>"s,
        "<a><![CDATA[\xff]]></a>"s, "<a><![CDATA[\x01]]></a>"s,
        "<a><![CDATA[\xc0\xbb]]></a>"s, "<a><![CDATA[\xe0\x80\xbb]]></a>"s,
        "<a><![CDAT[]]></a>"s, "< a/>"s,
        "<a/ >"s, "<>"s, "<<a/>"s, "</s:s <"s, "</s>"s, "<a:b:c xmlns:a='x'/>"s, "<a b='1'c='2'/>"s,
        "<a xmlns:x='n' xmlns:y='n' x:b='1' y:b='2'/>"s, "\x01"s, "\xff"s, "\xc0"s}) {
    CHECK(fault_of(bad) == "fault not_well_formed");
  }
}

TEST_CASE("an octet 0 is no end of what is there, wherever it stands", "[xml]") {
  const std::string zero(1, '\0');
  for (const std::string& bytes : {"<a>" + zero, "<a>text" + zero + "text<b x='", "<a" + zero,
                                   "<a x='" + zero, "<" + zero, "<a><![CDATA[" + zero})
    CHECK(fault_of(bytes) == fault_of("<a></b>"));
  CHECK(inside("<a/><a>" + zero).front().starts_with("element <a "));
}

TEST_CASE("a prefix must be declared, and the reserved ones are not ours", "[xml]") {
  for (const std::string& bad : Lines{
        "<x:a/>", "<a x:b='1'/>", "<a><x:b/></a>", "<b xmlns:x='n'/><x:a/>", "<a xmlns:xml='n'/>",
        "<a xmlns:xmlns='n'/>", "<a xmlns:x=''/>",
        "<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>"}) {
    INFO(bad);
    CHECK(inside(bad).back() == "fault bad_namespace_prefix");
  }
  CHECK(inside("<a xmlns='no uri %'/><b xmlns='r/e'/>") ==
        Lines{"element <a xmlns='no uri %'/>", "element <b xmlns='r/e'/>"});
}

TEST_CASE("text at the top level is no element, white space is ignored and counted", "[xml]") {
  for (const std::string& bad : Lines{
        "text", " \n x", "&amp;", "<![CDATA[x]]>", "\xc3\xbc", "<a/>text", ">"}) {
    INFO(bad);
    CHECK(inside(bad).back() == "fault bad_format");
  }
  Events heard;
  StreamReader reader(roomy);
  reader.feed(" \n" + head + "\t\r\n <a/> ", heard);
  CHECK(heard.space == 7);
  CHECK(heard.lines.size() == 2);
}

}  // namespace
}  // namespace hanse::xml
