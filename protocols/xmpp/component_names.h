// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "protocols/wire/xml_element.h"

namespace hanse::xmpp {

// Every element of a tree that is in the one namespace comes to be in the other. Components write
// stanzas in a namespace of their own; inside they mean the same.
void rename(xml::Element& tree, std::string_view from, std::string_view to);

}  // namespace hanse::xmpp
