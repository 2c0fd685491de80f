// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/config.h"

namespace hanse::config {

Loaded load(const std::string& file, const Schema& schema, const SecretReader& secrets);

// Gives "***" for every secret: an operator may use the console without being able to read the
// node's key.
SecretReader hidden_secrets();

std::string folder_of(const std::string& file);
std::string in_folder(const std::string& folder, const std::string& path);

// A public file such as a certificate: "file:PATH" or PATH; anyone may read it.
Result<std::string> read_pem(const std::string& folder, std::string_view reference);

}  // namespace hanse::config
