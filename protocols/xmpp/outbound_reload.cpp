// SPDX-License-Identifier: Apache-2.0
// What a reload has changed holds for streams that stand, too.

#include "protocols/xmpp/outbound.h"
#include "protocols/xmpp/protocol.h"

namespace hanse::xmpp {

void Outbound::reloaded(const Reloaded& event, Outbox& out) {
  const std::shared_ptr<const XmppSettings> before = settings_;
  settings_ = settings_of(*event.room);
  receiving_.apply(*settings_);
  sending_.apply(*settings_);
  for (auto& [pair, known] : receiving_.pairs()) known.permitted_until = {};
  const bool gone = before->home_of(local_key_) != Home::none &&
                    settings_->home_of(local_key_) == Home::none;
  if (gone || settings_->trust_of(remote_key_) != before->trust_of(remote_key_)) drain(out);
}

}  // namespace hanse::xmpp
