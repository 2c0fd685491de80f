// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "federation/ports.h"
#include "server/base/random.h"
#include "tests/sim/timeline.h"

namespace hanse::sim {

// What is wrong with the servers of a domain and everything below it.
enum class NameTrouble : std::uint8_t { none, server_failure, silence, no_name_by_mistake };

// The records of the whole world as a table; what is not in it does not exist.
class Names {
 public:
  void set(const std::string& name, DnsType type, std::vector<DnsRecord> records);
  void set_mx(const std::string& domain, std::vector<std::pair<int, std::string>> hosts);
  void set_srv(const std::string& name, std::vector<DnsSrv> targets);
  void set_address(const std::string& name, const std::string& address);

  void set_trouble(const std::string& domain, NameTrouble trouble) { troubles_[domain] = trouble; }
  NameTrouble trouble_of(const std::string& name) const;
  void heal() { troubles_.clear(); }

  Result<DnsAnswer> answer(const DnsQuestion& question) const;

 private:
  std::map<std::pair<std::string, DnsType>, std::vector<DnsRecord>> records_;
  std::set<std::string> known_;
  std::map<std::string, NameTrouble> troubles_;
};

// The resolver of one node, on one of its executors.
class SimResolver final : public Resolver {
 public:
  SimResolver(const Names& names, SimExecutor& executor, Random& random)
      : names_(names), executor_(executor), random_(random) {}
  void lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) override;

 private:
  const Names& names_;
  SimExecutor& executor_;
  Random& random_;
};

}  // namespace hanse::sim
