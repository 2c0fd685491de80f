// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hanse {

// The name of a lane: the next hop; where the protocol keeps lanes in pairs, before it whose name
// we speak in on it, and where that hop is not the domain itself, for which domain:
//   "b.example"   "a.example>b.example"   "a.example>b.example=127.0.0.1:2600"
// No domain holds a '>' or a '='.
struct LaneName {
  std::string_view sender;   // empty: the lane is not one of a pair
  std::string_view target;   // the domain it leads to; the hop, where that says so itself
  std::string_view hop;
};

inline LaneName split_lane(std::string_view lane) {
  const std::size_t mark = lane.find('>');
  if (mark == std::string_view::npos) return {{}, lane, lane};
  LaneName out{lane.substr(0, mark), lane.substr(mark + 1), lane.substr(mark + 1)};
  const std::size_t place = out.hop.find('=');
  if (place == std::string_view::npos) return out;
  out.target = out.hop.substr(0, place);
  out.hop = out.hop.substr(place + 1);
  return out;
}

// "a.example>b.example" and "a.example>b.example=192.0.2.1:5269" lead to the same name.
inline bool leads_where(std::string_view lane, std::string_view name) {
  return lane.starts_with(name) && (lane.size() == name.size() || lane[name.size()] == '=');
}

inline std::string pair_lane(std::string_view sender, std::string_view target,
                             std::string_view hop) {
  std::string out(sender);
  out.append(">").append(target);
  if (hop != target) out.append("=").append(hop);
  return out;
}

inline std::string pair_lane(std::string_view sender, std::string_view hop) {
  return pair_lane(sender, hop, hop);
}

}  // namespace hanse
