// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocols/redactor.h"

namespace hanse::xmpp {

// Streams as lines, one for each child of the stream. Dialback keys, what SASL carries, the
// handshake of a component and what resumes a stream are never shown; inside of a stanza only
// names, unless bodies are wanted.
// Not a parser: whatever comes, it hides rather than shows what it cannot place.
class StreamRedactor final : public Redactor {
 public:
  explicit StreamRedactor(const RedactorWish& wish);
  void read(bool from_peer, std::string_view bytes, std::vector<std::string>& lines) override;

 private:
  // One direction.
  class Side {
   public:
    void begin(bool placed, std::size_t depth, bool bodies);
    void read(std::string_view bytes, std::vector<std::string>& lines);

   private:
    enum class At : std::uint8_t { text, tag, quoted, cdata };

    void in_text(char c);
    void end_tag(std::vector<std::string>& lines);
    void open_tag(std::string_view name, std::string_view local, bool empty);
    void close_tag();
    void show(std::string_view text);
    void tell_hidden();
    void end_line(std::vector<std::string>& lines);
    bool hides_text() const { return secret_ || !placed_ || depth_ == 0 || (stanza_ && !bodies_); }

    At at_ = At::text;
    std::string line_, tag_;
    std::size_t depth_ = 0;           // open elements, the stream is the first
    std::size_t secret_depth_ = 0;    // where the secret element stands
    std::size_t hidden_octets_ = 0;
    std::size_t tag_octets_ = 0;      // of which tag_ keeps the first
    unsigned brackets_ = 0;           // ']' just before, in CDATA
    char quote_ = 0, last_ = 0;
    bool bodies_ = false, secret_ = false, stanza_ = false;
    bool placed_ = true;              // it is known where in the stream we are
  };
  Side ours_, theirs_;
};

}  // namespace hanse::xmpp
