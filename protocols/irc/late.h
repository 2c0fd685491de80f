// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "federation/exchange.h"
#include "protocols/irc/event.h"

namespace hanse::irc {

// How closed a channel was to somebody who is in it.
struct Door {
  bool invite_only = false, key = false, moderated = false;
  bool operator==(const Door&) const = default;
};

// What was said in a channel of a junction while one of its networks was away. It waits in the
// queue as a message to that channel.
struct LateLine {
  std::string home, nick;          // who said it, and on which network
  std::string network, channel;    // where it was not heard
  std::string text;
  Said::Kind kind = Said::Kind::message;
  Timestamp at = 0;
  std::uint64_t missing = 0;       // lines before it that were not kept
  std::string msgid{};             // of its home, if it had one
  // Who he was there, so that a ban finds him; without a host nobody knows.
  std::string ident{}, host{}, account{}, realname{};
  Door door{};                     // of his own channel then
};
Submission to_submission(const LateLine& line);
std::optional<LateLine> read_late(const Work& work);   // nothing: it is none
std::string late_text(const LateLine& line, Timestamp now);

// Tells them to a network that is back: one after the other with a pause between, and of a channel
// not more than so many; of those before them only how many there were. Pure.
class LateDesk {
 public:
  LateDesk(std::size_t lines_most, std::int64_t age_seconds_most)
      : lines_most_(lines_most), age_seconds_most_(age_seconds_most) {}

  struct Settled {
    DeliveryId id = 0;
    enum class How : std::uint8_t { told, summed_up, too_old, kept_out } how = How::told;
  };
  struct Told {
    std::string home, channel, text;
  };
  // What is to be told is complete a moment after the last one came.
  void add(DeliveryId id, LateLine line, Instant now, std::vector<Settled>& settled);
  // The next thing to say, if its time has come; `heard`: whether anybody is in a channel there;
  // `may_tell`: whether he may be heard in it.
  std::optional<Told> next(Instant now, Timestamp utc,
                           const std::function<bool(const std::string&)>& heard,
                           const std::function<bool(const LateLine&)>& may_tell,
                           std::vector<Settled>& settled);
  bool empty() const { return places_.empty(); }
  std::vector<DeliveryId> give_back();     // the link ends: what was not told

 private:
  struct Waiting {
    DeliveryId id = 0;
    LateLine line;
  };
  struct Place {                           // what one network said in one channel
    std::string home, channel;
    std::deque<Waiting> lines;
    std::uint64_t left_out = 0;
    Timestamp since = 0;                   // the first that is left out was said
    Instant complete_at{};
    bool begun = false;                    // to be told: nothing of it becomes too old any more
  };
  void drop_old(Place& place, Timestamp utc, std::vector<Settled>& settled) const;

  const std::size_t lines_most_;
  const std::int64_t age_seconds_most_;
  std::vector<Place> places_;              // in the order in which they began to wait
  Instant next_at_{};
};

}  // namespace hanse::irc
