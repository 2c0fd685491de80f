// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/wire/xml_stream.h"

struct _xmlParserCtxt;

namespace hanse::xml {

// libxml2's push parser, and what builds elements from its calls. Gets complete tags, the root's
// first (Scanner), and holds one stream's namespaces. Guards what only a parser can see: depth,
// counts, lengths of names, entities.
class StreamParser {
 public:
  explicit StreamParser(const StreamLimits& limits);  // which stay where they are, and may change
  StreamParser(const StreamParser&) = delete;
  ~StreamParser();

  void feed(std::string_view bytes);
  // Looks at text that has come, as if it were over and a tag followed; then nothing can follow.
  void flush(bool in_cdata);
  const std::optional<StreamFault>& fault() const { return fault_; }

  // The root without its content, or the element that has just ended; nothing when it has not.
  std::optional<Element> take();
  const std::vector<Declaration>& declared() const { return declared_; }
  bool closed() const { return closed_; }  // the root has ended

  // Between two elements. libxml2 keeps every name it ever saw (and gives up after 10 MB of them),
  // and a buffer as large as the largest element: from some size on it is let go. The next bytes
  // make it anew, with the namespaces of the root declared again.
  void recycle(std::size_t element_bytes);
  void rest();   // lets it go, whatever its size: nothing more comes for now

 private:
  struct Hooks;

  void begin();
  void end();
  void push(std::string_view bytes);
  void fail(StreamFault::Kind kind, std::string_view what);

  const StreamLimits& limits_;
  _xmlParserCtxt* context_ = nullptr;
  bool priming_ = false;           // what is parsed has been seen before
  std::string root_;               // with its prefix
  std::vector<Declaration> declared_;
  Element unit_;                   // the header or top-level element being built
  std::vector<Element*> open_;     // in it
  std::size_t nodes_ = 0;          // in it
  bool complete_ = false, closed_ = false;
  std::optional<StreamFault> fault_;
};

}  // namespace hanse::xml
