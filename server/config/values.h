// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/tree.h"

namespace hanse::config {

// One TOML value against one option: type, unit, range, choice. The error says what was expected
// and what came; it never repeats a secret.
Result<OptionValue> read_value(const Option& option, const Value& value,
                               const SecretReader& secrets);

// The built-in default as an entry; nothing when the option has none. A default that does not
// fit its own option is a bug of the table: throws std::logic_error.
std::optional<Settings::Entry> default_entry(const Option& option);

std::string written_entry(const Option& option, const Value& value);   // secrets: "***"

// For people: "duration", "one of off, may"; "1 to 65535" or empty.
std::string type_text(const Option& option);
std::string range_text(const Option& option);

}  // namespace hanse::config
