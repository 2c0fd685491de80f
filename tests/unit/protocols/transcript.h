// SPDX-License-Identifier: Apache-2.0
#pragma once

// Plays a conversation written in a text file against an engine. A line of a file is one of
//
//   # a comment, the rule behind what follows
//   SET size_max 65536      a setting of the engine, given to the maker (at the top only)
//   NOSPLIT                 this file depends on what arrives together (at the top only)
//   OPEN 192.0.2.7          the connection is there
//   C: EHLO b.example       the other side sends this and CRLF; \r \n \t \0 \xNN are understood
//   C- EHLO b.exa           the same without CRLF
//   S: 250 ok               the engine must answer this and CRLF, nothing more and nothing else
//   ANSWER permit full      the next question of that kind gets this answer instead of a yes
//   ASK permit <a@b> -> <c@d>   the questions since the last input, all of them, in order
//   B: a line of the body   what the submitted message must consist of
//   TIME +30s               the clock moves, timers ring
//   S- 250 o                the same without CRLF
//   P: <message/>           what the engine must have passed on without a question, all of it
//   TLS                     the engine must have asked for it; now it is up
//   TLS b.example c.example ... and the peer shows a good certificate of these names
//   TLS! expired|b.example  ... or one that is no good, and why
//   HANGUP                  the engine must have hung up
//   DRAIN, EOF              the node goes down; the other side is gone
//
// A file words.def beside it gives names to what is said often: `{name}` stands for the rest of the
// line that begins with it.
//
// Everything sent in one go is one input. A file is played whole, octet by octet, and cut in two
// at every place, with questions answered at once and only after all input: all must be equal.

#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocols/engine.h"

namespace hanse::test {

using Settings = std::map<std::string, std::string>;
using EngineMaker = std::function<std::unique_ptr<Engine>(const Settings& settings)>;

struct Step {
  std::size_t line = 0;
  std::string word, rest;
};

struct Transcript {
  std::string file;
  Settings settings;
  bool may_split = true;
  std::vector<Step> steps;
};

// How input is cut and when questions are answered.
struct Manner {
  std::size_t cut_batch = SIZE_MAX, cut_at = 0;   // cut one input in two
  bool octets = false;                            // cut every input into octets
  bool answer_late = false;                       // after all of the input at hand
};

Transcript read_transcript(const std::string& file);
// The same from lines at hand; `folder` is where words.def is looked for.
Transcript parse_transcript(const std::string& name, std::istream& lines,
                            const std::string& folder);
std::vector<std::string> transcript_files(const std::string& folder);

// Empty when all went as written, else file, line and what differs.
std::string play(const Transcript& transcript, const EngineMaker& make, const Manner& manner);
// ... in which only the last input is cut, for long beginnings that other files cut.
std::string play_last_input(const Transcript& transcript, const EngineMaker& make);
std::string play_all_manners(const Transcript& transcript, const EngineMaker& make);

}  // namespace hanse::test
