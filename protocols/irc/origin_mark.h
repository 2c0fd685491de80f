// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace hanse::irc {

// How a node of our kind marks the servers that stand for other networks: by their description. Two
// such nodes between the same networks would show everybody twice and say everything twice, and
// people who are relayed go on from node to node by one way only (irc 9).
struct OriginMark {
  std::string_view network;   // whose people are behind it
  std::string_view node;      // who put it there
  unsigned hops = 0;          // nodes before that one: 0 is linked to the network itself
};

// And by which they know each other's own servers.
constexpr std::string_view node_mark = " [hanse]";
constexpr unsigned hops_known_max = 99;
inline bool is_node_description(std::string_view text) { return text.ends_with(node_mark); }

// "people of home, relayed by node.a.example", and of the next node "people of home (1), ...": what
// a server cuts off is the end.
inline std::string origin_text(std::string_view network, std::string_view node, unsigned hops) {
  const std::string far = hops == 0 ? "" : " (" + std::to_string(hops) + ")";
  return "people of " + std::string(network) + far + ", relayed by " + std::string(node);
}

inline std::optional<OriginMark> read_origin(std::string_view description) {
  constexpr std::string_view head = "people of ", middle = ", relayed by ";
  const std::size_t at = description.find(middle);
  if (!description.starts_with(head) || at == std::string_view::npos || at < head.size())
    return std::nullopt;
  OriginMark out{description.substr(head.size(), at - head.size()),
                 description.substr(at + middle.size())};
  const std::size_t open = out.network.rfind(" (");
  if (open == std::string_view::npos || !out.network.ends_with(')')) return out;
  for (const char one : out.network.substr(open + 2, out.network.size() - open - 3)) {
    if (one < '0' || one > '9') return std::nullopt;
    out.hops = std::min(out.hops * 10 + static_cast<unsigned>(one - '0'), hops_known_max);
  }
  out.network = out.network.substr(0, open);
  return out;
}

}  // namespace hanse::irc
