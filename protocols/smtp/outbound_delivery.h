// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "federation/ports.h"
#include "protocols/engine.h"
#include "protocols/smtp/outbound_content.h"
#include "protocols/smtp/outbound_offer.h"
#include "protocols/smtp/reply.h"
#include "server/base/result.h"

namespace hanse::smtp {

// The commands a server answers within mail transactions, in the order of the conversation.
enum class Step : std::uint8_t { reset, mail, rcpt, data, chunk, end };
std::string_view step_name(Step step);

// What all deliveries of one connection have in common.
struct Hopping {
  std::string remote, tls;              // for the outcomes
  Offer offer;
  std::size_t recipients_max = 1;       // of one transaction (C-10)
  std::size_t line_octets_max = text_line_octets_max;   // more where longer ones are taken (D-5)
  bool others_left = false;             // another host may be tried in this attempt
  bool try_next = false;                // and is, for what this one does not take for now (M-10)
};

// One message on its way to those of its recipients that share a lane: which commands to give,
// and what the answers mean for each recipient. Knows nothing of connections and time.
//
// A transaction is RSET? MAIL RCPT+ DATA content, or RSET? MAIL RCPT+ BDAT+ with the content in
// them where the server takes chunks and the body is in memory (C-2); there are several when the
// recipients are more than the server takes at once (C-10, C-11).
class Delivery {
 public:
  Delivery(Work work, const Hopping& hopping);

  // Begins the next transaction and writes its commands: all of them when the server takes them
  // in one go (RFC 2920), otherwise the first. False: no recipient is left to try. `behind`: the
  // server is about to answer the message before.
  bool begin_transaction(bool reset_first, bool behind, std::string& commands);
  // The next command of the transaction; false when there is none left.
  bool next_command(std::string& commands);

  // The answer to the oldest unanswered command.
  void on_reply(const Reply& reply);
  bool awaits_reply() const { return answered_ < given_; }
  Step awaited() const { return commands_[answered_].step; }
  bool answered_before() const { return replies_ > 0; }

  bool content_wanted() const { return content_wanted_; }  // 354 was the answer
  bool chunk_is_next() const;                        // and nothing is unanswered before it
  bool anybody_accepted() const { return accepted_ > 0; }
  bool open_on_server() const { return open_on_server_; }  // MAIL without its end

  // The content as it goes out: at once, or piece by piece when the body is not in memory.
  bool content_in_memory() const { return work_.body.bytes || work_.body.size == 0; }
  std::string_view give_content();                   // whole, with the final dot
  std::string_view begin_stream();                   // what stands before the body
  Fetch next_fetch() const;
  Result<void> stream(std::string_view bytes, std::string& out);
  bool streaming() const { return streaming_; }      // ends with the dot
  std::string_view give_nothing();                   // C-2: nobody was accepted
  bool end_given() const { return end_given_; }
  bool on_its_last_answer() const;                   // nothing more will be sent for it

  // How it ended for those who have no outcome yet.
  void fail_open(const Outcome& outcome);            // all of them
  void fail_untried(const Outcome& outcome);         // those no command has named yet
  void fail_named(const Outcome& outcome);           // those in the transaction at hand
  bool all_done() const { return undone_ == 0; }
  const Outcome* given_back() const;                 // of one that is for another host; or null
  bool decided() const;                              // for anybody: the host is of some use
  void settle(Outbox& out) const;

  Outcome outcome(Disposition disposition, Fault fault, std::string status,
                  std::string reply) const;
  Outcome outcome_of(const Reply& reply) const;      // of a refusal
  Outcome outcome_of_end(const Reply& reply) const;  // of 421: of the connection
  // What was lost with the connection: another host's, unless it may have arrived (M-10, M-11).
  Outcome lost(const LinkEnd& end) const;

 private:
  enum class State : std::uint8_t { waiting, asked, accepted, done };
  struct Recipient {
    State state = State::waiting;
    Outcome outcome;
  };
  struct Command {
    Step step;
    std::uint32_t index = 0;            // of the recipient, or of the chunk
  };

  void refuse_unsendable();
  void prepare_content();
  bool chunked() const { return hopping_.offer.chunking && content_in_memory(); }
  void plan_content();
  void give(Command command, std::string& out);
  void give_chunk(Command command, std::string& out);
  void finish(std::uint32_t recipient, const Outcome& outcome);
  void on_mail(const Reply& reply);
  void on_rcpt(std::uint32_t recipient, const Reply& reply);
  void on_data(const Reply& reply);
  void on_chunk(const Reply& reply);
  void on_end(const Reply& reply);
  std::uint64_t octets() const { return trace_.size() + work_.body.size; }

  Work work_;
  const Hopping& hopping_;
  std::string trace_;                   // our Received field
  std::string content_;                 // ready to be sent, when the body is in memory
  std::vector<Recipient> recipients_;   // as Work::targets
  std::vector<Command> commands_;       // of the transaction at hand
  std::size_t given_ = 0, answered_ = 0, accepted_ = 0, undone_ = 0, replies_ = 0;
  Stuffer stuffer_;
  std::uint64_t fetched_ = 0;
  bool mail_accepted_ = false, content_wanted_ = false, open_on_server_ = false;
  bool end_given_ = false, streaming_ = false;
};

}  // namespace hanse::smtp
