// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hanse {

// The name of a lane: the next hop, and where the protocol keeps lanes in pairs, whose name we
// speak in on it: "a.example>b.example", "a.example>127.0.0.1:2600". No part holds a '>'.
struct LaneName {
  std::string_view sender;   // empty: the lane is not one of a pair
  std::string_view hop;
};

inline LaneName split_lane(std::string_view lane) {
  const std::size_t mark = lane.find('>');
  if (mark == std::string_view::npos) return {{}, lane};
  return {lane.substr(0, mark), lane.substr(mark + 1)};
}

inline std::string pair_lane(std::string_view sender, std::string_view hop) {
  std::string out(sender);
  out += '>';
  out += hop;
  return out;
}

}  // namespace hanse
