// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "server/config/tree.h"

namespace hanse::config {

// Checks trees against the option tables and gathers one Configuration out of them. Collects
// every problem instead of stopping at the first.
class Checker {
 public:
  Checker(const Schema& schema, const SecretReader& secrets)
      : schema_(schema), secrets_(secrets),
        configuration_(std::make_shared<Configuration>()) {}

  void take(const Tree& tree);   // one file; later files add to earlier ones
  Loaded finish();

 private:
  void walk(const Value& table, const std::string& prefix);
  void take_member(const Member& member, const std::string& prefix);
  void take_table(const OptionTable& table, const Member& member);
  void take_keyed(const OptionTable& table, const Value& value);
  void take_array(const OptionTable& table, const Value& value);
  void take_settings(const OptionTable& table, const Value& value, Settings& into);
  void take_option(const OptionTable& table, const Member& member, Settings& into);
  void fill(const OptionTable& table, Settings& settings);
  void unknown(const Member& member, const std::string& prefix);
  bool leads_to_tables(const std::string& name) const;
  bool expect(Value::Kind kind, std::string_view what, const Value& value);
  void problem(const Place& place, std::string what);

  const Schema& schema_;
  const SecretReader& secrets_;
  std::shared_ptr<Configuration> configuration_;
  std::vector<Problem> problems_;
  std::map<const Settings*, Place> headers_;   // where each table begins
  std::string first_file_;
  bool unreadable_ = false;                     // a file is not TOML
  std::map<std::string, Place, std::less<>> seen_tables_;
};

}  // namespace hanse::config
