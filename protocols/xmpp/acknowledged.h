// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "protocols/engine.h"
#include "protocols/xmpp/recent_messages.h"
#include "protocols/xmpp/stanza_check.h"

namespace hanse::xmpp {

// The receiving half of XEP-0198: which of the peer's stanzas are in good hands. One counts as
// handled when it is routed and, if it is kept on disk, committed; the count has no gaps (6.3).
class Acknowledged {
 public:
  explicit Acknowledged(std::uint32_t before = 0) : taken_(before) {}
  void taken() { ++taken_; }               // one more has come, and it is clear what becomes of it
  void waits_for(AskId id) { waiting_.push_back({taken_, id, false}); }   // the one just taken
  void committed(AskId id);

  std::uint32_t handled() const {          // modulo 2^32
    return waiting_.empty() ? taken_ : waiting_.front().number - 1;
  }

  // An <r/> is answered once for all that had come before it.
  void asked() { owed_ = taken_; }
  // True once, when the answer owed can be given.
  bool answer_is_due();

 private:
  struct Waiting {
    std::uint32_t number;
    AskId id;
    bool done;
  };
  std::deque<Waiting> waiting_;
  std::optional<std::uint32_t> owed_;
  std::uint32_t taken_;
};

// Commits under way for one stream, and what they hold in memory.
class SubmitsOpen {
 public:
  struct Open {
    std::size_t bytes;
    Checked original;                                     // should its sender have to be told
    std::optional<RecentMessages::Digest> which{};
  };
  void add(AskId id, Open one) {
    bytes_ += one.bytes;
    open_.emplace(id, std::move(one));
  }
  std::optional<Open> remove(AskId id);                   // nothing: not one of ours

  std::size_t count() const { return open_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  std::map<AskId, Open> open_;
  std::size_t bytes_ = 0;
};

}  // namespace hanse::xmpp
