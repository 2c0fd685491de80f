// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "protocols/engine.h"
#include "protocols/xmpp/settings.h"

namespace hanse::xmpp {

// What goes over the connection of a component, whichever side has made it: in order, each with its
// bytes, from wherever these are. Pure.
class ComponentSending {
 public:
  explicit ComponentSending(const XmppSettings& settings) : settings_(settings) {}

  // Who has it then, for outcomes.
  void set_remote(std::string remote) { remote_ = std::move(remote); }

  void add(Work work) { works_.push_back(std::move(work)); }
  // Writes what can be written now; asks for the bytes of the first that has none.
  void write(std::string& wire, Outbox& out);
  void answered(AskId id, const Answer& answer, std::string& wire, Outbox& out);
  bool empty() const { return works_.empty(); }

  void give_back(const Work& work, std::string_view why, Outbox& out) const;
  void give_all_back(std::string_view why, Outbox& out);

 private:
  void write_one(const Work& work, std::string_view bytes, std::string& wire, Outbox& out) const;

  const XmppSettings& settings_;
  std::string remote_;
  std::deque<Work> works_;                 // the first may be waiting for its bytes
  std::string fetched_;                    // of the first
  AskId fetch_ = 0;                        // 0: none is open
};

}  // namespace hanse::xmpp
