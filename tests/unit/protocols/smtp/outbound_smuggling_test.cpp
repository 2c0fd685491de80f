// SPDX-License-Identifier: Apache-2.0
// D-4 towards the next server: whatever came into the queue, another way or before a check was as
// strict as today, none of the twelve sequences leaves.

#include <algorithm>

#include "tests/catch.h"
#include "tests/unit/protocols/smtp/outbound_bench.h"
#include "tests/unit/protocols/smtp/smuggling.h"

namespace hanse {
namespace {

using test::OutboundBench;
using test::smuggling_content;
using test::smuggling_sequences;

constexpr std::string_view ways[] = {"PIPELINING\n", "PIPELINING\nCHUNKING\n"};

// Behind so much that the sequence begins where the test wants it.
std::string padded(const std::string& content, std::size_t sequence_at) {
  std::string out = "From: <a@b.example>\r\n\r\n";
  const std::size_t begin = content.find("seen");
  std::size_t missing = sequence_at - out.size() - std::string_view("seen").size();
  constexpr std::size_t line = 64;
  for (; missing >= 2 * line; missing -= line) out.append(line - 2, 'x').append("\r\n");
  out.append(missing - 2, 'y').append("\r\n");
  return out + content.substr(begin);
}

// What a server saw that took everything it was asked to take.
std::string seen_by_server(std::string_view extensions, const std::string& content, bool stored,
                           std::string& story) {
  OutboundBench bench;
  bench.become_ready(extensions);
  bench.deliver({"c@b.example"}, content, "", stored);
  bench.server("250 ok\n250 ok\n354 go\n");
  bench.answer_fetches();
  std::string seen = bench.sent_raw();
  story = bench.story();
  return seen;
}

void never_leaves(std::string_view extensions, const std::string& content, bool stored) {
  std::string story;
  const std::string seen = seen_by_server(extensions, content, stored, story);
  REQUIRE(seen.find("evil") == seen.npos);
  REQUIRE(seen.find("\r\n.\r\n") == seen.npos);
  REQUIRE(story.starts_with("1 failed 5.6.0\n"));
}

std::size_t fetched_at_once() {
  OutboundBench bench;
  bench.become_ready(ways[0]);
  bench.deliver({"c@b.example"}, std::string(4 << 20, 'x'), "", true);
  bench.server("250 ok\n250 ok\n354 go\n");
  return static_cast<std::size_t>(bench.fetches_.front().most);
}

TEST_CASE("D-4 none of the twelve sequences leaves for the next server, from memory") {
  for (const std::string& sequence : smuggling_sequences)
    for (const std::string_view way : ways) never_leaves(way, smuggling_content(sequence), false);
}

TEST_CASE("D-4 none of the twelve leaves from the store either, cut where two pieces meet") {
  const std::size_t piece = fetched_at_once();
  for (const std::string& sequence : smuggling_sequences)
    for (std::size_t before = 0; before <= sequence.size(); ++before)
      for (const std::string_view way : ways)
        never_leaves(way, padded(smuggling_content(sequence), piece - before), true);
}

}  // namespace
}  // namespace hanse
