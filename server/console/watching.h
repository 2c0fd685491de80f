// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/console/commands.h"

namespace hanse::console {

// Takes from a feed until it ends, or enough has come, or nobody listens any more; then lets go of
// it. While nothing happens it gives a sign of life, so that the other side neither gives up nor
// goes unnoticed.
class Watching {
 public:
  Watching(Node& node, std::shared_ptr<TraceFeed> feed, const Emit& emit)
      : node_(node), feed_(std::move(feed)), emit_(emit) {}
  ~Watching() { node_.view.done(feed_); }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  enum class End : std::uint8_t { fed, enough, time, deaf };   // fed: the feed itself ended
  // `seen` hears each line that went out; false: that was enough.
  End run(Instant until, std::size_t lines_max, const std::function<bool(const TraceLine&)>& seen);

  std::size_t lines() const { return lines_; }
  std::uint64_t lost() const { return lost_; }

 private:
  Node& node_;
  const std::shared_ptr<TraceFeed> feed_;
  const Emit& emit_;
  std::size_t lines_ = 0;
  std::uint64_t lost_ = 0;
};

Json trace_json(const TraceLine& line);
std::string render_watched(std::span<const Json> items, const Style& style);

// For items of the same form that are no lines of a feed.
Json told(std::string_view kind, std::string text);

}  // namespace hanse::console
