// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/catch.h"
#include "tests/unit/protocols/smtp/inbound_bench.h"
#include "tests/unit/protocols/smtp/smuggling.h"

namespace hanse {
namespace {

using namespace std::string_literals;

using test::smuggling_content;
using test::smuggling_sequences;

bool clean(const std::string& body) {
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (body[at] == '\0') return false;
    if (body[at] == '\n' && (at == 0 || body[at - 1] != '\r')) return false;
    if (body[at] == '\r' && (at + 1 == body.size() || body[at + 1] != '\n')) return false;
  }
  return true;
}

struct Result {
  std::size_t messages = 0;
  std::string body, replies;
  unsigned hung_up = 0;
  bool operator==(const Result&) const = default;
};

Result send_in_segments(const std::string& content, const std::vector<std::size_t>& cuts,
                        const test::Settings& settings, const std::string& peer = {}) {
  test::Acceptor acceptor;
  acceptor.peer = peer;
  test::EngineBench bench = test::in_content(settings, acceptor);
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : content.size();
    bench.feed(content.substr(from, to - from));
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
    from = to;
  }
  Result result{acceptor.submissions.size(), "", bench.take_output(), bench.hung_up_};
  for (const Submission& one : acceptor.submissions) result.body += bench.body_of(one);
  return result;
}

// Whole, in octets, cut in two everywhere, and in three everywhere between `begin` and `end`.
std::vector<std::vector<std::size_t>> segmentations(const std::string& content, std::size_t begin,
                                                    std::size_t end) {
  std::vector<std::vector<std::size_t>> all(1);
  std::vector<std::size_t> octets;
  for (std::size_t at = 1; at < content.size(); ++at) {
    octets.push_back(at);
    all.push_back({at});
  }
  all.push_back(octets);
  for (std::size_t first = begin; first < end; ++first)
    for (std::size_t second = first + 1; second <= end; ++second) all.push_back({first, second});
  return all;
}

TEST_CASE("D-4 none of the twelve sequences makes two messages, line_endings = reject") {
  for (const std::string& sequence : smuggling_sequences) {
    const std::string content = smuggling_content(sequence);
    for (const auto& cuts : segmentations(content, content.find("seen"), content.find("MAIL"))) {
      const Result result = send_in_segments(content, cuts, {});
      REQUIRE(result.messages == 0);
      REQUIRE(result.replies == "550 5.6.0 bare CR/LF or NUL not allowed\r\n");
      REQUIRE(result.hung_up == 1);
    }
  }
}

TEST_CASE("D-4 none of the twelve sequences makes two messages, line_endings = normalize") {
  for (const std::string& sequence : smuggling_sequences) {
    const std::string content = smuggling_content(sequence);
    const Result whole = send_in_segments(content, {}, {{"normalize", "1"}});
    CHECK(whole.messages == 1);
    CHECK(whole.hung_up == 0);
    CHECK(clean(whole.body));
    CHECK(whole.body.find("seen\r\n") != std::string::npos);
    CHECK(whole.body.find("\r\nMAIL FROM:<evil@b.example>\r\n") != std::string::npos);
    for (const auto& cuts : segmentations(content, content.find("seen"), content.find("MAIL")))
      REQUIRE(send_in_segments(content, cuts, {{"normalize", "1"}}) == whole);
  }
}

TEST_CASE("D-3 D-4 a peer's own line_endings go for the twelve sequences, and for it alone") {
  const test::Settings lenient = {{"normalize_peer", "b.example"}};
  const test::Settings strict = {{"normalize", "1"}, {"reject_peer", "b.example"}};
  for (const std::string& sequence : smuggling_sequences) {
    const std::string content = smuggling_content(sequence);
    const Result normalized = send_in_segments(content, {}, {{"normalize", "1"}});
    const Result rejected = send_in_segments(content, {}, {});
    REQUIRE(normalized.messages == 1);
    REQUIRE(rejected.messages == 0);
    for (const auto& cuts : segmentations(content, content.find("seen"), content.find("MAIL"))) {
      REQUIRE(send_in_segments(content, cuts, lenient, "b.example") == normalized);
      REQUIRE(send_in_segments(content, cuts, strict, "b.example") == rejected);
    }
    for (const char* const other : {"", "c.example"}) {
      CHECK(send_in_segments(content, {}, lenient, other) == rejected);
      CHECK(send_in_segments(content, {}, strict, other) == normalized);
    }
  }
}

TEST_CASE("D-1 CRLF . CRLF and nothing else is the end of data, in any segmentation") {
  const std::string content = "From: <a@b.example>\r\n\r\n.\r.\r\n..\r\n...\r\n\r.\r\n.\r\n";
  const Result whole = send_in_segments(content, {}, {{"normalize", "1"}});
  CHECK(whole.messages == 1);
  CHECK(whole.body == "From: <a@b.example>\r\n\r\n\r\n.\r\n.\r\n..\r\n\r\n.\r\n");
  for (const auto& cuts : segmentations(content, 0, content.size() - 1))
    REQUIRE(send_in_segments(content, cuts, {{"normalize", "1"}}) == whole);
}

TEST_CASE("S-1 line ends behind commands are no way around either: one line, no effect") {
  for (const std::string& sequence : smuggling_sequences) {
    test::Acceptor acceptor;
    test::EngineBench bench(test::make_inbound({}));
    bench.event(Opened{"192.0.2.1", "192.0.2.7", 40000});
    const std::string line_end = sequence.substr(0, sequence.find('.'));
    bench.feed("EHLO b.example\r\nNOOP" + line_end + "MAIL FROM:<a@b.example>\r\n");
    bench.answer_all([&acceptor](const Ask& ask) { return acceptor(ask); });
    const std::string replies = bench.take_output();
    const bool accepted = replies.find("250 2.1.0") != std::string::npos;
    // Only a true CRLF behind NOOP makes a second command.
    CHECK(accepted == line_end.ends_with("\r\n"));
  }
}

}  // namespace
}  // namespace hanse
