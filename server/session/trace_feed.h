// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/time.h"

namespace hanse {

// Whom an operator wants to watch.
struct TraceWish {
  std::string protocol;       // empty: any
  std::string peer;           // a domain or an IP address, lower case; empty: all
  bool bodies = false;        // what people wrote too
};

// One thing that happened.
struct TraceLine {
  enum class Kind : std::uint8_t {
    opened, sent, received, tls, certificate, trust, note, closed,   // of a connection
    dns, found, endpoint, verdict,                                   // of a probe
  };
  UtcTime at{};
  Kind kind = Kind::note;
  std::string protocol, connection, peer;
  std::string text;           // raw: may hold what a peer sent; bounded
  bool good = false;          // of a trust or verdict line
};
std::string_view trace_kind_name(TraceLine::Kind kind);

// What goes from the network threads to the one console thread that watches. A feed that is full
// or too fast loses lines and says how many; it never holds anybody up. Thread: put() from any;
// take() by one.
class TraceFeed {
 public:
  TraceFeed(TraceWish wish, const Clock& clock) : wish_(std::move(wish)), clock_(clock) {}

  const TraceWish& wish() const { return wish_; }
  bool wants(std::string_view protocol) const {
    return wish_.protocol.empty() || wish_.protocol == protocol;
  }
  bool names(std::string_view name) const;     // of a peer, any case

  void put(TraceLine line);
  void end();                                  // nothing more comes: what is there may be taken
  void close() { closed_ = true; }             // nobody takes any more
  bool closed() const { return closed_; }

  struct Taken {
    std::vector<TraceLine> lines;
    std::uint64_t lost = 0;                    // left out since the last time
    bool ended = false;                        // and these are the last
  };
  Taken take(Duration patience);               // waits at most so long for the first

  // Connections whose peer is not known yet hold their first lines; no more than a few do.
  bool begin_holding();
  void end_holding() { --holding_; }

 private:
  const TraceWish wish_;
  const Clock& clock_;
  std::atomic<bool> closed_{false};
  std::atomic<int> holding_{0};
  std::mutex mutex_;                           // guards what follows
  std::condition_variable arrived_;
  std::vector<TraceLine> lines_;
  std::uint64_t lost_ = 0;
  Instant second_ = Instant::min();            // the one that is being counted
  std::size_t in_second_ = 0;
  bool ended_ = false;
};

}  // namespace hanse
