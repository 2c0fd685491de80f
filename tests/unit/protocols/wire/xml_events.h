// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/wire/xml_stream.h"

namespace hanse::xml {

constexpr StreamLimits roomy{256 * 1024, 64, 20'000, 64, 256, 1024, 64, 8192};

// What a reader said, as text: "open", "element" and "close" with what came, at the end "fault"
// with its kind.
class Events : public StreamHandler {
 public:
  bool on_open(Element header, std::vector<Declaration> declared) override;
  bool on_element(Element&& element) override;
  bool on_close() override;
  void on_space(std::size_t bytes) override { space += bytes; }
  void on_fault(const StreamFault& fault);

  std::vector<std::string> lines;
  std::size_t space = 0;
  bool stops = false;  // at every event
};

// "not_well_formed", ...
std::string kind_name(StreamFault::Kind kind);

// All events of `bytes` in one piece, or in pieces of so many bytes.
std::vector<std::string> events(std::string_view bytes, const StreamLimits& limits = roomy);
std::vector<std::string> events_by(std::size_t piece_bytes, std::string_view bytes,
                                   const StreamLimits& limits = roomy);

// The same, and whether every split in two and every byte alone says the same, too; if one does
// not, that is the last line.
std::vector<std::string> events_of_splits(std::string_view bytes,
                                          const StreamLimits& limits = roomy);

}  // namespace hanse::xml
