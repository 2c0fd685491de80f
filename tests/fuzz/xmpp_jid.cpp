// SPDX-License-Identifier: Apache-2.0
// JIDs: whatever is accepted is within its bounds, stays itself when it is read again, and its
// domain has a key.

#include "protocols/xmpp/jid.h"
#include "server/base/limits.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

void check(const xmpp::Jid& jid) {
  for (const std::string* part : {&jid.local, &jid.domain, &jid.resource})
    require(part->size() <= limits::jid_part_octets_max, "parts are bounded");
  require(!jid.domain.empty(), "there is a domain");
  require(jid.local.find_first_of("\"&'/:<>@") == std::string::npos, "no separator in a local");
  const Result<xmpp::Jid> again = xmpp::parse_jid(xmpp::to_text(jid));
  require(again && *again == jid, "a prepared JID stays itself");
  const std::string key = xmpp::domain_key(jid.domain);
  require(!key.empty() && key.size() <= 255, "every domain has a key");
  const Result<std::string> domain = xmpp::prepare_domain(key);
  require(domain && *domain == jid.domain, "the key leads back to the domain");
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse;
  const fuzz::Exact text(fuzz::as_text(data, size));
  const Result<xmpp::Jid> jid = xmpp::parse_jid(text.view());
  if (jid) fuzz::check(*jid);
  return 0;
}
