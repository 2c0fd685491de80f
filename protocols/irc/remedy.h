// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hanse::irc {

// Why there is no link, and between whom. `reason` is ours, or what the other side said, behind
// `its_words`.
struct Refusal {
  std::string_view dialect, reason;
  std::string_view us, peer, network;   // names; of a network that is not known, empty
};
constexpr std::string_view its_words = "it says: ";

// What has to change: in the other server's configuration, in ours, or in either. Empty: nothing
// is known to help. There is no password in it, nor any word of the other side.
struct Remedy {
  std::string there, here;
  bool lasting = false;   // it stays so until somebody changes that
};
Remedy remedy_of(const Refusal& refusal);

// For our log, and for the other side; both with the reason before it.
std::string for_us(const Refusal& refusal);
std::string for_them(const Refusal& refusal);

}  // namespace hanse::irc
