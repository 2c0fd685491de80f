// SPDX-License-Identifier: Apache-2.0
// Two connections for one network: which one stays (irc 7).
#include "protocols/irc/link.h"
#include "server/base/text.h"

namespace hanse::irc {

// Both have dialled: the call of the server whose name comes first is the one that counts. Where
// that is its, ours may still be taken by a server that does not know this rule: that shows soon.
bool ServerLink::must_wait_for_call(const NetworkSettings& network) {
  return lower_ascii(network.peer) < lower_ascii(network.own_name);
}

// What it says is not read meanwhile.
void ServerLink::hold(Side& side, std::string_view line, Outbox& out) {
  held_by_ = &side;
  held_line_ = line;
  side.crossing().wait(go_on_);
  held_asked_ = out.ask(Heed{go_on_, false});
}

void ServerLink::go_on(Instant now, Outbox& out) {
  held_asked_ = 0;
  held_by_ = nullptr;
  const std::string line = std::exchange(held_line_, {});
  if (line.empty()) agreed(now, out);
  else shake(line, now, out);
  if (state_ == State::ended) return;
  read_lines(now, out);
  finish_turn(now, out);
}

void ServerLink::call_over() {
  if (calling_ == nullptr) return;
  --calling_->crossing().calls;
  std::exchange(calling_, nullptr)->crossing().changed();
}

bool ServerLink::replaced(Outbox& out) {
  if (side_ == nullptr || !side_->crossing().replaced) return false;
  end(Fault::try_later, "it has come again", true, out);
  return true;
}

}  // namespace hanse::irc
