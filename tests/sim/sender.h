// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/dialer.h"

namespace hanse::sim {

struct Letter {
  std::string token;
  Address from;
  std::vector<Address> to;
  std::string content;
};

// A program that hands letters to a node, each once: the real sending engine without a queue
// behind it. What became of each letter it tells the auditor.
class Sender final : public LinkEvents {
 public:
  Sender(Timeline& timeline, Network& network, Auditor& auditor, Log& log, std::string address,
         std::string node_address, std::shared_ptr<const ProtocolRoom> room);
  ~Sender() override;

  void send(std::vector<Letter> letters);     // over one connection
  bool idle() const { return errands_.empty(); }
  std::size_t timers() const { return executor_.pending(); }

 private:
  struct Errand {
    std::unique_ptr<Link> link;
    std::deque<Letter> letters;
    std::size_t open = 0;                      // recipients whose answer is missing
  };

  void link_ready(Link& link) override { next(link); }
  void link_settled(Link& link, DeliveryId id, Outcome outcome) override;
  void link_closed(Link& link, const LinkEnd& end) override;
  void next(Link& link);

  Auditor& auditor_;
  NodeClock clock_;
  SimExecutor executor_;
  const std::string node_address_;
  std::unique_ptr<Services> services_;
  SimDialer dialer_;
  std::map<std::uint64_t, Errand> errands_;
  std::map<const Link*, std::uint64_t> numbers_;
  std::uint64_t last_errand_ = 0;
  DeliveryId last_id_ = 0;
};

}  // namespace hanse::sim
