// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>

#include "server/base/limits.h"
#include "store/database.h"

namespace hanse::store {

// The poison guard (D7). A message that was under way when the store was left uncleanly is counted
// here until an attempt for it ends. From the second time on it is a suspect: suspects go out one
// at a time, so that a third crash points at one message and not at all its neighbours.
// Thread: the store's.
constexpr std::int64_t crashes_until_suspect =
    static_cast<std::int64_t>(limits::crashes_until_quarantine) - 1;

class Suspects {
 public:
  explicit Suspects(Database& database);

  void read();                                        // at start, after the counts were raised
  void begin() { before_ = now_; }                    // a transaction
  void rolled_back();
  bool may_leave(std::int64_t message) const;         // not a suspect, or the one that is out
  bool one_is_out() const { return now_.out != 0; }
  void left(std::int64_t message, std::size_t legs);  // claimed
  void came_back(std::int64_t message, bool tried);   // one leg of it was settled

 private:
  bool suspect(std::int64_t message) const;

  Statement all_, forget_;
  std::unordered_map<std::int64_t, std::int64_t> crashes_;
  struct Out {
    std::int64_t out = 0;                             // the suspect that is out, 0: none
    std::size_t legs = 0;
  };
  Out now_, before_;
};

}  // namespace hanse::store
