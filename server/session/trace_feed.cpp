// SPDX-License-Identifier: Apache-2.0
#include "server/session/trace_feed.h"

#include <utility>

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse {

std::string_view trace_kind_name(TraceLine::Kind kind) {
  switch (kind) {
    case TraceLine::Kind::opened: return "open";
    case TraceLine::Kind::sent: return "sent";
    case TraceLine::Kind::received: return "received";
    case TraceLine::Kind::tls: return "tls";
    case TraceLine::Kind::certificate: return "certificate";
    case TraceLine::Kind::trust: return "trust";
    case TraceLine::Kind::note: return "note";
    case TraceLine::Kind::closed: return "close";
    case TraceLine::Kind::dns: return "dns";
    case TraceLine::Kind::found: return "found";
    case TraceLine::Kind::endpoint: return "endpoint";
    case TraceLine::Kind::verdict: return "verdict";
  }
  return "";
}

bool TraceFeed::names(std::string_view name) const {
  return wish_.peer.empty() || equal_ascii_case(wish_.peer, name);
}

void TraceFeed::put(TraceLine line) {
  if (closed_) return;
  if (line.text.size() > limits::trace_line_bytes_max) {
    line.text.resize(cut_utf8(line.text, limits::trace_line_bytes_max).size());
    line.text += "...";
  }
  const bool verdict = line.kind == TraceLine::Kind::verdict;   // there is one, and it is awaited
  std::lock_guard lock(mutex_);
  const Instant now = clock_.now();
  if (second_ == Instant::min() || now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    in_second_ = 0;
  }
  const bool room = in_second_ < limits::trace_lines_per_second_max &&
                    lines_.size() < limits::trace_lines_waiting_max;
  if (!room && !verdict) {
    ++lost_;
    return;
  }
  ++in_second_;
  lines_.push_back(std::move(line));
  arrived_.notify_one();
}

void TraceFeed::end() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  arrived_.notify_one();
}

TraceFeed::Taken TraceFeed::take(Duration patience) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, patience, [this] { return ended_ || !lines_.empty(); });
  Taken out{std::exchange(lines_, {}), std::exchange(lost_, 0), ended_};
  return out;
}

bool TraceFeed::begin_holding() {
  if (holding_.fetch_add(1) < static_cast<int>(limits::trace_connections_held_max)) return true;
  --holding_;
  return false;
}

}  // namespace hanse
