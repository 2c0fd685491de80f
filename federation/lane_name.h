// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace hanse {

// The name of a lane: the next hop; where the protocol keeps lanes in pairs, before it whose name
// we speak in on it, and where that hop is not the domain itself, for which domain; behind it what
// a second lane of the same pair is for:
//   "b.example"   "a.example>b.example"   "a.example>b.example=127.0.0.1:2600"
//   "a.example>b.example?verify"
// No domain holds a '>' or a '='; nothing in the name of a pair holds a '?'.
struct LaneName {
  std::string_view sender;   // empty: the lane is not one of a pair
  std::string_view target;   // the domain it leads to; the hop, where that says so itself
  std::string_view hop;
  std::string_view purpose{};   // "verify"; empty: messages
};

inline LaneName split_lane(std::string_view lane) {
  const std::size_t mark = lane.find('>');
  if (mark == std::string_view::npos) return {{}, lane, lane};
  const std::size_t question = std::min(lane.rfind('?'), lane.size());
  const std::string_view rest = lane.substr(mark + 1, question - mark - 1);
  LaneName out{lane.substr(0, mark), rest, rest};
  if (question < lane.size()) out.purpose = lane.substr(question + 1);
  const std::size_t place = out.hop.find('=');
  if (place == std::string_view::npos) return out;
  out.target = out.hop.substr(0, place);
  out.hop = out.hop.substr(place + 1);
  return out;
}

// "a.example>b.example" and "a.example>b.example=192.0.2.1:5269" lead to the same name, and so do
// the second lanes beside them, whatever these are for.
inline bool leads_where(std::string_view lane, std::string_view name) {
  if (!lane.starts_with(name)) return false;
  const std::string_view rest = lane.substr(name.size());
  return rest.empty() || rest.front() == '=' || rest.front() == '?';
}

// All lanes that lead to its target, whosever name is spoken on them.
inline std::string lanes_to(std::string_view target) { return ">" + std::string(target); }

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
