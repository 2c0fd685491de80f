// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "federation/dns.h"
#include "protocols/xmpp/srv.h"
#include "server/base/result.h"

namespace hanse::xmpp {

// What secure DNS says of the certificate a domain shows when it comes to us (xmpp 1.10, 3.5): the
// TLSA records of the hosts its SRV records name. A small machine as Discovery is: ask, hear,
// conclude. Pure.
class PeerDane {
 public:
  explicit PeerDane(std::string_view domain_key);

  std::optional<DnsQuestion> next();
  void on(const DnsQuestion& question, const Result<DnsAnswer>& answer);
  bool done() const { return asks_.empty() && answers_open_ == 0; }

  std::span<const DnsTlsa> records() const { return records_; }
  // Secure SRV records lead to these: names a certificate may bear instead (RFC 7712).
  std::span<const std::string> hosts() const { return hosts_; }
  // A host of secure records whose TLSA records could not be had. Who suppresses the answer must
  // not thereby choose the certificate (RFC 7673 4). Empty: nothing is missing.
  const std::string& missing() const { return missing_; }

 private:
  void ask(std::string name, DnsType type);
  void ask_hosts();

  std::string domain_;
  std::deque<DnsQuestion> asks_;
  std::size_t answers_open_ = 0;
  SrvService direct_, starttls_;
  std::vector<std::string> hosts_;
  std::vector<DnsTlsa> records_;
  std::string missing_;
};

}  // namespace hanse::xmpp
