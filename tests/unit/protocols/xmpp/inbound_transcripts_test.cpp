// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "tests/catch.h"
#include "tests/unit/protocols/xmpp/inbound_bench.h"

namespace hanse::xmpp {
namespace {

constexpr std::string_view in_clear = "OPEN 192.0.2.7\nC- {open}\nS- {head0}{offer_tls}\n";
constexpr std::string_view secured =
    "OPEN 192.0.2.7\nC- {open}\nS- {head0}{offer_tls}\nC- {starttls}\nS- {proceed}\n"
    "TLS b.example\nC- {open}\nS- {head1}{offer_external}\n";
constexpr std::string_view authenticated =
    "OPEN 192.0.2.7\nC- {open}\nS- {head0}{offer_tls}\nC- {starttls}\nS- {proceed}\n"
    "TLS b.example\nC- {open}\nS- {head1}{offer_external}\nC- {auth}\nS- {success}\n"
    "C- {open}\nS- {head2}{offer_services}\n";

// What is said leads to this stream error, whatever its text; nothing: the stream stays open.
struct Bad {
  std::string_view said, condition;
};

std::string condition_of(const std::string& output) {
  const std::size_t at = output.find("<stream:error><");
  if (at == std::string::npos) return {};
  const std::size_t from = at + std::string_view("<stream:error><").size();
  return output.substr(from, output.find_first_of(" />", from) - from);
}

// An engine that has come as far as `beginning` leads.
std::unique_ptr<hanse::test::EngineBench> after(std::string_view beginning) {
  auto bench = std::make_unique<hanse::test::EngineBench>(test::make_inbound({}));
  std::istringstream lines{std::string(beginning)};
  const hanse::test::Transcript all =
      hanse::test::parse_transcript("beginning", lines, test::transcripts);
  for (const hanse::test::Step& step : all.steps) {
    if (step.word == "OPEN") bench->event(Opened{"192.0.2.1", step.rest, 40000});
    if (step.word == "C-") bench->feed(step.rest);
    if (step.word == "TLS") {
      TlsFacts facts;
      facts.version = "TLSv1.3";
      auto chain = std::make_shared<CertificateChain>();
      chain->valid = true;
      chain->certificates.emplace_back().dns_names = {step.rest};
      facts.chain = std::move(chain);
      bench->event(TlsUp{facts});
    }
    bench->answer_all(
        [](const Ask&) -> Answer { return TrustDecision{Verdict::accept, "", "", {}}; });
  }
  bench->take_output();
  return bench;
}

std::string outcome_of(std::string_view beginning, const std::vector<std::string>& pieces) {
  const auto bench = after(beginning);
  std::string output;
  for (const std::string& piece : pieces) {
    bench->feed(piece);
    output += bench->take_output();
    if (bench->hung_up_ != 0) break;
  }
  const std::string condition = condition_of(output);
  // A stream is opened before an error is said in it (xmpp 2.2).
  if (!condition.empty() && beginning.find("C-") == std::string_view::npos)
    CHECK(output.find("<?xml version='1.0'?><stream:stream ") == 0);
  return condition.empty() && bench->hung_up_ != 0 ? "hung up" : condition;
}

void check_all(std::string_view beginning, const std::vector<Bad>& table) {
  for (const Bad& bad : table) {
    INFO(bad.said.substr(0, 200));
    const std::string said(bad.said);
    CHECK(outcome_of(beginning, {said}) == bad.condition);
    std::vector<std::string> octets;
    for (const char octet : said) octets.emplace_back(1, octet);
    CHECK(outcome_of(beginning, octets) == bad.condition);
    std::size_t wrong = 0;
    for (std::size_t cut = 1; cut < std::min<std::size_t>(said.size(), 300); ++cut)
      wrong += outcome_of(beginning, {said.substr(0, cut), said.substr(cut)}) != bad.condition;
    CHECK(wrong == 0);
  }
}

std::string head(std::string_view attributes) {
  return "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' " +
         std::string(attributes) + ">";
}

TEST_CASE("xmpp every inbound transcript, whole, octet by octet and cut at every place") {
  const std::vector<std::string> files = hanse::test::transcript_files(test::transcripts);
  REQUIRE(files.size() >= 20);
  for (const std::string& file : files) {
    const std::string problem = hanse::test::play_all_manners(hanse::test::read_transcript(file),
                                                              test::make_inbound);
    CHECK(problem == "");
  }
}

TEST_CASE("xmpp 2.3 the name of a server behind us is said from where it is") {
  const std::string behind = head("from='f.example' to='a.example' version='1.0'");
  CHECK(outcome_of("OPEN 198.51.100.7\n", {behind}) == "invalid-from");
  CHECK(outcome_of("OPEN 192.0.2.7\n", {behind}).empty());
  // Its place is not where we are told that servers behind us come from.
  CHECK(outcome_of("OPEN 198.51.100.7\n",
                   {head("from='far.example' to='a.example' version='1.0'")}).empty());
}

TEST_CASE("xmpp 8 headers that are no good") {
  const std::string unknown = head("from='b.example' to='other.example' version='1.0'");
  const std::string no_to = head("from='b.example' version='1.0'");
  const std::string bad_to = head("from='b.example' to='u@a.example' version='1.0'");
  const std::string no_from = head("to='a.example' version='1.0'");
  const std::string empty_from = head("from='' to='a.example' version='1.0'");
  const std::string no_version = head("from='b.example' to='a.example'");
  const std::string next_version = head("from='b.example' to='a.example' version='2.0'");
  const std::string own_from = head("from='a.example' to='a.example' version='1.0'");
  const std::string component_from = head("from='gw.a.example' to='a.example' version='1.0'");
  check_all("OPEN 192.0.2.7\n", {
      {unknown, "host-unknown"},
      {no_to, "improper-addressing"},
      {bad_to, "improper-addressing"},
      {no_from, "improper-addressing"},
      {empty_from, "improper-addressing"},
      {no_version, "unsupported-version"},
      {next_version, "unsupported-version"},
      {own_from, "invalid-from"},
      {component_from, "invalid-from"},
      {"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
       "from='b.example' to='a.example' version='1.0'>", "invalid-namespace"},
      {"<stream:stream xmlns='jabber:server' xmlns:stream='http://b.example/streams' "
       "from='b.example' to='a.example' version='1.0'>", "invalid-namespace"},
      {"<!DOCTYPE x><stream:stream>", "restricted-xml"},
      {"<!DOCTYPE x [<!ENTITY y 'z'>]><stream:stream>", "restricted-xml"},
      {"<!-- x --><stream:stream>", "restricted-xml"},
      {"<?xml version='1.0' encoding='UTF-16'?><stream:stream>", "unsupported-encoding"},
      {"<?xml version='1.0' encoding='ISO-8859-1'?><stream:stream>", "unsupported-encoding"},
      {"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "not-well-formed"},
      {"\xff\xfe<\0", "unsupported-encoding"},
      {"<stream:stream from='b.example' to='a.example'>", "not-well-formed"},
  });
}

// The same whatever has been proved.
const std::vector<Bad> bad_xml = {
    {"<!-- x -->", "restricted-xml"},
    {"<?x y?>", "restricted-xml"},
    {"<a xmlns='x'>&y;</a>", "restricted-xml"},
    {"<a xmlns='x'>\xc3\x28</a>", "not-well-formed"},
    {"<a xmlns='x'>\x01</a>", "not-well-formed"},
    {"<a xmlns='x'></b>", "not-well-formed"},
    {"<y:a/>", "not-well-formed"},
    {"hello", "bad-format"},
    {"<a xmlns='x'>\xed\xa0\x80</a>", "not-well-formed"},       // a surrogate
    {"<a xmlns='x'>\xef\xbf\xbe</a>", "not-well-formed"},       // U+FFFE
    {"<a xmlns='x'>&#1;</a>", "not-well-formed"},
    {"<!DOCTYPE x>", "restricted-xml"},
    {"<a xmlns='x' b='1' b='2'/>", "not-well-formed"},
    {"<a xmlns='x'>", ""},                                      // not yet
};

// xmpp 7.5: one more than is let pass.
void check_bounds(std::string_view beginning, const xml::StreamLimits& most) {
  std::string deep = "<a xmlns='x'>", wide = "<a xmlns='x'", many = "<a xmlns='x'>";
  for (std::size_t i = 1; i <= most.depth_max; ++i) deep += "<a>";
  for (std::size_t i = 0; i <= most.attributes_max; ++i) wide += " b" + std::to_string(i) + "=''";
  for (std::size_t i = 0; i <= most.nodes_max; ++i) many += "<b/>";
  const std::string name = "<" + std::string(most.name_bytes_max + 1, 'n') + " xmlns='x'/>";
  const std::string space = "<a xmlns='" + std::string(most.ns_bytes_max + 1, 'n') + "'/>";
  const std::string large = "<a xmlns='x'>" + std::string(most.element_bytes_max, 'x');
  check_all(beginning, {{deep, "policy-violation"},
                        {wide + "/>", "policy-violation"},
                        {name, "policy-violation"},
                        {space, "policy-violation"}});
  for (const std::string& whole : {many, large})
    CHECK(outcome_of(beginning, {whole}) == "policy-violation");
}

TEST_CASE("xmpp 7.5, 8 more than may be said, in clear, before authentication and after it") {
  const auto settings = test::inbound_settings();
  check_bounds(in_clear, settings->before_trust);
  check_bounds(secured, settings->before_trust);
  check_bounds(authenticated, settings->after_trust);
}

TEST_CASE("xmpp 8 in clear") {
  check_all(in_clear, bad_xml);
  check_all(in_clear, {
      {"<message from='u@b.example' to='v@a.example'><body/></message>", "policy-violation"},
      {"<iq from='b.example' to='a.example' type='get' id='1'><x xmlns='y'/></iq>",
       "policy-violation"},
      {"<db:result from='b.example' to='a.example'>abcd</db:result>", "policy-violation"},
      {"<db:verify from='b.example' to='a.example' id='1'>abcd</db:verify>", "policy-violation"},
      {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>",
       "policy-violation"},
      {"<message xmlns='jabber:client'/>", "invalid-namespace"},
      {"<x xmlns='y'/>", "unsupported-stanza-type"},
  });
}

TEST_CASE("xmpp 8 behind TLS, before authentication") {
  check_all(secured, bad_xml);
  check_all(secured, {
      {"<message from='u@b.example' to='v@a.example'><body/></message>", "not-authorized"},
      {"<presence from='u@b.example' to='v@a.example'/>", "not-authorized"},
      {"<iq from='b.example' to='a.example' type='get' id='1'><x xmlns='y'/></iq>",
       "not-authorized"},
      {"<message xmlns='jabber:client'/>", "invalid-namespace"},
      {"<db:result to='a.example'>abcd</db:result>", "improper-addressing"},
      {"<db:result from='b.example'>abcd</db:result>", "improper-addressing"},
      {"<db:result from='b.example' to='a.example' type='valid'/>", "not-authorized"},
      {"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "hung up"},
      {"<x xmlns='y'/>", "unsupported-stanza-type"},
  });
}

TEST_CASE("xmpp 8 after authentication") {
  check_all(authenticated, bad_xml);
  check_all(authenticated, {
      {"<message from='u@c.example' to='v@gw.a.example'/>", "invalid-from"},
      {"<message from='u@sub.b.example' to='v@a.example'/>", "invalid-from"},
      {"<message from='u@b.example' to='v@gw.a.example'/>", "invalid-from"},
      {"<message from='u@b..example' to='v@a.example'/>", "invalid-from"},
      {"<message to='v@a.example'/>", "improper-addressing"},
      {"<message from='u@b.example'/>", "improper-addressing"},
      {"<message from='u@b.example' to='v@c.example'/>", "host-unknown"},
      {"<x xmlns='y'/>", "unsupported-stanza-type"},
      {"<letter/>", "unsupported-stanza-type"},
      {"<bidi xmlns='urn:xmpp:bidi'/>", "unsupported-stanza-type"},
      {"<message xmlns='jabber:client' from='u@b.example' to='v@a.example'/>",
       "invalid-namespace"},
      {"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "hung up"},
      {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>",
       "policy-violation"},
  });
}

}  // namespace
}  // namespace hanse::xmpp
