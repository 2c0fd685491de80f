// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sender.h"

#include <utility>

namespace hanse::sim {

namespace {

// A sender believes everybody and keeps nothing.
class SenderServices final : public Services {
 public:
  void answer(Ask ask, std::function<void(Answer)> reply) override {
    if (!std::holds_alternative<Verify>(ask))
      return reply(Error{Fault::try_later, "a sender does not answer this"});
    TrustDecision decision;
    decision.verdict = Verdict::accept;
    reply(std::move(decision));
  }
  void pass(Submission&&) override {}
  void wake(const std::string&, const std::string&) override {}
  void discard(std::int64_t) override {}
};

}  // namespace

Sender::Sender(Timeline& timeline, Network& network, Auditor& auditor, Log& log,
               std::string address, std::string node_address,
               std::shared_ptr<const ProtocolRoom> room)
    : auditor_(auditor),
      clock_(timeline, from_unix_ms(0)),
      executor_(timeline, clock_),
      node_address_(std::move(node_address)),
      services_(std::make_unique<SenderServices>()),
      dialer_({{executor_, clock_, log, auditor},
               network,
               *services_,
               std::move(address),
               Auditor::sender,
               [room](std::string_view) { return room; }}) {}

Sender::~Sender() = default;

void Sender::send(std::vector<Letter> letters) {
  const std::uint64_t number = ++last_errand_;
  Errand& errand = errands_[number];
  errand.letters.assign(std::make_move_iterator(letters.begin()),
                        std::make_move_iterator(letters.end()));
  errand.link = dialer_.dial({"smtp", node_address_, {node_address_, node_address_, 25, {}, false},
                              TlsLevel::may},
                             *this);
  numbers_[errand.link.get()] = number;
}

void Sender::next(Link& link) {
  Errand& errand = errands_.at(numbers_.at(&link));
  if (errand.letters.empty()) return link.drain();
  Letter letter = std::move(errand.letters.front());
  errand.letters.pop_front();
  auto envelope = std::make_shared<Envelope>();
  envelope->id = letter.token;
  envelope->from = letter.from;
  envelope->to = letter.to;
  Work work;
  work.envelope = envelope;
  work.body = {std::make_shared<const std::string>(letter.content), 0, letter.content.size()};
  for (const Address& to : letter.to) work.targets.push_back({++last_id_, to, 1});
  errand.open = work.targets.size();
  auditor_.sent(letter.token, std::move(letter.content), letter.to);
  link.deliver(std::move(work));
}

void Sender::link_settled(Link& link, DeliveryId, Outcome) {
  if (--errands_.at(numbers_.at(&link)).open == 0) next(link);
}

void Sender::link_closed(Link& link, const LinkEnd&) {
  const auto number = numbers_.find(&link);
  const std::uint64_t errand = number->second;
  numbers_.erase(number);
  errands_.erase(errand);   // and the link with it
}

}  // namespace hanse::sim
