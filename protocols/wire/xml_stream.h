// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/wire/xml_element.h"

namespace hanse::xml {

// Reading streams of XML: one document for the life of a connection, whose root's children are
// the units that matter (top-level elements). Knows no protocol; pure; bounded.

struct StreamLimits {
  std::size_t element_bytes_max = 0;     // of one top-level element, and of the header
  std::size_t depth_max = 0;             // a top-level element has depth 1
  std::size_t nodes_max = 0;             // elements, texts and attributes of one top-level element
  std::size_t attributes_max = 0;        // of one element, declarations of namespaces included
  std::size_t name_bytes_max = 0;        // local names
  std::size_t ns_bytes_max = 0;
  std::size_t namespaces_max = 0;        // in scope
  std::size_t dictionary_names_max = 0;  // kept by the parser before it is made anew
};

struct StreamFault {
  enum class Kind : std::uint8_t {
    not_well_formed,
    bad_namespace_prefix,  // unbound, or a reserved one misused
    restricted,            // comment, processing instruction, DOCTYPE, entity
    unsupported_encoding,  // or another version of XML
    bad_format,            // text between the top-level elements
    too_big,               // element_bytes_max
    policy,                // one of the other limits
  };
  Kind kind = Kind::not_well_formed;
  std::string what;  // printable, for people
  bool operator==(const StreamFault&) const = default;
};

// A namespace the header has declared; the prefix of the default one is empty.
struct Declaration {
  std::string prefix, ns;
  bool operator==(const Declaration&) const = default;
};

// Hears of events, in order. Answering false makes feed() return behind that event. No call of
// the reader is allowed from here, except for set_limits().
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual bool on_open(Element header, std::vector<Declaration> declared) = 0;  // has no children
  virtual bool on_element(Element&& element) = 0;
  virtual bool on_close() = 0;
  virtual void on_space(std::size_t bytes) { (void)bytes; }  // ignored ones outside of elements
};

// One connection's streams, one after the other; belongs to its engine. The same bytes in any
// pieces give the same events and end in the same fault. Faults are told as soon as they are
// certain, except that what is wrong inside of a tag or a text may be told only when it is over.
class StreamReader {
 public:
  explicit StreamReader(const StreamLimits& limits);
  StreamReader(StreamReader&&) noexcept;
  StreamReader& operator=(StreamReader&&) noexcept;
  ~StreamReader();

  void set_limits(const StreamLimits& limits);  // good at once

  struct Fed {
    std::size_t consumed = 0;          // all, or up to the event the handler has stopped at
    std::optional<StreamFault> fault;  // the stream is over; every later feed() says so again
  };
  // Behind an event that was stopped at not a single further byte has been looked at. A stopped
  // handler is fed the rest when it wants. What follows the end of the stream is ignored.
  Fed feed(std::string_view bytes, StreamHandler& handler);

  // A new stream on the same connection: nothing is kept but the limits.
  void restart();

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace hanse::xml
