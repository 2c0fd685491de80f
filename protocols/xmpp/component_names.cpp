// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/component_names.h"

#include <vector>

namespace hanse::xmpp {

void rename(xml::Element& tree, std::string_view from, std::string_view to) {
  std::vector<xml::Element*> open{&tree};
  while (!open.empty()) {
    xml::Element& one = *open.back();
    open.pop_back();
    if (one.ns == from) one.ns = to;
    for (xml::Element::Node& node : one.nodes)
      if (node.element) open.push_back(node.element.get());
  }
}

}  // namespace hanse::xmpp
