// SPDX-License-Identifier: Apache-2.0
// What the books say of stanzas alone: streams that go on as others, and what comes back.

#include "tests/sim/auditor.h"

namespace hanse::sim {

// ---- one for another ----

// xmpp 5.3: it came over another stream, whose end, or that of the sender, left open what became of
// it; here it was known as the same, and went no further.
bool Auditor::known_from_before(int node, const std::string& token, const std::string& to) {
  bool known = false;
  for (auto& [key, before] : transfers_) {
    if (std::get<1>(key) != token || std::get<2>(key) != to || before.node != node) continue;
    if (before.accepted == 0) continue;
    known = true;
    if (before.claimed == before.accepted) continue;
    ++before.claimed;
    break;
  }
  known_ += known ? 1 : 0;
  return known;
}

// xmpp 6.4: of one of those before it, whose end left it open.
void Auditor::claimed_later(std::uint64_t stream, const std::string& token, const std::string& to) {
  ++claimed_later_;
  const int node = transfers_[{stream, token, to}].node;
  for (auto& [key, before] : transfers_) {
    if (std::get<1>(key) != token || std::get<2>(key) != to || before.node != node) continue;
    if (std::get<0>(key) >= stream || before.claimed >= before.accepted) continue;
    if (before.unsure == 0) continue;
    ++before.claimed;
    return;
  }
  fail("claimed as delivered by a stream before, accepted by nobody: " + quoted(token, to));
}

// ---- stanzas that come back ----

void Auditor::passed(int node, std::uint64_t stream, const Envelope& envelope, const Body& body) {
  if (!envelope.trace.empty()) stanzas_.went_over(node, stream, *body.bytes);
  if (!envelope.is_report || envelope.from.protocol != "xmpp") return;
  const std::string token = token_of(envelope), to = to_text(envelope.to.front());
  // On its way, and from here on in memory only.
  const auto transfer = transfers_.find({stream, token, to});
  if (transfer != transfers_.end()) {
    accepted(stream, token, envelope.to.front());
    books_[{token, to}].told = true;
  }
  if (envelope.trace.empty() && StanzaBook::is_error(*body.bytes))   // made on the spot
    turned_down(stream, envelope.key.native_id, to_text(envelope.from));
}

void Auditor::turned_down(std::uint64_t stream, const std::string& token, const std::string& to) {
  const auto book = books_.find({token, to});
  if (book == books_.end()) return;   // one that nobody keeps
  book->second.told = true;
  stanzas_.turned_down(token);
  ++book->second.failures;
  if (const auto sent = transfers_.find({stream, token, to}); sent != transfers_.end())
    ++sent->second.accepted;
}

void Auditor::came_back(std::uint64_t stream, const std::string& token, const std::string& to,
                        const std::string& origin) {
  const auto book = books_.find({token, to});
  if (book == books_.end()) return;
  const std::string report = std::string(report_mark) + token;
  if (const auto sent = transfers_.find({stream, report, origin}); sent != transfers_.end())
    ++sent->second.accepted;
  Book& returned = books_[{report, origin}];
  returned.told = true;
  ++returned.arrived;
  ++book->second.returned;
  if (book->second.failures == 0 && !expired_)
    fail("sent back, but did not fail: " + quoted(token, to));
}

}  // namespace hanse::sim
