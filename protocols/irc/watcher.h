// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "protocols/irc/event.h"
#include "protocols/irc/side.h"

namespace hanse::irc {

// Who did something, as the model knows it.
struct Source {
  UserId user = no_id;       // no_id: the server itself
  ServerId server = no_id;
};

// Hears what has become of a network. What goes is still in the model when it is told.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void burst_over(Side& side) = 0;
  virtual void joined(Side& side, ChannelId channel, std::span<const UserId> users) = 0;
  virtual void left(Side& side, UserId user, ChannelId channel, std::string_view reason) = 0;
  virtual void kicked(Side& side, Source source, UserId user, ChannelId channel,
                      std::string_view reason) = 0;
  virtual void user_gone(Side& side, UserId user, std::string_view reason) = 0;
  virtual void servers_gone(Side& side, ServerId server, std::string_view reason) = 0;
  virtual void servers_left(Side& side) = 0;         // and now they are gone
  // A server that stands for a network, put there by another node of our kind.
  virtual void relayed_elsewhere(Side& side, ServerId server) = 0;
  // A server that stands for a network and is ours: it is not wanted there.
  virtual void sent_away(Side& side, ServerId server, Source source, std::string_view reason) = 0;
  virtual void nick_changed(Side& side, UserId user) = 0;
  virtual void away_set(Side& side, UserId user) = 0;
  // Its account, the host that is shown, its ident or its real name.
  virtual void text_changed(Side& side, UserId user, UserText which) = 0;
  virtual void visibility_changed(Side& side, UserId user) = 0;
  // One of ours, by one of theirs.
  virtual void invited(Side& side, UserId by, UserId puppet, ChannelId channel) = 0;
  virtual void topic_set(Side& side, Source source, ChannelId channel) = 0;
  virtual void modes_changed(Side& side, Source source, ChannelId channel,
                             std::span<const ModeChange> changes) = 0;
  virtual void said(Side& side, UserId user, const Said& what) = 0;
  // One of ours has its UID for a nick: another wanted its name (SAVE).
  virtual void puppet_saved(Side& side, UserId puppet) = 0;
  // One of ours was thrown out, by a person or by a server that settles a collision.
  virtual void puppet_lost(Side& side, UserId puppet, Source source, std::string_view reason) = 0;
};

}  // namespace hanse::irc
