// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/irc/crossing.h"
#include "protocols/irc/departed.h"
#include "protocols/irc/dialect.h"
#include "protocols/irc/network.h"
#include "protocols/irc/outgoing.h"
#include "protocols/irc/settings.h"
#include "protocols/irc/strand.h"

namespace hanse::irc {

// One side of the relay: a network as this node holds it. While a link is up there is a model of
// it, in which we and the servers behind us are servers like any other, and what is to be written.
class Side {
 public:
  // down -> bursting (each tells what it knows) -> linked -> down
  enum class Phase : std::uint8_t { down, bursting, linked };

  Side(std::size_t index, std::size_t strands, NetworkSettings settings);

  void begin(std::shared_ptr<Dialect> dialect, std::string place);
  void burst_over() {
    phase_ = Phase::linked;
    trouble_ = {};
  }
  void end();

  std::size_t index() const { return index_; }
  const NetworkSettings& settings() const { return settings_; }
  void apply(NetworkSettings settings) { settings_ = std::move(settings); }
  Phase phase() const { return phase_; }
  const std::string& place() const { return place_; }   // where the peer is; empty: down
  bool linked() const { return phase_ == Phase::linked; }

  // Of a side that is not down.
  Network& model() { return *model_; }
  const Network& model() const { return *model_; }
  const Dialect& dialect() const { return *dialect_; }
  const DialectFacts& facts() const { return dialect_->facts(); }
  ServerId us() const { return us_; }
  ServerId peer() const { return peer_; }
  bool is_ours(ServerId server) const;
  bool is_our_user(UserId user) const { return is_ours(model_->user(user).server); }
  // Of this network itself: neither ours nor behind another node of our kind.
  bool is_native(UserId user) const {
    const ServerId id = model_->user(user).server;
    const Server& server = model_->server(id);
    return !is_ours(id) && server.relayed_by.empty() && !server.is_node;
  }
  Party party_of_server(ServerId server) const;
  Party party_of(UserId user) const;
  Party ourselves() const { return party_of_server(us_); }

  // The server that the people of a strand (strand.h) are behind. Whoever introduces one claims to
  // be the only node that does. The claim stands once both peers have answered a PING sent behind
  // it: then a node that claimed before has been heard of here, and what that one may have relayed
  // already has come from home.
  struct Claim {
    ServerId server = no_id;          // no_id: not introduced
    std::uint64_t position = 0, home_position = 0;   // in what is written on either link
    bool waits = false;               // until one who brings it from further away has gone
    bool heard_here = false, heard_home = false;
    bool yielded = false;             // to another node; it is made again after a while
    Timestamp yielded_at = 0;
    std::string obstacle{};           // why there is none, as the log was told
    bool stands() const { return heard_here && heard_home && !waits; }
  };
  Claim& claim(StrandId strand) { return claims_[strand]; }
  const Claim& claim(StrandId strand) const { return claims_[strand]; }
  ServerId pseudo(StrandId strand) const { return claims_[strand].server; }
  // An operator here does not want the people of that network; a new link changes nothing about it.
  void send_away(const std::string& network, Timestamp until) { sent_away_[network] = until; }
  Timestamp sent_away_until(const std::string& network) const {
    const auto found = sent_away_.find(network);
    return found == sent_away_.end() ? 0 : found->second;
  }

  // An answer is wanted for all that is written up to now; returns that position.
  std::uint64_t want_answer();
  std::optional<std::uint64_t> wanted_answer() const { return wanted_answer_; }
  void asked() { wanted_answer_.reset(); }
  std::string own_sid(std::string_view sid) const { return sid_here(facts(), sid); }
  std::string make_uid(ServerId server);   // one that nobody here has

  // irc 7: what of the peer's lines does not fit what we hold, by what it is. For people to see.
  void note_desync(std::string_view what) { ++desyncs_[what]; }
  const std::map<std::string_view, std::uint64_t>& desyncs() const { return desyncs_; }

  // Why there is no link, or is none any more; forgotten when there is one again.
  struct LinkTrouble {
    std::string what;
    Timestamp at = 0;
  };
  void note_end(std::string_view what, Timestamp at) { trouble_ = {std::string(what), at}; }
  const LinkTrouble& trouble() const { return trouble_; }

  // Bans and the like that other networks have no words for. For people to see.
  void note_unmapped() { ++unmapped_; }
  std::uint64_t unmapped() const { return unmapped_; }

  // Who has gone a moment ago; said before he goes.
  void note_departed(UserId user, Timestamp now);
  Departed& departed() { return departed_; }
  const Departed& departed() const { return departed_; }

  Crossing& crossing() { return crossing_; }
  bool write(const NetworkEvent& event);          // false: this network has no words for it
  Outgoing& outgoing() { return outgoing_; }
  const Outgoing& outgoing() const { return outgoing_; }

 private:
  const std::size_t index_;
  NetworkSettings settings_;
  Phase phase_ = Phase::down;
  std::string place_;
  std::shared_ptr<Dialect> dialect_;
  std::unique_ptr<Network> model_;
  ServerId us_ = no_id, peer_ = no_id;
  std::vector<Claim> claims_;         // by strand
  std::map<std::string, Timestamp> sent_away_;   // by network
  std::optional<std::uint64_t> wanted_answer_;
  LinkTrouble trouble_;
  std::uint64_t uids_made_ = 0;
  Outgoing outgoing_;
  Departed departed_;
  Crossing crossing_;
  std::uint64_t unmapped_ = 0;
  std::map<std::string_view, std::uint64_t> desyncs_;   // names are literals; since the start
};

}  // namespace hanse::irc
