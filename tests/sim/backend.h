// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/dialer.h"
#include "tests/sim/doors.h"
#include "tests/sim/talk.h"

namespace hanse::sim {

// How an XMPP server treats its node; in percent.
struct BackendManner {
  unsigned closes = 0;              // a connection, without a word
  unsigned busy = 0;                // says so and closes
  unsigned later = 0;               // sends a stanza back: not now
  unsigned vanishes = 0;            // before it acknowledges a stanza
  unsigned asks_back = 0;           // does not believe a certificate: dialback
  Duration thinks_max = std::chrono::milliseconds(20);
};

// The XMPP server behind a node, where stanzas begin and end: the real receiving engine over an
// inbox in memory, which is the auditor, and the real sending engine without a queue behind it.
// What it says goes out once, in order, over one stream to each domain.
class Backend final : public LinkEvents {
 public:
  Backend(Timeline& timeline, Network& network, Auditor& auditor, Log& log, Random& random,
          int number, std::shared_ptr<const ProtocolRoom> room);
  ~Backend() override;

  void say(std::vector<Stanza> stanzas);
  bool idle() const;
  void set_manner(const BackendManner& manner) { manner_ = manner; }

 private:
  class Inbox;
  struct Word {
    Stanza stanza;
    bool own = true;                  // said by a user; else an answer or an error
  };
  struct Way {                        // to one domain
    std::unique_ptr<Link> link;
    std::uint64_t stream = 0;
    bool ready = false, dial_due = false;
    std::deque<Word> waiting;
  };

  void accept(End end, bool tls_first);
  void hear(std::uint64_t stream, const Submission& submission);
  void answer(const xml::Element& question);
  void send(Word word);
  void go_on(const std::string& domain);
  void dial(const std::string& domain);
  void deliver(Way& way, Word word);
  Way* way_of(const Link& link);
  bool chance(unsigned percent) { return random_.below(100) < percent; }

  void link_ready(Link& link) override;
  void link_settled(Link&, DeliveryId, Outcome) override {}
  void link_closed(Link& link, const LinkEnd& end) override;

  Auditor& auditor_;
  Random& random_;
  const int number_;
  NodeClock clock_;
  SimExecutor executor_;
  BackendManner manner_;
  // By lost streams; outlives every session, which leaves something when it goes.
  std::map<LegacyKey, std::shared_ptr<const Legacy>> left_;
  std::shared_ptr<Services> services_;
  SimDialer dialer_;
  Doors doors_;
  std::map<std::string, Way> ways_;   // by domain
  std::uint64_t streams_ = 0;
  DeliveryId last_id_ = 0;
};

}  // namespace hanse::sim
