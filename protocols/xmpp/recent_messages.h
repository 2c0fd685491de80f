// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "protocols/wire/xml_stream.h"
#include "protocols/xmpp/limits.h"
#include "server/base/time.h"

namespace hanse::xmpp {

// What was committed lately, so that a peer that sends it again, because its stream was lost before
// it heard of that, sends it once only (xmpp 5.3). On one and the same stream a message that looks
// like another is another one. A table of fixed size, made when it is first needed: in each of its
// places the oldest goes. Thread: any; all shards share it.
class RecentMessages {
 public:
  using Digest = std::array<unsigned char, 16>;

  // Numbers a stream.
  std::uint32_t begin_stream() { return streams_.fetch_add(1, std::memory_order_relaxed) + 1; }
  // Of the whole stanza as it is kept; nothing for one that has no name.
  static std::optional<Digest> digest(const xml::Element& stanza, std::string_view bytes);
  bool has(const Digest& which, std::uint32_t stream, Instant now) const;   // of another stream
  void add(const Digest& which, std::uint32_t stream, Instant now);
  void forget(const Digest& which);        // its sender was told that it failed, and may try again

 private:
  struct Entry {
    Digest which{};
    std::uint32_t stream = 0;              // 0: nothing
    std::int32_t second = 0;
  };
  static constexpr std::size_t entries_per_place = 8;
  static constexpr std::size_t places = limits::messages_remembered_max / entries_per_place;
  using Place = std::array<Entry, entries_per_place>;
  static std::size_t place_of(const Digest& which);

  std::atomic<std::uint32_t> streams_{0};
  mutable std::mutex mutex_;
  std::unique_ptr<std::array<Place, places>> table_;
};

}  // namespace hanse::xmpp
