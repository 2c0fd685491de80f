// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hanse::irc {

// How a node of our kind marks the servers that stand for other networks: by their description. Two
// such nodes between the same networks would show everybody twice and say everything twice, and
// people who are relayed must not be relayed again (irc 9).
struct OriginMark {
  std::string_view network;   // whose people are behind it
  std::string_view node;      // who put it there
};

// And by which they know each other's own servers.
constexpr std::string_view node_mark = " [hanse]";
inline bool is_node_description(std::string_view text) { return text.ends_with(node_mark); }

inline std::string origin_text(std::string_view network, std::string_view node) {
  return "people of " + std::string(network) + ", relayed by " + std::string(node);
}

inline std::optional<OriginMark> read_origin(std::string_view description) {
  constexpr std::string_view head = "people of ", middle = ", relayed by ";
  const std::size_t at = description.find(middle);
  if (!description.starts_with(head) || at == std::string_view::npos || at < head.size())
    return std::nullopt;
  return OriginMark{description.substr(head.size(), at - head.size()),
                    description.substr(at + middle.size())};
}

}  // namespace hanse::irc
