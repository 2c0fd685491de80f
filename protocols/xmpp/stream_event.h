// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/wire/xml_stream.h"

namespace hanse::xmpp {

// One event of a stream that somebody has opened to us. The reader stops behind it: what an element
// leads to may be a new stream, TLS, or a question that holds up all that follows.
struct StreamEvent final : xml::StreamHandler {
  bool on_open(xml::Element header, std::vector<xml::Declaration> its) override {
    head = std::move(header);
    declared = std::move(its);
    return false;
  }
  bool on_element(xml::Element&& element) override {
    one = std::move(element);
    return false;
  }
  bool on_close() override {
    closed = true;
    return false;
  }
  void on_space(std::size_t bytes) override { spaces += bytes; }

  std::optional<xml::Element> head, one;
  std::vector<xml::Declaration> declared;
  std::size_t spaces = 0;
  bool closed = false;
};

}  // namespace hanse::xmpp
