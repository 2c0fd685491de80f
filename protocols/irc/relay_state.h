// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "federation/exchange.h"
#include "protocols/irc/persons.h"
#include "protocols/irc/relay_memory.h"
#include "protocols/irc/side.h"
#include "protocols/irc/strand.h"

namespace hanse::irc {

// All that the relay holds; what it does with it is in relay.h.
class RelayState {
 protected:
  RelayState(std::vector<std::unique_ptr<Side>>& sides, const IrcSettings& settings,
             std::function<Timestamp()> now);

  std::vector<std::unique_ptr<Side>>& sides_;
  std::vector<Strand> strands_;      // first that of each side, then those of networks further away
  // When a network was last brought by another way: to a side, and here.
  std::map<std::pair<std::string, std::size_t>, Timestamp> brought_by_others_;
  std::map<std::string, WayIn> last_ways_;
  const std::vector<Junction> junctions_;
  const std::function<Timestamp()> now_;
  const std::int64_t skew_seconds_max_;
  Persons persons_;
  // Who went by a split, by home and id: whoever is back soon is who he was.
  std::map<std::pair<std::size_t, std::string>, Split> ledger_;
  // By side: from a channel's folded name to its junction. Known while the side is linked.
  std::vector<std::unordered_map<std::string, const Junction*>> spots_;
  std::vector<Submission> kept_;
  std::vector<RelayNote> notes_;
  std::map<PuppetKey, Timestamp> loners_;   // when they talked to somebody alone, or from outside
  std::map<PuppetKey, std::string> killed_;  // to be back when their time is over; with what words
  std::map<PuppetKey, Renewal> renewals_;
  bool renewing_ = false;            // who quit a moment ago comes back as somebody else
  std::vector<Undoing> undoings_;
  std::vector<std::map<std::string, War>> wars_;   // by side: by junction and what it is about
  std::map<std::string, Quarrel> quarrels_;        // by junction
  bool meeting_ = false;             // people of a network appear who were apart from it
  const Side* losing_ = nullptr;     // still looks linked, and is not any more
  std::vector<Allowance> allowances_;
  std::vector<std::vector<Outlook>> outlooks_;   // by where it is said and where not heard
};

}  // namespace hanse::irc
