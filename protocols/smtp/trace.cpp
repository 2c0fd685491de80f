// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/trace.h"

#include "protocols/smtp/address.h"
#include "server/base/text.h"

namespace hanse::smtp {

// Every part was made safe where it was taken in: EHLO and reverse names are domains or literals
// (S-10), the recipient is quoted again here, the rest is ours. R-1, RFC 5321 4.4
std::string received_field(const Envelope& envelope) {
  if (envelope.trace.empty()) return {};
  const Hop& hop = envelope.trace.back();
  std::string out = "Received:";
  if (!hop.from_name.empty()) {
    const bool v6 = hop.from_address.find(':') != std::string::npos;
    out.append(" from ").append(hop.from_name).append(" (");
    out.append(hop.from_host.empty() ? "unknown" : hop.from_host);
    out.append(v6 ? " [IPv6:" : " [").append(hop.from_address).append("])\r\n\t");
  } else {
    out += ' ';
  }
  out.append("by ").append(hop.by_node);
  if (!hop.protocol.empty()) out.append(" with ").append(hop.protocol);
  out.append(" id ").append(envelope.id);
  if (!hop.tls.empty()) out.append("\r\n\t(").append(hop.tls).append(")");
  for (const std::string_view tag : {fact_no_from, fact_several_from})  // D-7
    if (has_fact(envelope.native, tag)) out.append("\r\n\t(").append(tag_text(tag)).append(")");
  if (envelope.to.size() == 1) out.append("\r\n\tfor ").append(path_text(envelope.to.front()));
  out.append(";\r\n\t").append(format_mail_date(hop.at)).append("\r\n");
  return out;
}

bool has_fact(std::string_view native, std::string_view fact) {
  for (const std::string_view word : split(native, ' ')) {
    if (word == fact) return true;
  }
  return false;
}

void add_fact(NativeFacts& native, std::string_view fact) {
  if (!native.empty()) native += ' ';
  native += fact;
}

std::string_view tag_text(std::string_view fact) {
  return fact == fact_no_from ? "no From field" : "more than one From field";
}

}  // namespace hanse::smtp
