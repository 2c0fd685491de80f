// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "protocols/irc/event.h"

namespace hanse::irc {

// Which tags of a message a peer keeps. They pass from one network to another where both do.
struct TagsKept {
  bool time = false, msgid = false;
  bool client = false;         // what clients say to each other: '+' before the name
  bool few_of_client = false;  // of these only those that solanum lets pass (irc 4.2)
};

// Those of a line's tags (without '@') that pass, as they are written in a line; empty: none.
std::string passing_tags(std::string_view section, const TagsKept& kept);
// False: it is nothing but tags, and none of them passes; or a part of it fits no line.
bool write_said(const Said& said, const TagsKept& kept, std::string_view source,
                std::string& out);

}  // namespace hanse::irc
