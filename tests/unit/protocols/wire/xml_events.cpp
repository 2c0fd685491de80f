// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/wire/xml_events.h"

#include "protocols/wire/xml_writer.h"

namespace hanse::xml {
namespace {

struct Told {
  std::vector<std::string> lines;
  std::size_t space = 0;
  bool operator==(const Told&) const = default;
};

std::string written(const Element& element) {
  std::string out;
  write(element, "", {}, out);
  return out;
}

// Stops behind the first fault.
class Reading {
 public:
  explicit Reading(const StreamLimits& limits) : reader_(limits) {}

  void feed(std::string_view bytes) {
    if (over_) return;
    const StreamReader::Fed fed = reader_.feed(bytes, events_);
    if (fed.fault) {
      events_.on_fault(*fed.fault);
      over_ = true;
    } else if (fed.consumed != bytes.size()) {
      events_.lines.push_back("stopped");
    }
  }

  Told told() && { return {std::move(events_.lines), over_ ? 0 : events_.space}; }

 private:
  StreamReader reader_;
  Events events_;
  bool over_ = false;
};

Told told_by(std::size_t piece_bytes, std::string_view bytes, const StreamLimits& limits) {
  Reading reading(limits);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_bytes, bytes.size()))) {
    reading.feed(bytes.substr(0, piece_bytes));
  }
  return std::move(reading).told();
}

Told told_in_two(std::size_t first_bytes, std::string_view bytes, const StreamLimits& limits) {
  Reading reading(limits);
  reading.feed(bytes.substr(0, first_bytes));
  reading.feed(bytes.substr(first_bytes));
  return std::move(reading).told();
}

}  // namespace

bool Events::on_open(Element header, std::vector<Declaration> declared) {
  std::string line = "open " + written(header);
  for (const Declaration& each : declared) line += " " + each.prefix + "=" + each.ns;
  lines.push_back(line);
  return !stops;
}

bool Events::on_element(Element&& element) {
  lines.push_back("element " + written(element));
  return !stops;
}

bool Events::on_close() {
  lines.push_back("close");
  return !stops;
}

void Events::on_fault(const StreamFault& fault) {
  lines.push_back("fault " + kind_name(fault.kind));
}

std::string kind_name(StreamFault::Kind kind) {
  switch (kind) {
    case StreamFault::Kind::not_well_formed: return "not_well_formed";
    case StreamFault::Kind::bad_namespace_prefix: return "bad_namespace_prefix";
    case StreamFault::Kind::restricted: return "restricted";
    case StreamFault::Kind::unsupported_encoding: return "unsupported_encoding";
    case StreamFault::Kind::bad_format: return "bad_format";
    case StreamFault::Kind::too_big: return "too_big";
    case StreamFault::Kind::policy: return "policy";
  }
  return "?";
}

std::vector<std::string> events_by(std::size_t piece_bytes, std::string_view bytes,
                                   const StreamLimits& limits) {
  return told_by(piece_bytes, bytes, limits).lines;
}

std::vector<std::string> events(std::string_view bytes, const StreamLimits& limits) {
  return events_by(bytes.size(), bytes, limits);
}

std::vector<std::string> events_of_splits(std::string_view bytes, const StreamLimits& limits) {
  Told whole = told_in_two(bytes.size(), bytes, limits);
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    if (told_in_two(at, bytes, limits) == whole) continue;
    whole.lines.push_back("otherwise when split at " + std::to_string(at));
    return whole.lines;
  }
  if (told_by(1, bytes, limits) != whole) whole.lines.push_back("otherwise byte by byte");
  return whole.lines;
}

}  // namespace hanse::xml
