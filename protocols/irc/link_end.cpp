// SPDX-License-Identifier: Apache-2.0
// How a link ends, and what is said about it.
#include <utility>

#include "protocols/irc/limits.h"
#include "protocols/irc/line_maker.h"
#include "protocols/irc/link.h"
#include "server/base/text.h"

namespace hanse::irc {

void ServerLink::drain(Outbox& out) {
  if (state_ == State::ended) return;
  if (side_ != nullptr) out.send(last_words());
  // Of this link alone, or of the whole node.
  end(Fault::try_later, "ended by the operator of " + std::string(refusal({}).us), true, out);
}

void ServerLink::closed(std::string_view why, Outbox& out) {
  // With a server, and not by us.
  if (state_ != State::ended && (dialect_ != nullptr || securing())) {
    const bool was_up = side_ != nullptr;
    const bool known = was_up || dialled_ != nullptr;
    const std::string how = how_it_closed(why);
    const Refusal refused = refusal(how);
    const bool lasting = securing() && remedy_of(refused).lasting;
    std::string what = for_us(refused);
    out.note(known ? Level::warning : Level::info, "irc.end", what);
    note_end(what);
    if (!was_up && dialled_ != nullptr)
      out.fail({.fault = lasting ? Fault::refused : Fault::try_later,
                .status = "4.4.2",
                .what = std::move(what)});
  }
  state_ = State::ended;
  call_over();
  give_back_late(out);
  let_go(why.empty() ? "the link ended" : why);
}

std::string ServerLink::how_it_closed(std::string_view why) const {
  if (securing()) {
    // OpenSSL's words for whatever is no record of TLS.
    const bool plain = why.find("wrong version number") != std::string_view::npos ||
                       why.find("packet length too long") != std::string_view::npos;
    return "no TLS: " + escape_text(why) + (plain ? ", it speaks plain text there" : "");
  }
  std::string out = "the connection is gone";
  if (side_ == nullptr && handshake_lines_ == 0) {
    out += " before it said a word";
    if (dialled_ != nullptr && tls_ == nullptr) out += " to our plain text";
  }
  if (!why.empty()) out += ": " + escape_text(why);
  return out;
}

void ServerLink::refuse(std::string_view why, Outbox& out) {
  end(Fault::refused, why, true, out);
}

std::string ServerLink::heard_from_it(std::string_view words) {
  return std::string(its_words) + escape_text(words, limits::heard_words_bytes_max);
}

// It lets go of us, or of itself: its reason is for our log, ours for its.
void ServerLink::sent_away(std::string_view its_reason, std::string_view why, Outbox& out) {
  out.note(Level::warning, "irc.squit", escape_text(its_reason));
  const std::string said = heard_from_it(its_reason);
  const Refusal refused = refusal(its_reason.empty() ? why : said);
  const Fault fault = remedy_of(refused).lasting ? Fault::refused : Fault::never;
  end_by({fault, why, why, for_us(refused)}, out);
}

void ServerLink::end(Fault fault, std::string_view why, bool tell, Outbox& out) {
  const Refusal refused = refusal(why);
  // irc 8: what we refuse stays so; of what it says, what is known to need a change.
  if (fault == Fault::refused && why.starts_with(its_words) && !remedy_of(refused).lasting)
    fault = Fault::try_later;
  const std::string told = tell ? for_them(refused) : std::string();
  end_by({fault, why, told, for_us(refused)}, out);
}

Refusal ServerLink::refusal(std::string_view why) const {
  Refusal out;
  out.reason = why;
  if (dialect_ != nullptr) out.dialect = dialect_->name();
  else if (dialled_ != nullptr) out.dialect = make_dialect(dialled_->dialect, nonce_)->name();
  if (known_ != nullptr) {
    out.us = known_->own_name;
    out.peer = known_->peer;
    out.network = known_->name;
  } else if (!hub_->settings().networks.empty()) {
    out.us = hub_->settings().networks.front().own_name;
  }
  return out;
}

// What a stranger who claims to be the peer is told is no news of a link that is up.
void ServerLink::note_end(std::string_view what) {
  if (known_ == nullptr) return;
  Side& side = *hub_->side(known_->name);
  if (side_ != nullptr || side.phase() == Side::Phase::down) side.note_end(what, hub_->now());
}

void ServerLink::end_by(const Ending& ending, Outbox& out) {
  if (state_ == State::ended) return;
  const bool was_up = side_ != nullptr;
  state_ = State::ended;
  out.note(was_up || dialled_ != nullptr ? Level::warning : Level::info, "irc.end", ending.noted);
  note_end(ending.noted);
  if (!ending.told.empty()) {
    std::string text;   // behind what it has been answered already
    if (was_up && !side_->facts().paced) text = last_words();
    LineMaker(text).text({}, "ERROR", {}, escape_text(ending.told, limits::error_bytes_max));
    out.send(text);
  }
  call_over();
  give_back_late(out);
  let_go(ending.why);
  LinkEnd end;
  end.stage = was_up ? LinkEnd::Stage::ready : LinkEnd::Stage::handshake;
  end.fault = ending.fault;
  end.status = "4.4.2";
  end.what = ending.noted;
  out.fail(std::move(end));
  out.hang_up();
}

void ServerLink::let_go(std::string_view why) {
  if (side_ == nullptr) return;
  Side& side = *std::exchange(side_, nullptr);
  mirror_.reset();
  hub_->relay().side_down(side, escape_text(why, limits::error_bytes_max));
  side.end();
  side.crossing().link_over();
}

}  // namespace hanse::irc
