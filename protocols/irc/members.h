// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/irc/event.h"

namespace hanse::irc {

// Lists of members, each with the prefixes of its ranks, and of modes, in as many lines as it
// takes: `flush` writes one and says whether it could.
template <class Flush>
bool write_member_list(const ModeTable& modes, std::span<const ChannelMember> members,
                       char separator, std::size_t bytes_max, Flush flush) {
  std::string list;
  for (const ChannelMember& member : members) {
    if (list.size() > bytes_max) {
      if (!flush(list)) return false;
      list.clear();
    }
    if (!list.empty()) list += separator;
    list.append(modes.status_prefixes(member.status)).append(member.who.word());
  }
  return list.empty() || flush(list);
}
template <class Flush>
bool write_mode_lines(const ModeTable& modes, std::span<const ModeChange> changes, Flush flush) {
  for (std::size_t next = 0; next < changes.size();) {
    const ModeTable::Written written = modes.write(changes, next);
    if (written.letters.empty()) continue;
    std::vector<std::string_view> words{written.letters};
    words.insert(words.end(), written.parameters.begin(), written.parameters.end());
    if (!flush(std::span<const std::string_view>(words))) return false;
  }
  return true;
}

}  // namespace hanse::irc
