// SPDX-License-Identifier: Apache-2.0
#include "federation/name_check.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "server/base/limits.h"
#include "server/base/network_address.h"
#include "server/base/text.h"

namespace hanse {

namespace {

struct NameCheck : std::enable_shared_from_this<NameCheck> {
  NameCheck(Resolver& names, Log& lines, std::string_view kind, std::string own)
      : resolver(names), log(lines), protocol(kind), name(std::move(own)) {}

  void start() {
    for (const DnsType type : {DnsType::a, DnsType::aaaa}) {
      resolver.lookup({name, type}, [self = shared_from_this()](const Result<DnsAnswer>& answer) {
        self->on_addresses(answer);
      });
    }
  }

  void on_addresses(const Result<DnsAnswer>& answer) {
    if (!answer) failure = answer.error().what;
    if (answer)
      for (const DnsRecord& record : answer->records)
        if (const auto* one = std::get_if<DnsAddress>(&record)) addresses.push_back(one->address);
    if (--families_open > 0) return;
    if (addresses.empty())
      return failure.empty()
                 ? warn("", "the name has no address in the DNS; add an A or AAAA record of the "
                            "address this node sends from, or configure the name it has")
                 : warn("", "the name cannot be looked up: " + failure);
    if (addresses.size() > limits::name_check_addresses_max)
      addresses.resize(limits::name_check_addresses_max);
    addresses_open = addresses.size();
    for (const std::string& address : addresses) {
      resolver.lookup({reverse_name(address), DnsType::ptr},
                      [self = shared_from_this(), address](const Result<DnsAnswer>& found) {
                        self->on_reverse(address, found);
                      });
    }
  }

  void on_reverse(const std::string& address, const Result<DnsAnswer>& answer) {
    std::string others;
    bool proven = false;
    if (answer) {
      for (const DnsRecord& record : answer->records) {
        const auto* one = std::get_if<DnsName>(&record);
        if (one == nullptr) continue;
        proven = proven || equal_ascii_case(one->name, name);
        others += (others.empty() ? "" : ", ") + one->name;
      }
    }
    const std::string remedy = "; ask whoever runs this address for a PTR record that says " +
                               name + ", or configure the name it has";
    if (!answer) warn(address, "the name of the address cannot be looked up: " +
                                   answer.error().what);
    else if (others.empty()) warn(address, "the address has no name (PTR)" + remedy);
    else if (!proven) warn(address, "the address is called " + escape_text(others) + remedy);
    if (--addresses_open > 0 || warned) return;
    log.write(Level::info, "dns.name_proven", "the name leads to its addresses and back",
              {{"proto", protocol}, {"name", name}});
  }

  void warn(std::string_view address, const std::string& what) {
    warned = true;
    log.write(Level::warning, "dns.name_unproven", what,
              {{"proto", protocol}, {"name", name}, {"address", address}});
  }

  Resolver& resolver;
  Log& log;
  const std::string protocol, name;
  std::vector<std::string> addresses;
  std::string failure;
  std::size_t families_open = 2, addresses_open = 0;
  bool warned = false;
};

}  // namespace

void check_own_name(Resolver& resolver, Log& log, std::string_view protocol, std::string name) {
  if (name.starts_with('[') || is_ip_address(name)) return;   // says what it is by itself
  std::make_shared<NameCheck>(resolver, log, protocol, lower_ascii(name))->start();
}

bool is_loopback_listener(std::string_view address) {
  static const Network v4 = *parse_network("127.0.0.0/8"), v6 = *parse_network("::1");
  std::string_view host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return contains(v4, host) || contains(v6, host) || address.starts_with("unix:");
}

}  // namespace hanse
