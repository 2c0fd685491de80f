// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hanse {

// For operators: a list of things that a room keeps as state of its own, beside lanes and links.
// `hanse PROTOCOL NAME` shows it.
struct StateView {
  std::string_view name, help;
  std::span<const std::string_view> columns;
};

using StateCell = std::variant<std::string, std::int64_t>;
using StateRow = std::vector<StateCell>;   // one cell for each column

// A part of a view: bounded, so that whoever keeps the state is not held up for long.
struct StatePage {
  std::vector<StateRow> rows;
  std::size_t next = 0;           // where the next part begins; 0: there is none
};

// What the operator of the other side has to put into his configuration so that we can link.
struct PeerConfigWish {
  std::string software;           // one of Protocol::peer_software
  std::string peer;               // what we call it; empty: the only one there is
  bool passwords = false;         // else they are only named
  // Of our certificate for a name, SHA-256 in lower-case hex; empty: we have none.
  std::function<std::string(std::string_view name)> certificate_sha256;
};

}  // namespace hanse
