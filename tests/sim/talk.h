// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "server/base/random.h"
#include "tests/sim/stanza_book.h"

namespace hanse::sim {

// Draws what the few users of every domain say to each other.
class TalkBox {
 public:
  TalkBox(Random& random, int nodes) : random_(random), nodes_(nodes) {}

  std::vector<Stanza> draw(int from);                  // one user's words to another, in a row
  // One to every domain and to every node itself, of each of these kinds.
  std::vector<Stanza> to_all(int from, const std::vector<Speech>& kinds);

 private:
  Stanza make(Speech speech, const std::string& from, const std::string& to);
  Speech draw_speech(const std::string& to);
  std::string user(int number);
  std::string draw_text();

  Random& random_;
  const int nodes_;
  std::uint64_t stanzas_ = 0;
};

}  // namespace hanse::sim
