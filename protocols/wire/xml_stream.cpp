// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_stream.h"

#include "protocols/wire/xml_prolog.h"
#include "protocols/wire/xml_scanner.h"
#include "protocols/wire/xml_stream_parser.h"
#include "server/base/limits.h"

namespace hanse::xml {
namespace {

using Kind = StreamFault::Kind;

constexpr std::string_view space = " \t\r\n";
constexpr std::size_t held_bytes_kept_max = 4096;
// A handler that stops behind each stanza is fed the rest of a read again and again: an octet 0 is
// not looked for in all of it every time.
constexpr std::size_t looked_at_once_bytes = 2048;

// Text is one thing, octets that can be no text another (XML 1.0 2.2, RFC 3629 4).
StreamFault outside(char byte) {
  const auto octet = static_cast<unsigned char>(byte);
  const bool text = octet >= ' ' && octet != 0xc0 && octet != 0xc1 && octet <= 0xf4 &&
                    (octet < 0x80 || octet > 0xbf);
  if (text) return {Kind::bad_format, "text between elements"};  // xmpp 7.8
  return {Kind::not_well_formed, "octets that are no text"};
}

}  // namespace

// Prolog, then units: the header, top-level elements, the end. A unit's bytes are counted and
// scanned before the parser sees them.
struct StreamReader::Machine {
  enum class Phase : std::uint8_t { prolog, unit, between, over };

  explicit Machine(const StreamLimits& its_limits) : limits(its_limits), parser(limits) {}

  // True: go on. Adds to `consumed` what was read of `bytes`.
  bool step(std::string_view bytes, StreamHandler& handler, std::size_t& consumed) {
    switch (phase) {
      case Phase::prolog: return on_prolog(bytes, handler, consumed);
      case Phase::between: return on_between(bytes, handler, consumed);
      case Phase::unit: return on_unit(bytes, handler, consumed);
      case Phase::over: consumed += bytes.size(); return false;
    }
    return false;
  }

  bool on_prolog(std::string_view bytes, StreamHandler& handler, std::size_t& consumed) {
    const Prolog::Taken taken = prolog.take(bytes);
    consumed += taken.bytes;
    if (taken.space > 0) handler.on_space(taken.space);
    if (taken.fault) return fail(*taken.fault);
    if (!taken.root) return true;
    phase = Phase::unit;
    std::size_t taken_already = 0;
    return on_unit("<", handler, taken_already);
  }

  bool on_between(std::string_view bytes, StreamHandler& handler, std::size_t& consumed) {
    const std::size_t spaces = std::min(bytes.find_first_not_of(space), bytes.size());
    consumed += spaces;
    if (spaces > 0) handler.on_space(spaces);
    if (spaces == bytes.size()) return true;
    if (bytes[spaces] != '<') return fail(outside(bytes[spaces]));
    phase = Phase::unit;
    return true;
  }

  bool on_unit(std::string_view bytes, StreamHandler& handler, std::size_t& consumed) {
    // xmpp 7.5: the parser would take in an unfinished tag of any size.
    const std::size_t most = limits.element_bytes_max;
    std::string_view allowed = bytes.substr(0, most > unit_bytes ? most - unit_bytes : 0);
    // libxml2 takes an octet 0 for the end of what is there, and waits for more behind it for ever.
    const bool zero = before_zero < allowed.size();
    allowed = allowed.substr(0, before_zero);
    const Scanner::Scanned scanned = scanner.scan(allowed, limits.attributes_max);
    consumed += scanned.bytes;
    unit_bytes += scanned.bytes;
    pass(allowed.substr(0, scanned.bytes));
    // What is wrong with the text before it comes first.
    if (scanned.fault) parser.flush(scanner.in_cdata());
    if (parser.fault()) return fail(*parser.fault());
    if (scanned.fault) return fail(*scanned.fault);
    if (scanned.seen != Scanner::Seen::more) return on_seen(scanned.seen, handler);
    if (!zero && unit_bytes < most) return true;
    parser.flush(scanner.in_cdata());
    if (parser.fault()) return fail(*parser.fault());
    return fail(zero ? StreamFault{Kind::not_well_formed, "an octet 0"}
                     : StreamFault{Kind::too_big, "too large"});
  }

  // Gives the parser what is complete, and holds back the start of a tag.
  void pass(std::string_view scanned) {
    const std::size_t unfinished = scanner.unfinished_bytes();
    if (held.size() + scanned.size() == unfinished) {
      held += scanned;
      return;
    }
    const std::string_view complete = scanned.substr(0, scanned.size() - unfinished);
    if (held.empty()) {
      parser.feed(complete);
    } else {
      held += complete;
      parser.feed(held);
      held.clear();
      if (held.capacity() > held_bytes_kept_max) std::string().swap(held);
    }
    held += scanned.substr(complete.size());
  }

  bool on_seen(Scanner::Seen seen, StreamHandler& handler) {
    phase = Phase::between;
    if (seen == Scanner::Seen::end) return on_end(handler);
    std::optional<Element> unit = parser.take();
    // The scanner has seen an end that the parser has not: not in what is well-formed.
    if (!unit) return fail({Kind::not_well_formed, "tags that do not match"});
    if (seen == Scanner::Seen::element) {
      parser.recycle(unit_bytes);
      unit_bytes = 0;
      return handler.on_element(std::move(*unit));
    }
    unit_bytes = 0;
    const bool go_on = handler.on_open(std::move(*unit), parser.declared());
    return seen == Scanner::Seen::empty_root ? on_end(handler) : go_on;
  }

  bool on_end(StreamHandler& handler) {
    if (!parser.closed()) return fail({Kind::not_well_formed, "tags that do not match"});
    phase = Phase::over;
    return handler.on_close();
  }

  bool fail(StreamFault its_fault) {
    fault = std::move(its_fault);
    return false;
  }

  // Reads on until the handler or a fault stops it; says how far it came.
  std::size_t read(std::string_view bytes, StreamHandler& handler) {
    std::size_t consumed = 0;
    bool go_on = true;
    while (go_on && consumed < bytes.size()) {
      const std::string_view piece = bytes.substr(consumed, looked_at_once_bytes);
      before_zero = std::min(piece.find('\0'), piece.size());
      go_on = step(piece, handler, consumed);
    }
    return consumed;
  }

  StreamLimits limits;
  Phase phase = Phase::prolog;
  Prolog prolog;
  Scanner scanner;
  StreamParser parser;
  std::string held;            // the start of a tag that is not yet over
  std::size_t unit_bytes = 0;  // of the unit being read
  std::size_t before_zero = 0;  // octets of what is being read that lie before an octet 0
  std::optional<StreamFault> fault;
};

StreamReader::StreamReader(const StreamLimits& limits)
    : machine_(std::make_unique<Machine>(limits)) {}
StreamReader::StreamReader(StreamReader&&) noexcept = default;
StreamReader& StreamReader::operator=(StreamReader&&) noexcept = default;
StreamReader::~StreamReader() = default;

void StreamReader::set_limits(const StreamLimits& limits) { machine_->limits = limits; }

void StreamReader::restart() { machine_ = std::make_unique<Machine>(machine_->limits); }

StreamReader::Fed StreamReader::feed(std::string_view bytes, StreamHandler& handler) {
  Fed fed;
  Machine& machine = *machine_;
  if (!machine.fault) fed.consumed = machine.read(bytes, handler);
  // A parser is 17 KiB, and most streams are silent most of the time.
  const bool between = machine.phase == Machine::Phase::between;
  if (between && fed.consumed == bytes.size() && bytes.size() < limits::xml_parser_busy_bytes)
    machine.parser.rest();
  fed.fault = machine.fault;
  return fed;
}

}  // namespace hanse::xml
