// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocols/wire/xml_element.h"

namespace hanse::xml {

// A prefix that the stream header has declared.
struct Prefix {
  std::string_view prefix, ns;
};

// The canonical text of an element, appended to `out`, for a place where `default_ns` is the
// default namespace and `prefixes` are declared. An element in the default namespace has no
// prefix; one in the namespace of a prefix is written with it; any other namespace becomes the
// default on the first element of its subtree. Attributes in a namespace without a prefix get one
// declared on their element (ns1, ns2, ...; no prefix of the header may be called so).
// Reading what was written gives the same element; writing that gives the same bytes.
void write(const Element& element, std::string_view default_ns, std::span<const Prefix> prefixes,
           std::string& out);

// Good inside of quotes and between tags: & < > " ' and TAB, LF, CR become references. What XML
// cannot hold (other controls, U+FFFE, U+FFFF, octets that are no UTF-8) becomes U+FFFD.
std::string escaped(std::string_view text);
void escape_into(std::string_view text, std::string& out);

}  // namespace hanse::xml
