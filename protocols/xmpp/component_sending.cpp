// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/component_sending.h"

#include <utility>

#include "protocols/xmpp/stanza.h"
#include "server/base/limits.h"

namespace hanse::xmpp {

void ComponentSending::write(std::string& wire, Outbox& out) {
  while (!works_.empty() && fetch_ == 0) {
    const Work& first = works_.front();
    if (first.body.bytes == nullptr) {
      fetched_.clear();
      fetch_ = out.ask(Fetch{first.body.blob, 0, limits::body_chunk_bytes});
      return;
    }
    write_one(first, *first.body.bytes, wire, out);
    works_.pop_front();
  }
}

void ComponentSending::answered(AskId id, const Answer& answer, std::string& wire, Outbox& out) {
  if (fetch_ == 0 || id != fetch_ || works_.empty()) return;
  fetch_ = 0;
  const Work& first = works_.front();
  const Fetched* fetched = std::get_if<Fetched>(&answer);
  if (fetched == nullptr || fetched->bytes.empty()) {
    give_back(first, "its bytes cannot be read", out);
    works_.pop_front();
    return;
  }
  fetched_ += fetched->bytes;
  if (fetched_.size() < first.body.size) {
    fetch_ = out.ask(Fetch{first.body.blob, fetched_.size(), limits::body_chunk_bytes});
    return;
  }
  write_one(first, fetched_, wire, out);
  works_.pop_front();
  fetched_ = std::string();
}

// The protocol has no acknowledgement: what is written counts as delivered.
void ComponentSending::write_one(const Work& work, std::string_view bytes, std::string& wire,
                                 Outbox& out) const {
  const UtcTime utc = settings_.clock != nullptr ? settings_.clock->utc() : UtcTime{};
  append_stanza(*work.envelope, bytes, settings_.node_domain, utc, wire);
  for (const Target& target : work.targets)
    out.settle(target.id,
               {Disposition::delivered, Fault::try_later, "2.0.0", "written", remote_, {}});
}

void ComponentSending::give_back(const Work& work, std::string_view why, Outbox& out) const {
  for (const Target& target : work.targets)
    out.settle(target.id, {Disposition::returned, Fault::try_later, "4.4.2", std::string(why),
                           remote_, {}});
}

void ComponentSending::give_all_back(std::string_view why, Outbox& out) {
  fetch_ = 0;
  for (const Work& work : std::exchange(works_, {})) give_back(work, why, out);
}

}  // namespace hanse::xmpp
