// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_stream.h"

#include <malloc.h>

#include <string>

#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/unit/protocols/wire/xml_events.h"

namespace hanse::xml {
namespace {

constexpr std::string_view head = "<s:s xmlns='m' xmlns:s='t'>";

// The last thing that is said of it, however it is split.
std::string last_of(const std::string& bytes, const StreamLimits& limits) {
  return events_of_splits(std::string(head) + bytes, limits).back();
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string made;
  for (std::size_t count = 0; count < times; ++count) made += part;
  return made;
}

// Counts and forgets.
class Counter : public StreamHandler {
 public:
  bool on_open(Element, std::vector<Declaration>) override { return true; }
  bool on_element(Element&& element) override {
    ++elements;
    attributes += element.attributes.size();
    return true;
  }
  bool on_close() override { return true; }
  std::size_t elements = 0, attributes = 0;
};

std::size_t memory_bytes() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

TEST_CASE("an element may have so many bytes", "[xml]") {
  StreamLimits limits = roomy;
  limits.element_bytes_max = 50;
  const std::string fits = "<a b='" + std::string(41, 'x') + "'/>";
  REQUIRE(fits.size() == 50);
  CHECK(last_of(fits, limits).starts_with("element"));
  CHECK(last_of(fits + fits + "</s:s>", limits) == "close");
  CHECK(last_of("<a b='" + std::string(42, 'x') + "'/>", limits) == "fault too_big");
  // Not yet over, but it cannot fit any more: in a tag, in quotes, in text, in CDATA.
  for (const std::string& start : {std::string("<"), std::string("<a b='"), std::string("<a>"),
                                   std::string("<a><![CDATA["), std::string("</")}) {
    INFO(start);
    CHECK(last_of(start + std::string(50 - start.size(), 'x'), limits) == "fault too_big");
    CHECK(last_of(start + std::string(49 - start.size(), 'x'), limits).starts_with("open"));
  }
  CHECK(events_of_splits("<s a='" + std::string(60, 'x') + "'>", limits).back() ==
        "fault too_big");
  // What is wrong in front of the end of the allowed bytes counts first.
  CHECK(last_of("<a>\x01" + std::string(60, 'x'), limits) == "fault not_well_formed");
}

TEST_CASE("what is wrong with the text of an element that is too large is told first", "[xml]") {
  StreamLimits tight = roomy;
  tight.element_bytes_max = 400;
  const std::string rest(500, 'x');
  for (const std::string begin : {"<a>\xff", "<a><![CDATA[\xff"})
    CHECK(events_of_splits("<s>" + begin + rest, tight).back() == "fault not_well_formed");
  CHECK(events_of_splits("<s><a><![CDATA[" + rest, tight).back() == "fault too_big");
}

TEST_CASE("an unfinished tag costs no more memory than an element may have bytes", "[xml]") {
  for (const std::string start : {"<a b='", "<a ", "<", "<a><![CDATA[", "<a>"}) {
    Counter counter;
    StreamLimits limits = roomy;
    limits.element_bytes_max = 8 * 1024;
    StreamReader reader(limits);
    reader.feed(std::string(head) + start, counter);
    const std::size_t before = memory_bytes();
    for (int piece = 0; piece < 1000; ++piece) reader.feed(std::string(1000, 'x'), counter);
    CHECK(reader.feed("", counter).fault->kind == StreamFault::Kind::too_big);
    CHECK(memory_bytes() < before + 64 * 1024);
  }
}

TEST_CASE("elements may be so deep", "[xml]") {
  StreamLimits limits = roomy;
  limits.depth_max = 4;
  CHECK(last_of("<a><a><a><a/></a></a></a>", limits).starts_with("element"));
  CHECK(last_of("<a><a><a><a><a/>", limits) == "fault policy");
  Counter counter;
  StreamReader reader(roomy);
  reader.feed(head, counter);
  const std::size_t before = memory_bytes();
  const std::string tags = repeated("<a>", 60'000);
  CHECK(reader.feed(tags, counter).fault->kind == StreamFault::Kind::policy);
  CHECK(memory_bytes() < before + tags.size() + 256 * 1024);
}

TEST_CASE("an element may have so many attributes", "[xml]") {
  StreamLimits limits = roomy;
  limits.attributes_max = 3;
  CHECK(last_of("<a b='1' xmlns:c='2' d='3'/>", limits).starts_with("element"));
  CHECK(last_of("<a b='1' xmlns:c='2' d='=='/><e/>", limits) == "element <e xmlns='m'/>");
  CHECK(last_of("<a b='1' c='2' d='3' e='4'/>", limits) == "fault policy");
  // It is seen before the tag is over.
  CHECK(last_of("<a b='1' c='2' d='3' e=", limits) == "fault policy");
  CHECK(events_of_splits("<s a='1' b='2' c='3' d='4'>", limits).back() == "fault policy");
}

TEST_CASE("a top-level element may have so many nodes", "[xml]") {
  StreamLimits limits = roomy;
  limits.nodes_max = 4;
  CHECK(last_of("<a><b/>text<c/></a>", limits).starts_with("element"));
  CHECK(last_of("<a><b/>text<c/></a><a><b/>text<c/></a></s:s>", limits) == "close");
  CHECK(last_of("<a><b/>text<c/>text</a>", limits) == "fault policy");
  CHECK(last_of("<a b='1' c='2'><d/></a>", limits).starts_with("element"));
  CHECK(last_of("<a b='1' c='2'><d e='3'/></a>", limits) == "fault policy");
  // A text in pieces is one.
  CHECK(last_of("<a>1&amp;2<![CDATA[3]]>4&#53;<b/></a>", limits).starts_with("element"));
}

TEST_CASE("names and namespaces may be so long", "[xml]") {
  StreamLimits limits = roomy;
  limits.name_bytes_max = 5;
  limits.ns_bytes_max = 40;
  const std::string ns(41, 'n');
  CHECK(last_of("<abcde abcde='1' xmlns:abcde='" + ns.substr(1) + "'/>", limits)
            .starts_with("element"));
  for (const std::string& bad : {std::string("<abcdef/>"), std::string("<a abcdef='1'/>"),
                                 "<a xmlns='" + ns + "'/>", "<a xmlns:b='" + ns + "'/>",
                                 std::string("<a><b abcdef='1'/></a>"),
                                 std::string("<a xmlns:abcdef='n'/>")}) {
    INFO(bad);
    CHECK(last_of(bad, limits) == "fault policy");
  }
}

TEST_CASE("so many namespaces may be in scope", "[xml]") {
  StreamLimits limits = roomy;
  limits.namespaces_max = 4;
  CHECK(last_of("<a xmlns:a='1'><b xmlns:b='2'/><c xmlns:c='3'/></a>", limits)
            .starts_with("element"));
  CHECK(last_of("<a xmlns:a='1'><b xmlns:b='2' xmlns:c='3'/></a>", limits) == "fault policy");
  CHECK(last_of("<a xmlns:a='1' xmlns='2'><b/></a><a xmlns:a='3' xmlns='4'/></s:s>", limits) ==
        "close");
}

// xmpp 7.6: libxml2's dictionary forgets no name, and says no to every further one at 10 MB.
TEST_CASE("fresh names for ever leave the memory flat and the stream alive", "[xml]") {
  constexpr int names = 150'000;
  const std::string long_tail(150, 'x');
  Counter counter;
  StreamReader reader(roomy);
  reader.feed(head, counter);
  std::size_t early = 0;
  std::string some;
  for (int at = 0; at < names; at += 2) {
    const std::string number = std::to_string(at);
    some += "<a" + number + " b" + number + "='" + long_tail + "'/>";
    some += "<s:c" + long_tail + number + "/>";
    if (at == 20'000) early = memory_bytes();
    if (some.size() < limits::xml_parser_busy_bytes && at + 2 < names) continue;
    const StreamReader::Fed fed = reader.feed(some, counter);   // so much that the parser is kept
    REQUIRE_FALSE(fed.fault);
    some.clear();
  }
  CHECK(counter.elements == names);
  CHECK(memory_bytes() < early + 1024 * 1024);
}

TEST_CASE("a stream that is silent keeps no parser", "[xml]") {
  constexpr std::size_t streams = 1000;
  Counter counter;
  std::vector<StreamReader> readers;
  readers.reserve(streams);
  const std::size_t before = memory_bytes();
  for (std::size_t n = 0; n < streams; ++n) {
    readers.emplace_back(roomy);
    readers.back().feed(head, counter);
    readers.back().feed("<s:a><b/></s:a>", counter);
  }
  CHECK(memory_bytes() < before + streams * 2048);
  CHECK(counter.elements == streams);
  readers.front().feed("<s:a/>", counter);
  CHECK(counter.elements == streams + 1);
}

TEST_CASE("a parser made anew knows the namespaces of the header", "[xml]") {
  StreamLimits limits = roomy;
  limits.dictionary_names_max = 0;  // made anew behind every element
  const std::string bytes =
      "<s:s xmlns='m&amp;&apos;&#10;' xmlns:s='t' xmlns:db='d&lt;' xml:lang='de' a='1'>"
      "<a/><db:b c='1'/> <s:d xml:lang='en'><e/></s:d><f xmlns='n'/><a/></s:s>";
  const std::vector<std::string> expected = events_of_splits(bytes, roomy);
  CHECK(expected.size() == 7);
  CHECK(expected.back() == "close");
  CHECK(events_of_splits(bytes, limits) == expected);
  CHECK(last_of("<a/></s>", limits) == "fault not_well_formed");
  CHECK(last_of("<a/><db:b/>", limits) == "fault bad_namespace_prefix");
  StreamLimits few = limits;
  few.namespaces_max = 3;
  CHECK(last_of("<a xmlns='1'/><a xmlns='1'/></s:s>", few) == "close");
}

TEST_CASE("an honest stream lives long, and a large element leaves no large buffer", "[xml]") {
  Counter counter;
  StreamReader reader(roomy);
  reader.feed(head, counter);
  std::string some;
  for (int at = 0; at < 100; ++at) {
    some += "<message to='x@b.example' from='y@a.example' id='" + std::to_string(at) +
            "'><body>what is said " + std::string(100, 'x') + "</body></message>\n";
  }
  reader.feed(some, counter);
  const std::string large = "<a b='" + std::string(200'000, 'x') + "'/>";
  const std::size_t early = memory_bytes();
  // More than the 10 MB at which libxml2 calls an input huge.
  for (int round = 0; round < 800; ++round) REQUIRE_FALSE(reader.feed(some, counter).fault);
  CHECK(counter.elements == 80'100);
  CHECK(counter.attributes == 3 * 80'100);
  for (std::size_t at = 0; at < large.size(); at += 1000) {
    REQUIRE_FALSE(reader.feed(std::string_view(large).substr(at, 1000), counter).fault);
  }
  CHECK(counter.elements == 80'101);
  CHECK(memory_bytes() < early + 16 * 1024);
}

TEST_CASE("an idle stream is small", "[xml]") {
  const std::size_t before = memory_bytes();
  std::vector<StreamReader> readers;
  Counter counter;
  for (int count = 0; count < 100; ++count) {
    readers.emplace_back(roomy);
    readers.back().feed(std::string(head) + "<a/><b c='1'>text</b>", counter);
  }
  CHECK((memory_bytes() - before) / readers.size() < 18 * 1024);
}

}  // namespace
}  // namespace hanse::xml
