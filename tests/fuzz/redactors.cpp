// SPDX-License-Identifier: Apache-2.0
// What makes traces readable, against any bytes in any segmentation: its lines are bounded and do
// not depend on the segmentation, and of a secret nothing comes out but its size.

#include <memory>
#include <string>
#include <vector>

#include "protocols/irc/redactor.h"
#include "protocols/smtp/redactor.h"
#include "protocols/xmpp/redactor.h"
#include "server/base/limits.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

using Lines = std::vector<std::string>;

struct Kind {
  bool mail = false, irc = false;
  RedactorWish wish;
};

std::unique_ptr<Redactor> make(const Kind& kind) {
  if (kind.irc) return std::make_unique<irc::LineRedactor>(kind.wish);
  if (kind.mail) return std::make_unique<smtp::MailRedactor>(kind.wish);
  return std::make_unique<xmpp::StreamRedactor>(kind.wish);
}

struct Said {
  bool from_peer;
  std::string bytes;
};

Lines shown(const Kind& kind, const std::vector<Said>& talk, std::size_t piece) {
  const std::unique_ptr<Redactor> redactor = make(kind);
  Lines out;
  for (const Said& one : talk) {
    std::string_view rest = one.bytes;
    while (!rest.empty()) {
      const Exact part(rest.substr(0, piece));
      redactor->read(one.from_peer, part.view(), out);
      rest.remove_prefix(part.view().size());
    }
  }
  for (const std::string& line : out)   // one over: whoever cuts it says so
    require(line.size() <= limits::trace_line_bytes_max + 1, "a line is bounded");
  return out;
}

// A secret between two words that cannot be in it.
std::string without(std::string_view bytes, std::string_view letters) {
  std::string out(bytes);
  for (char& c : out)
    if (letters.find(c) != letters.npos) c = 'y';
  return out;
}

std::vector<Said> mail_with(const Kind& kind, const std::string& secret) {
  const bool client_is_peer = !kind.wish.dialled;
  return {{client_is_peer, "EHLO c.example\r\nAUTH PLAIN Q" + secret + "\r\n"},
          {!client_is_peer, "334 more\r\n"},
          {client_is_peer, "Q" + secret + "\r\nQUIT\r\n"}};
}

std::vector<Said> lines_with(const std::string& secret) {
  return {{true, "PASS " + secret + " TS 6 :9RL\r\nSERVER a.example Q" + secret +
                     " 0 1AA :x\r\n:1AA FJOIN #x 1 +k Q" + secret + " :,1AAAAAAAA\r\n"},
          {false, ":9RL ENCAP * SASL x " + secret + "\r\n"}};
}

std::vector<Said> stream_with(const std::string& text, const std::string& value) {
  const std::string head = "<stream:stream xmlns='jabber:server' id='x'>";
  return {{true, head + "<db:result from='b' to='a'>" + text + "</db:result><auth>" + text +
                     "</auth><challenge><x>" + text + "</x></challenge><handshake>" + text +
                     "</handshake><enabled resume='true' id='" + value + "'/><resume previd='" +
                     value + "' h='1'/><r/>"},
          {false, head + "<db:verify id='1'>" + text + "</db:verify>"}};
}

// Two that differ in their secrets alone look the same.
void keep_secrets(const Kind& kind, std::string_view bytes, std::size_t piece) {
  const std::string same(bytes.size(), 'x');
  if (kind.irc) {
    require(shown(kind, lines_with(without(bytes, std::string_view("\r\n \t", 4))), piece) ==
                shown(kind, lines_with(same), piece),
            "a password shows nothing");
    return;
  }
  if (kind.mail) {
    require(shown(kind, mail_with(kind, without(bytes, std::string_view("\r\n \t", 4))), piece) ==
                shown(kind, mail_with(kind, same), piece),
            "AUTH shows nothing");
    return;
  }
  const std::string text = without(bytes, "<"), value = without(bytes, "'");
  require(shown(kind, stream_with(text, value), piece) ==
              shown(kind, stream_with(same, same), piece),
          "a key shows nothing");
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse;
  using namespace hanse::fuzz;
  std::string_view input = as_text(data, size);
  Script script(input);
  const std::uint8_t choice = script.next();
  const Kind kind{(choice & 1) != 0, (choice & 32) != 0,
                  {.dialled = (choice & 2) != 0, .midway = (choice & 4) != 0,
                   .bodies = (choice & 8) != 0}};
  const std::size_t piece = 1 + script.next() % 16;
  const std::size_t cut = input.size() / (1 + script.next() % 4);
  const bool first = (choice & 16) != 0;
  const std::vector<Said> talk{{first, std::string(input.substr(0, cut))},
                               {!first, std::string(input.substr(cut))}};
  require(shown(kind, talk, SIZE_MAX) == shown(kind, talk, piece),
          "the segmentation decides nothing");
  Kind whole = kind;
  whole.wish.midway = false;
  keep_secrets(whole, input, piece);
  return 0;
}
