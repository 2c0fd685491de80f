// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "federation/ports.h"
#include "server/base/result.h"
#include "tests/sim/stanza_book.h"
#include "tests/sim/timeline.h"

namespace hanse::sim {

// Keeps the books of one world and says at the first wrong entry what is wrong.
//
// A message is known by its token: of mail the local part of its sender, of a stanza its id;
// a report, which has no sender, by the one it is for. One (token, recipient) is an item. What an
// item goes through:
//   begun       the first node has committed it, or a node has committed a report
//   transfer    somebody sent it over one stream, the other side accepted it
//   claimed     the sending engine says "delivered"; recorded: that stands in the sender's store
//   arrived     an edge has it
// A stream that resumes another one may claim what went over that one: then it may not come again.
// A transfer that was accepted and not claimed, and a claim that a crash kept from being recorded,
// are the only windows in which an item may arrive once more. They are counted one by one.
class Auditor {
 public:
  static constexpr int sender = -1;            // in the place of a node's number

  explicit Auditor(Timeline& timeline) : timeline_(timeline), stanzas_(timeline, *this) {}
  StanzaBook& stanzas() { return stanzas_; }

  // ---- the senders ----
  void sent(const std::string& token, std::string content, const std::vector<Address>& to);

  // ---- one stream; both its ends tell ----
  void attempt(std::uint64_t stream, int node, const Envelope& envelope, const Address& to);
  void outcome(std::uint64_t stream, int node, const Envelope& envelope, const Address& to,
               const Outcome& outcome, bool stored = false);

  // ---- nodes ----
  void submitting(int node, std::uint64_t stream, const Envelope& envelope);
  void refused(int node, std::uint64_t stream, const Envelope& envelope);
  void committed(int node, const Envelope& envelope);
  // A leg in the store's answer; `claimed` out of the store, or new with its message.
  // Handed on from memory: of interest here are errors, some of which are made on the spot.
  void passed(int node, std::uint64_t stream, const Envelope& envelope, const Body& body);
  // A stanza whose sender has its receipt is sent back by an error from memory.
  void turned_down(std::uint64_t stream, const std::string& token, const std::string& to);
  void leg(int node, DeliveryId id, const Envelope& envelope, const Address& to, bool claimed);
  void recorded(int node, DeliveryId id, Disposition disposition);
  // The store broke under a batch: it may be on the disk or not.
  void doubtful(int node, const Envelope& envelope);
  void doubtful_result(int node, DeliveryId id, Disposition disposition);
  void expired(int node);                      // a whole lane: who failed is not told
  void crashed(int node);
  void ended_cleanly(int node);

  // ---- edges ----
  void arrived(std::uint64_t stream, const Envelope& envelope, const Address& to,
               const std::string& content);
  // An error on a stanza, back where that came from.
  void came_back(std::uint64_t stream, const std::string& token, const std::string& to,
                 const std::string& origin);

  // ---- bounds, and the end ----
  void check(bool holds, const char* what);    // a failed one is the run's result
  void fail(const std::string& what);
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }

  struct Item {
    std::string token, to;
    bool operator<(const Item& other) const {
      return std::tie(token, to) < std::tie(other.token, other.to);
    }
  };
  // Items that neither arrived nor came back: each must still be in a queue.
  std::vector<Item> missing() const;
  void conclude();
  bool all_settled() const;                    // nothing is missing and no claim is unrecorded

  struct Figures {
    std::uint64_t items = 0, acknowledged = 0, unknown = 0, refused = 0, arrived = 0,
                  returned = 0, windows = 0, twice = 0, hops_most = 0, claimed_later = 0,
                  known = 0;
  };
  Figures figures() const;

 private:
  struct Message {
    std::string content;
  };
  struct Book {                                // of one item
    unsigned begun = 0, acknowledged = 0, unknown = 0, refused = 0, arrived = 0, windows = 0,
             failures = 0, returned = 0;
    bool told = false;                         // from memory, which may be lost
  };
  struct Transfer {
    unsigned attempts = 0, answered = 0, claimed = 0, unsure = 0, accepted = 0;
    int node = sender;                         // who sent
  };
  struct Submitting {
    std::uint64_t stream;                      // 0: none, a report
    std::string token;
    std::vector<Address> to;
  };
  void claimed_later(std::uint64_t stream, const std::string& token, const std::string& to);
  bool known_from_before(int node, const std::string& token, const std::string& to);
  using TransferKey = std::tuple<std::uint64_t, std::string, std::string>;

  static constexpr std::string_view report_mark = "report:";
  static std::string token_of(const Envelope& envelope);
  static bool is_report(const std::string& token);
  static std::string quoted(const std::string& token, const std::string& to);
  void found_after_all(int node, const Envelope& envelope);
  void accepted(std::uint64_t stream, const std::string& token, const Address& to);
  void read_report(const Envelope& envelope, const std::string& content);
  void check_content(const std::string& token, const std::string& content);
  bool is_missing(const Item& item, const Book& book) const;
  bool may_be_dropped(const Book& report) const;
  void conclude_transfers();
  void conclude_item(const Item& item, const Book& book);

  Timeline& timeline_;
  StanzaBook stanzas_;
  std::map<std::string, Message> messages_;
  std::map<Item, Book> books_;
  std::map<TransferKey, Transfer> transfers_;
  std::map<int, std::deque<Submitting>> submitting_, doubtful_;
  std::map<std::pair<int, DeliveryId>, Item> legs_;
  std::map<std::pair<int, Item>, int> unrecorded_;   // claims a store does not know yet
  std::uint64_t hops_most_ = 0, claimed_later_ = 0, known_ = 0;
  bool expired_ = false;
  std::string failure_;
};

}  // namespace hanse::sim
