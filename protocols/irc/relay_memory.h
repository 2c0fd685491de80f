// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/irc/limits.h"
#include "protocols/irc/persons.h"
#include "server/base/level.h"

namespace hanse::irc {

// What the relay remembers of what was.

struct Split {                   // of somebody who went by one
  Timestamp at = 0;
  std::vector<Person::Puppet> abroad;
};

struct Undoing {                 // of what was done on one side
  Timestamp since = 0;
  unsigned count = 0;
  std::map<std::string, Timestamp> done;
};

struct War {                     // about one thing that changes to and fro on one side
  Timestamp since = 0;
  unsigned count = 0;
};

struct Quarrel {                 // the last war of a junction
  std::string what;
  Timestamp at = 0;
};

struct Allowance {               // of lines kept for one side
  std::int64_t left = limits::late_kept_burst;
  Timestamp since = 0;
  std::uint64_t missing = 0;     // not kept since the last one that was
};

// Since when we see what others do about it that a side is down.
struct Outlook {
  std::optional<std::uint64_t> answer_to;   // waited for, before that
  Timestamp since = 0;
};

struct RelayNote {               // for the log
  Level level = Level::info;
  std::string_view event;
  std::string text;
};

using PuppetKey = std::pair<PersonId, std::size_t>;   // who, and on which side

struct Renewal {                 // of a puppet whose host or name no line there can change
  Timestamp at = 0, host_at = 0;   // the last one, and the last for a host
  bool due = false, of_host = false;
  std::string_view reason{};     // what has changed since
};

struct WayIn {                   // of a network further away
  std::size_t side = 0;
  Timestamp lost = 0;
};

}  // namespace hanse::irc
