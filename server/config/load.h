// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "server/config/config.h"

namespace hanse::config {

Loaded load(const std::string& file, const Schema& schema, const SecretReader& secrets);

// Gives "***" for every secret: an operator may use the console without being able to read the
// node's key.
SecretReader hidden_secrets();

// Every value by its whole name: "peer.b.example.state" -> "\"active\"".
std::map<std::string, std::string> flat(const Configuration& configuration);

// Where the node of this file has its control socket, though the file may have mistakes by now.
// Empty: no line that can be read names one. An Error: one does, and no path can be read from it.
struct SocketNamed {
  Result<std::string> socket;
  std::vector<Problem> problems;   // of the whole file
};
SocketNamed control_socket_of(const std::string& file, const Schema& schema);

std::vector<std::string> files_of(const std::string& file);   // itself, then its conf.d
Result<std::string> read_bounded(const std::string& path, std::size_t bytes_max);

std::string folder_of(const std::string& file);
std::string in_folder(const std::string& folder, const std::string& path);

// A public file such as a certificate: "file:PATH" or PATH; anyone may read it.
Result<std::string> read_pem(const std::string& folder, std::string_view reference);

}  // namespace hanse::config
