// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hanse {

struct RedactorWish {
  bool dialled = false;     // we are the side that connected
  bool midway = false;      // the first octets it sees are not the first of the connection
  bool bodies = false;      // what people wrote is shown too
};

// Makes lines for the operator of the octets of one connection. What only the two sides may know
// (keys, secrets, proofs) never comes out of it; what people wrote only where it was asked for.
// Where it cannot tell, it shows nothing. Pure; holds a bounded part of an unfinished line.
class Redactor {
 public:
  virtual ~Redactor() = default;
  // Appends the lines these octets finish, raw: who shows them escapes them. Any segmentation.
  virtual void read(bool from_peer, std::string_view bytes, std::vector<std::string>& lines) = 0;
};

}  // namespace hanse
