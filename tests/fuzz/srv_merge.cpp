// SPDX-License-Identifier: Apache-2.0
// The discovery of XMPP servers under any DNS: it asks little, ends, keeps its bounds, and leads
// only where a record said, in the order of priorities.

#include <algorithm>
#include <map>

#include "protocols/xmpp/discover.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

constexpr std::string_view hosts[] = {"x.b.example", "y.b.example", "z.b.example", "b.example",
                                      ".",           "",            "192.0.2.7",   "a..b"};
constexpr std::string_view addresses[] = {"192.0.2.1", "2001:db8::1", "127.0.0.1", "fe80::1",
                                          "192.0.2.9", "nonsense"};

class Names {
 public:
  explicit Names(std::string_view input) : input_(input) {}

  Result<DnsAnswer> answer(const DnsQuestion& question) {
    const std::uint8_t kind = next();
    if (kind % 16 == 15) return Error{Fault::try_later, "SERVFAIL"};
    DnsAnswer out;
    out.secure = kind & 0x40;
    out.status = kind & 0x80 ? DnsStatus::no_name : DnsStatus::no_data;
    for (unsigned left = kind % 16; left > 0; --left) out.records.push_back(record(question));
    if (!out.records.empty()) out.status = DnsStatus::ok;
    return out;
  }

  // The lowest priority under which a place was named.
  std::map<std::string, unsigned> places;

 private:
  std::uint8_t next() {
    if (input_.empty()) return 0;
    const auto octet = static_cast<std::uint8_t>(input_.front());
    input_.remove_prefix(1);
    return octet;
  }

  DnsRecord record(const DnsQuestion& question) {
    if (question.type == DnsType::tlsa) return DnsTlsa{next(), next(), next(), "data"};
    if (question.type != DnsType::srv) return DnsAddress{std::string(addresses[next() % 6])};
    DnsSrv srv{next(), next(), next(), std::string(hosts[next() % 8])};
    const bool direct = question.name.starts_with("_xmpps");
    const std::string place =
        srv.target + ":" + std::to_string(srv.port) + (direct ? " direct" : "");
    const auto at = places.emplace(place, srv.priority).first;
    at->second = std::min<unsigned>(at->second, srv.priority);
    return srv;
  }

  std::string_view input_;
};

void check(const std::vector<Endpoint>& endpoints, const Names& names) {
  require(!endpoints.empty() && endpoints.size() <= limits::addresses_max, "endpoints are bounded");
  unsigned last = 0;
  for (const Endpoint& one : endpoints) {
    require(one.verify_names.at(0) == "b.example", "the domain is what is proven");
    require(one.secure || one.verify_names.size() == 1, "an insecure target proves nothing");
    require(one.secure || one.tlsa.empty(), "an insecure host has no TLSA");
    require(one.address != "127.0.0.1" && one.address != "fe80::1", "nothing leads inside");
    const auto place =
        names.places.find(one.host + ":" + std::to_string(one.port) +
                          (one.tls_first ? " direct" : ""));
    if (names.places.empty()) {
      require(one.host == "b.example" && one.port == 5269 && !one.tls_first, "the domain itself");
      continue;
    }
    require(place != names.places.end(), "only what a record named");
    require(place->second >= last, "priorities ascend");
    last = place->second;
  }
}

}  // namespace
}  // namespace hanse::fuzz

// The first octet seeds the draw by weight; the others are the answers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse;
  if (size == 0) return 0;
  SeededRandom random(data[0]);
  fuzz::Names names(fuzz::as_text(data + 1, size - 1));
  xmpp::DomainDiscovery machine("a.example>b.example", {}, random);
  std::size_t asked = 0;
  while (std::optional<Discovery::Ask> ask = machine.next()) {
    fuzz::require(++asked <= 2 + 3 * limits::srv_targets_max, "questions are bounded");
    machine.on(ask->question, names.answer(ask->question));
  }
  fuzz::require(machine.done(), "it comes to an end");
  fuzz::require(!machine.story().empty(), "there is a story");
  const Result<std::vector<Endpoint>> endpoints = machine.endpoints();
  if (endpoints) fuzz::check(*endpoints, names);
  else fuzz::require(!machine.status().empty(), "an error has a status");
  return 0;
}
