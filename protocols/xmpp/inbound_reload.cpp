// SPDX-License-Identifier: Apache-2.0
// What a reload has changed holds for streams that stand, too. Changes of the [peer] tables end
// streams by themselves; here it is whose names are ours, and what proof is wanted.

#include "protocols/xmpp/inbound.h"
#include "protocols/xmpp/protocol.h"

namespace hanse::xmpp {

bool Inbound::serves(const DomainPair& pair) const {
  return settings_->home_of(pair.local) != Home::none ||
         settings_->is_behind(pair.remote, remote_address_);
}

void Inbound::handle(Reloaded& event, Outbox&) {
  const std::shared_ptr<const XmppSettings> before = settings_;
  settings_ = settings_of(*event.room);
  receiving_.apply(*settings_);
  sending_.apply(*settings_);
  if (end_said_ || hang_up_ || to_key_.empty()) return;
  const StreamError gone{"host-gone", {}, {}};
  if (!serves({to_key_, from_key_})) refused_ = gone;
  if (state_ != State::trusted) return;
  pace_.set_rate(settings_->bytes_per_second_of(from_key_));
  for (auto& [pair, known] : receiving_.pairs()) {
    known.permitted_until = {};
    if (!serves(pair)) refused_ = gone;
    if (settings_->trust_of(pair.remote) != before->trust_of(pair.remote))
      refused_ = {"reset", "another proof is wanted now", {}};   // RFC 6120 4.9.3.16
  }
}

}  // namespace hanse::xmpp
