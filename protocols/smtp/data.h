// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/smtp/limits.h"

namespace hanse::smtp {


struct DataRules {
  bool normalize = false;       // D-3
  std::size_t line_octets_max = text_line_octets_max;
  std::uint64_t size_max = UINT64_MAX;
};

// Reads the content of DATA: finds its end, takes the dot stuffing away and watches the rules.
// The end is CR LF . CR LF on the raw octets and nothing else, whatever the policy (D-1, D-3), so
// that no other server can see another end. Equal results for any segmentation.
class DataReader {
 public:
  explicit DataReader(const DataRules& rules) : rules_(rules) {}

  // Takes from the front of `input` up to and with the end of data; appends content to `out`.
  // Once the message is lost (a rule is broken) nothing more is appended.
  void feed(std::string_view& input, std::string& out);

  bool done() const { return state_ == State::done; }
  bool lost() const { return bad_octet_ || line_too_long_ || too_big(); }
  bool bad_octet() const { return bad_octet_; }
  bool line_too_long() const { return line_too_long_; }
  bool too_big() const { return size_ > rules_.size_max; }
  bool high_octet() const { return high_octet_; }
  std::uint64_t size() const { return size_; }        // octets of the content so far (D-8)
  std::uint64_t eaten() const { return eaten_; }      // raw octets so far

 private:
  // line_start: behind CRLF. cr: behind a CR that is not appended yet. dot: behind CRLF "." that
  // is not appended. dot_cr: behind CRLF "." CR. RFC 5321 4.1.1.4 and 4.5.2
  enum class State : std::uint8_t { line_start, text, cr, dot, dot_cr, done };

  // The next of each in the input at hand; looked for again only when passed, so that no input
  // makes the search quadratic.
  struct Marks { std::size_t cr = 0, lf = 0, nul = 0; };

  std::size_t clean_end(std::string_view input, std::size_t at, Marks& marks);
  std::size_t step(std::string_view input, std::size_t at, std::string& out);
  void emit(std::string_view octets, std::string& out);
  void bare(bool line_end, std::string& out);
  void measure(std::size_t octets);

  DataRules rules_;
  State state_ = State::line_start;
  bool bad_octet_ = false, line_too_long_ = false, high_octet_ = false;
  std::size_t column_ = 0;
  std::uint64_t size_ = 0, eaten_ = 0;
};

}  // namespace hanse::smtp
