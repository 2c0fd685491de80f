// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/options.h"
#include "server/base/result.h"

namespace hanse::config {

// Every table of every room, in the order of the reference page.
class Schema {
 public:
  void add(std::span<const OptionTable> tables);
  // More keys of a table that is already there, from a room the table's owner does not know.
  void extend(std::string_view table, std::span<const Option> options);
  const std::vector<OptionTable>& tables() const { return tables_; }
  const OptionTable* find(std::string_view name) const;

 private:
  std::vector<OptionTable> tables_;
  std::vector<std::shared_ptr<const std::vector<Option>>> extended_;   // what tables_ point into
};

struct Problem {
  Place place;
  std::string what;          // "unknown key \"hots\"; did you mean \"hosts\"?"
};

struct Loaded {
  std::shared_ptr<const Configuration> configuration;  // null when there are problems
  std::vector<Problem> problems;
};

// Reads a secret: "file:PATH" (relative to the configuration's folder), "env:NAME", "cred:NAME".
using SecretReader = std::function<Result<std::string>(std::string_view reference)>;
SecretReader system_secrets(std::string folder);

// Parses and checks one TOML text; pure apart from `secrets`.
Loaded parse(std::string_view text, std::string_view file, const Schema& schema,
             const SecretReader& secrets);
// FILE plus FILE's conf.d/*.toml, in name order.
Loaded load(const std::string& file, const Schema& schema);

std::string problem_text(const Problem& problem);          // file:line:column: what
std::string sample(const Schema& schema);                  // conf/hanse.toml, `config default`
std::string reference_page(const Schema& schema);          // docs/configuration.md
Result<std::string> explain(const Schema& schema, std::string_view key);   // "smtp.hosts"
std::string show(const Configuration& configuration, const Schema& schema, bool effective);

}  // namespace hanse::config
