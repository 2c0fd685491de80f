// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "federation/exchange.h"

namespace hanse {

// Sees to it that senders hear of what failed: one report a message (smtp B-5), made by the
// sender's protocol, committed together with the note that it was made. Thread: one shard.
class ReportDesk {
 public:
  using Submit = std::function<void(Submission, std::function<void(Result<std::string>)>)>;

  ReportDesk(const ExchangeParts& parts, Submit submit)
      : parts_(parts), submit_(std::move(submit)) {}

  void set_makers(std::map<std::string, ReportMaker> makers) { makers_ = std::move(makers); }
  // What to tell the sender of a work the store does not know; nothing: nobody is to be told.
  std::optional<Submission> report_on(const Work& work, const Outcome& outcome) const;
  void check();   // nothing happens while an earlier check is still at work
  bool busy() const { return *open_ > 0; }

 private:
  using Token = std::weak_ptr<std::size_t>;   // expired: the desk is gone

  void take(Reportable reportable);
  void make(const Reportable& reportable, std::string_view head);
  void drop(const Reportable& reportable, std::string_view why);
  void done();

  ExchangeParts parts_;
  Submit submit_;
  std::map<std::string, ReportMaker> makers_;
  bool more_ = false, progress_ = false;      // of the check under way
  std::shared_ptr<std::size_t> open_ = std::make_shared<std::size_t>(0);
};

}  // namespace hanse
