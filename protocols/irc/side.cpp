// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/side.h"

#include <algorithm>
#include <utility>

#include "protocols/irc/origin_mark.h"

namespace hanse::irc {

Side::Side(std::size_t index, std::size_t strands, NetworkSettings settings)
    : index_(index), settings_(std::move(settings)), claims_(strands) {}

void Side::begin(std::shared_ptr<Dialect> dialect, std::string place) {
  place_ = std::move(place);
  dialect_ = std::move(dialect);
  model_ = std::make_unique<Network>(dialect_->facts().casemap);
  const PeerServer& peer = dialect_->peer();
  us_ = model_->add_server(settings_.own_name, own_sid(settings_.sid), no_id);
  peer_ = model_->add_server(peer.name, peer.sid, us_);
  if (peer_ != no_id && is_node_description(peer.description)) model_->mark_node(peer_);
  outgoing_.reset();
  phase_ = Phase::bursting;
}

void Side::end() {
  phase_ = Phase::down;
  place_.clear();
  dialect_.reset();
  model_.reset();
  us_ = peer_ = no_id;
  wanted_answer_.reset();
  departed_ = {};
  std::fill(claims_.begin(), claims_.end(), Claim());
  outgoing_.reset();
}

std::uint64_t Side::want_answer() {
  wanted_answer_ = outgoing_.written();
  outgoing_.touched();
  return *wanted_answer_;
}

// All that is ours stands directly behind us.
bool Side::is_ours(ServerId server) const {
  return server == us_ || (server != peer_ && model_->server(server).uplink == us_);
}

Party Side::party_of_server(ServerId server) const {
  const Server& one = model_->server(server);
  return {one.sid, one.name};
}

Party Side::party_of(UserId user) const {
  const PackedTexts& texts = model_->user(user).texts;
  return {texts.get(UserText::uid), texts.get(UserText::nick)};
}

void Side::note_departed(UserId user, Timestamp now) {
  const Party who = party_of(user);
  departed_.add(who.id, now);
  departed_.add(fold(facts().casemap, who.name), now);
}

std::string Side::make_uid(ServerId server) {
  if (!facts().has_ids) return {};
  constexpr std::string_view signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr std::size_t uid_bytes = 9;
  const std::size_t length = uid_bytes - model_->server(server).sid.size();
  for (;;) {
    std::uint64_t number = uids_made_++;
    std::string tail(length, 'A');   // TS6: a letter first
    for (std::size_t at = length; at-- > 1; number /= signs.size())
      tail[at] = signs[number % signs.size()];
    tail[0] = signs[number % 26];
    std::string uid = model_->server(server).sid + tail;
    if (model_->find_uid(uid) == no_id) return uid;
  }
}

bool Side::write(const NetworkEvent& event) {
  const bool written = dialect_->write(event, outgoing_.text());
  outgoing_.touched();
  return written;
}

}  // namespace hanse::irc
