// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/redactor.h"

#include "server/base/limits.h"
#include "tests/catch.h"

using namespace hanse;

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(std::string_view text, RedactorWish wish = {}, std::size_t step = SIZE_MAX) {
  xmpp::StreamRedactor redactor(wish);
  Lines out;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, step);
    redactor.read(true, part, out);
    text.remove_prefix(part.size());
  }
  return out;
}

std::string joined(const Lines& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

const std::string head = "<?xml version='1.0'?><stream:stream xmlns='jabber:server' id='x1'>";
const std::string head_line = "<stream:stream xmlns='jabber:server' id='x1'>\n";

struct Case {
  std::string in, out;
};

const Case cases[] = {
    {head, head_line},
    {head + "<stream:features><starttls xmlns='urn:t'><required/></starttls></stream:features>",
     head_line + "<stream:features><starttls xmlns='urn:t'><required/></starttls>"
                 "</stream:features>\n"},
    {head + "<db:result from='b.example' to='a.example'>TOPSECRET</db:result>",
     head_line + "<db:result from='b.example' to='a.example'>[9 octets]</db:result>\n"},
    {head + "<db:verify id='1'>TOPSECRET</db:verify><r xmlns='urn:xmpp:sm:3'/>",
     head_line + "<db:verify id='1'>[9 octets]</db:verify>\n<r xmlns='urn:xmpp:sm:3'/>\n"},
    {head + "<db:result type='valid'/>", head_line + "<db:result type='valid'/>\n"},
    {head + "<auth mechanism='EXTERNAL'>TOPSECRET</auth>",
     head_line + "<auth mechanism='EXTERNAL'>[9 octets]</auth>\n"},
    {head + "<auth><![CDATA[TOPSECRET]]></auth>", head_line + "<auth>[11 octets]</auth>\n"},
    {head + "<auth><x>TOPSECRET</x></auth>", head_line + "<auth>[16 octets]</auth>\n"},
    {head + "<challenge>TOPSECRET</challenge><response>TOPSECRET</response>"
            "<success>TOPSECRET</success>",
     head_line + "<challenge>[9 octets]</challenge>\n<response>[9 octets]</response>\n"
                 "<success>[9 octets]</success>\n"},
    {head + "<handshake>TOPSECRET</handshake>", head_line + "<handshake>[9 octets]</handshake>\n"},
    {head + "<message from='u@b.example' to='v@a.example'><body>TOPSECRET</body>"
            "<x note='TOPSECRET' z='>'>TOPSECRET</x><y a='TOPSECRET'/></message>",
     head_line + "<message from='u@b.example' to='v@a.example'><body>[9 octets]</body>"
                 "<x>[9 octets]</x><y/></message>\n"},
    {head + "<enabled xmlns='urn:xmpp:sm:3' id='TOPSECRET' resume='true' max='300'/>"
            "<resume xmlns='urn:xmpp:sm:3' h='7' previd=\"TOPSECRET\"/>"
            "<sm:resumed  previd = 'TOPSECRET'  h='7'></sm:resumed><failed id='1'/>",
     head_line + "<enabled xmlns='urn:xmpp:sm:3' id='[9 octets]' resume='true' max='300'/>\n"
                 "<resume xmlns='urn:xmpp:sm:3' h='7' previd=\"[9 octets]\"/>\n"
                 "<sm:resumed  previd = '[9 octets]'  h='7'></sm:resumed>\n<failed id='1'/>\n"},
    {head + " \n<a h='1'/> ", head_line + "<a h='1'/>\n"},
    {head + "<stream:error><host-unknown/><text>no such</text></stream:error></stream:stream>",
     head_line + "<stream:error><host-unknown/><text>no such</text></stream:error>\n"
                 "</stream:stream>\n"},
    // After TLS and SASL a new stream begins on the same connection.
    {head + "<proceed/>" + head + "<db:result>TOPSECRET</db:result>",
     head_line + "<proceed/>\n" + head_line + "<db:result>[9 octets]</db:result>\n"},
};

}  // namespace

TEST_CASE("xmpp redactor: what is said, without what is secret, at every octet split", "[xmpp]") {
  for (const Case& one : cases) {
    INFO(one.in);
    CHECK(joined(lines_of(one.in)) == one.out);
    CHECK(joined(lines_of(one.in, {}, 1)) == one.out);
    for (std::size_t at = 1; at < one.in.size(); ++at) {
      xmpp::StreamRedactor redactor({});
      Lines out;
      redactor.read(true, std::string_view(one.in).substr(0, at), out);
      redactor.read(true, std::string_view(one.in).substr(at), out);
      if (joined(out) != one.out) FAIL("split at " << at);
    }
  }
}

TEST_CASE("xmpp redactor: bodies when asked for, keys never", "[xmpp]") {
  const RedactorWish wish{.bodies = true};
  CHECK(joined(lines_of(head + "<message to='v@a.example'><body lang='en'>hello</body></message>"
                               "<db:result>TOPSECRET</db:result>", wish)) ==
        head_line + "<message to='v@a.example'><body lang='en'>hello</body></message>\n"
                    "<db:result>[9 octets]</db:result>\n");
}

TEST_CASE("xmpp redactor: begun in the middle it shows nothing before it knows the place",
          "[xmpp]") {
  const RedactorWish wish{.midway = true};
  CHECK(joined(lines_of("TOPSECRET</db:result><r xmlns='urn:xmpp:sm:3'/>", wish)) ==
        "<r xmlns='urn:xmpp:sm:3'/>\n");
  CHECK(joined(lines_of("TOPSECRET'>SECRET</x></message><iq type='get'><p>TOPSECRET</p></iq>",
                        wish)) == "<iq type='get'><p>[9 octets]</p></iq>\n");
  // Every beginning of everything above: no secret comes out.
  for (const Case& one : cases)
    for (std::size_t at = 0; at < one.in.size(); ++at) {
      const std::string out = joined(lines_of(std::string_view(one.in).substr(at), wish));
      INFO(one.in.substr(at) << "\n" << out);
      CHECK(out.find("SECRET") == out.npos);
    }
}

TEST_CASE("xmpp redactor: a key that is longer than what is kept of a tag", "[xmpp]") {
  const std::string shown = joined(lines_of(
      head + "<resume previd='" + std::string(2000, 'S') + "' h='1'/><r xmlns='urn:xmpp:sm:3'/>"));
  CHECK(shown.find("SS") == shown.npos);
  CHECK(shown.find("<r xmlns") != shown.npos);
}

TEST_CASE("xmpp redactor: our own side is whole, also from the middle on", "[xmpp]") {
  xmpp::StreamRedactor redactor({.midway = true});
  Lines out;
  redactor.read(false, "<db:result from='a.example'>TOPSECRET</db:result></stream:stream>", out);
  CHECK(joined(out) ==
        "<db:result from='a.example'>[9 octets]</db:result>\n</stream:stream>\n");
}

TEST_CASE("xmpp redactor: what never ends is held bounded", "[xmpp]") {
  const RedactorWish wish{.bodies = true};
  std::string text = head + "<message><body>" + std::string(1'000'000, 'x') + "</body></message>";
  Lines out = lines_of(text, wish, 4096);
  REQUIRE(out.size() == 2);
  CHECK(out[1].size() <= limits::trace_line_bytes_max + 1);
  text = head + "<a " + std::string(1'000'000, 'x') + "/>";
  out = lines_of(text, wish, 4096);
  REQUIRE(out.size() == 2);
  CHECK(out[1].size() <= limits::trace_line_bytes_max + 1);
}
