// SPDX-License-Identifier: Apache-2.0
// DNS answers from any server: nothing but records of the asked type, bounded, comes out.

#include <array>

#include "protocols/wire/dns_message.h"
#include "server/base/limits.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

constexpr std::array<DnsType, 7> asked_types{DnsType::a,   DnsType::aaaa, DnsType::mx, DnsType::txt,
                                             DnsType::srv, DnsType::tlsa, DnsType::ptr};

// The alternative of DnsRecord that holds each of the types above.
std::size_t alternative_of(DnsType type) {
  switch (type) {
    case DnsType::a:
    case DnsType::aaaa: return 0;
    case DnsType::mx: return 2;
    case DnsType::srv: return 3;
    case DnsType::txt: return 4;
    case DnsType::tlsa: return 5;
    default: return 1;
  }
}

void check(const DnsAnswer& answer, DnsType type) {
  require(answer.records.size() <= limits::dns_records_max, "records are bounded");
  require((answer.status == DnsStatus::ok) == !answer.records.empty(), "ok means records");
  for (const DnsRecord& record : answer.records) {
    require(record.index() == alternative_of(type), "only records of the asked type");
  }
}

}  // namespace
}  // namespace hanse::fuzz

// The first octet chooses the type; the message follows. The question is always for b.example.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse;
  if (size == 0) return 0;
  const DnsType type = fuzz::asked_types[data[0] % fuzz::asked_types.size()];
  const fuzz::Exact message(fuzz::as_text(data + 1, size - 1));
  const Result<DnsAnswer> answer = parse_dns_answer(message.view(), {"b.example", type, false});
  if (answer) fuzz::check(*answer, type);
  const Result<std::string> query = make_dns_query({std::string(message.view()), type, false}, 7);
  if (query) fuzz::require(query->size() <= 512, "a query is small");
  return 0;
}
