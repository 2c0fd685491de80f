// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/wire/xml_element.h"
#include "tests/sim/timeline.h"

namespace hanse::sim {

class Auditor;

enum class Speech : std::uint8_t {
  message,        // kept on disk
  subscription,   // likewise
  presence,       // only the latest waits
  notice,         // a chat state: waits for a moment
  question,       // an iq get
};

// One stanza of a world, with canonical bytes; its id is unique, so that an answer is known by it.
struct Stanza {
  std::string id;
  Speech speech = Speech::message;
  std::string from, to;               // full addresses
  std::string bytes;
};

// The auditor's book of what only stanzas promise: the order of each pair, answers to questions,
// nothing old that passes for new. What is promised of all messages stands in the other books.
//
// "Before" is what a sender can count on: both went over one stream in this order, or the first
// was acknowledged when the second was sent. It holds for all kinds: what only waits in memory
// passes by nothing that was put on disk in trouble.
class StanzaBook {
 public:
  StanzaBook(Timeline& timeline, Auditor& auditor) : timeline_(timeline), auditor_(auditor) {}

  void sent(const Stanza& stanza, std::uint64_t stream);
  void acknowledged(const std::string& id);
  void turned_down(const std::string& id);
  // A node has taken it from a stream.
  void went_over(int node, std::uint64_t stream, std::string_view bytes);
  void went_by_id(int node, std::uint64_t stream, const std::string& id);
  // At the end of its way; false: it has been here before, or is none that was sent.
  bool arrived(std::uint64_t stream, const xml::Element& stanza, const std::string& domain);
  // What is sent from now on, in the calm, is all to arrive, and at once.
  void expect_all() { strict_after_ = next_; }
  void conclude();

  static bool is_error(std::string_view bytes);

  struct Figures {
    std::uint64_t sent = 0, arrived = 0, answered = 0, sent_back = 0;
  };
  Figures figures() const;

 private:
  struct Said {
    Stanza stanza;
    std::uint64_t number = 0, stream = 0, acknowledged = 0;
    Instant at{};
    unsigned arrived = 0, answers = 0, errors = 0;
    std::map<int, std::uint64_t> way;   // of each node, over which stream it first came there
    bool turned_down = false;   // by the last one of the way; it may come once more
  };
  using Pair = std::pair<std::string, std::string>;   // bare addresses

  void answered(std::uint64_t stream, Said& said, const xml::Element& answer, bool error);
  void check_content(const Said& said, const xml::Element& stanza);
  void check_order(const Said& said, const std::vector<const Said*>& before_it);
  static bool is_before(const Said& one, const Said& other);
  static bool came_late(const Said& one, const Said& other);
  void fail(const std::string& what, const Said& said);

  Timeline& timeline_;
  Auditor& auditor_;
  std::map<std::string, Said> said_;
  std::map<Pair, std::vector<const Said*>> pairs_;    // what has arrived, in this order
  std::uint64_t next_ = 1, strict_after_ = UINT64_MAX;
};

}  // namespace hanse::sim
