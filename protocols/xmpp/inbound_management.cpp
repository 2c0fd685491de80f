// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/management.h"
#include "protocols/xmpp/names.h"

namespace hanse::xmpp {

namespace {

std::string failed(std::string_view condition) {
  return "<failed xmlns='urn:xmpp:sm:3'><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>";
}

}  // namespace

// The peer's stanzas are counted; of ours there are some only with bidi. Resumption is not
// offered: what a peer has not seen acknowledged it sends again on its next stream.
void Inbound::management(const xml::Element& one, Outbox& out) {
  if (one.name == "enable") {
    if (state_ != State::trusted || receiving_.counts())  // xmpp 6.5
      return say(failed("unexpected-request"));
    receiving_.begin_counting();
    say("<enabled xmlns='urn:xmpp:sm:3'/>");
    if (serving_) sending_.count_from_here(now_, output_, out);   // a stanza came first
    return serve_pairs(out);
  }
  if (one.name == "resume") return say(failed("item-not-found"));
  if (!receiving_.counts()) return say(failed("unexpected-request"));
  if (one.name == "r") {
    receiving_.asked();
    if (receiving_.answer_is_due()) acknowledge();
    return;
  }
  if (one.name != "a") return close_with({"unsupported-stanza-type", {}, {}}, out);
  // xmpp 6.1: an acknowledgement of what was never sent
  const std::optional<std::uint32_t> handled = read_handled(one.attribute("h"));
  if (!handled) return close_with({"bad-format", "h has to be a number", {}}, out);
  if (both_ways_) return sent_acknowledged(*handled, out);
  if (*handled == 0) return;
  out.note(Level::info, "xmpp.closed", "acknowledged what was never sent");
  say("<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
      "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='" + std::to_string(*handled) +
      "' send-count='0'/></stream:error></stream:stream>");
  end_said_ = hang_up_ = true;
}

void Inbound::acknowledge() {
  say(write_answer(receiving_.handled()));
}

}  // namespace hanse::xmpp
