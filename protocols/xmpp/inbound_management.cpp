// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/management.h"
#include "protocols/xmpp/names.h"

namespace hanse::xmpp {

// The peer's stanzas are counted; of ours there are some only with bidi.
void Inbound::management(const xml::Element& one, Outbox& out) {
  if (one.name == "enable") return enable(one, out);
  if (one.name == "resume") return resume(one, out);
  if (!receiving_.counts()) return say(write_failed("unexpected-request"));
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
  if (*handled != 0) close_with(handled_too_high(*handled, 0), out);
}

void Inbound::enable(const xml::Element& one, Outbox& out) {
  if (state_ != State::trusted || receiving_.counts())  // xmpp 6.5
    return say(write_failed("unexpected-request"));
  receiving_.begin_counting();
  std::string id;
  if (wants_resumption(one)) begin_session(id = make_session_id(nonce_), out);
  say(write_enabled(id));
  if (serving_) sending_.count_from_here(now_, output_, out);   // a stanza came first
  serve_pairs(out);
}

void Inbound::acknowledge() {
  say(write_answer(receiving_.handled()));
}

}  // namespace hanse::xmpp
