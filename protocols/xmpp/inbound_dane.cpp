// SPDX-License-Identifier: Apache-2.0
// What secure DNS says of the domains that come over a stream (xmpp 1.10, 3.5).

#include <algorithm>
#include <utility>

#include "protocols/xmpp/inbound.h"

namespace hanse::xmpp {

// True when answers are awaited: looked_up() goes on with what waits for them.
bool Inbound::look_up(const std::string& key, bool background, Outbox& out) {
  const bool shown = tls_->chain != nullptr && !tls_->chain->certificates.empty();
  const Trust trust = settings_->trust_of(key);
  if (!shown || trust == Trust::pin || trust == Trust::authority) return false;
  const auto [found, fresh] = dane_.try_emplace(key, key);
  if (fresh) step(key, background, out);
  return !found->second.done();
}

// For a further domain one question at a time: there may be many such domains at once.
void Inbound::step(const std::string& key, bool background, Outbox& out) {
  PeerDane& dane = dane_.at(key);
  while (std::optional<DnsQuestion> question = dane.next()) {
    const AskId id = out.ask(Lookup{*question, background});
    looking_.push_back({id, key, *std::move(question), background});
    if (background) return;
  }
}

bool Inbound::looked_up(AskId id, const Answer& answer, Outbox& out) {
  const auto found = std::find_if(looking_.begin(), looking_.end(),
                                  [id](const PeerLookup& one) { return one.id == id; });
  if (found == looking_.end()) return false;
  const PeerLookup looking = std::move(*found);
  looking_.erase(found);
  PeerDane& dane = dane_.at(looking.key);
  if (const DnsAnswer* heard = std::get_if<DnsAnswer>(&answer)) dane.on(looking.question, *heard);
  else dane.on(looking.question, Error{Fault::try_later, "no answer"});
  step(looking.key, looking.background, out);
  if (!dane.done()) return true;
  if (head_waits_ && looking.key == from_key_) {
    head_waits_ = false;
    ask(Asked::head, proof_of(from_key_, false), out);
  }
  std::vector<PairRequest> waited;
  for (PairRequest& one : std::exchange(asking_dns_, {}))
    (one.pair.remote == looking.key ? waited : asking_dns_).push_back(std::move(one));
  for (PairRequest& one : waited) judge_pair(std::move(one), out);
  forget(looking.key);
  return true;
}

// Once nobody waits for a verdict on the domain any more; the resolver remembers. What judged the
// stream itself is kept for its further pairs: they are answered at once.
void Inbound::forget(const std::string& key) {
  const auto found = dane_.find(key);
  if (found == dane_.end() || !found->second.done()) return;
  if (key == from_key_) return;
  const auto is_about = [&key](const PairRequest& one) { return one.pair.remote == key; };
  for (const auto* asking : {&asking_dns_, &asking_authority_, &asking_trust_})
    if (std::any_of(asking->begin(), asking->end(), is_about)) return;
  dane_.erase(found);
}

}  // namespace hanse::xmpp
