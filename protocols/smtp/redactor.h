// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/redactor.h"

namespace hanse::smtp {

// Commands and replies as lines. What AUTH carries is never shown; of a message only the size,
// unless bodies are wanted.
class MailRedactor final : public Redactor {
 public:
  explicit MailRedactor(const RedactorWish& wish);
  void read(bool from_peer, std::string_view bytes, std::vector<std::string>& lines) override;

 private:
  void from_client(std::string_view bytes, std::vector<std::string>& lines);
  void from_server(std::string_view bytes, std::vector<std::string>& lines);
  void client_line(std::string line, std::vector<std::string>& lines);
  void server_line(std::string line, std::vector<std::string>& lines);
  void content_line(std::string_view line, std::vector<std::string>& lines);
  void chunk_text(std::string_view text, std::vector<std::string>& lines);
  void end_content(std::vector<std::string>& lines);

  const bool client_is_peer_, bodies_;
  std::string client_, server_;         // unfinished lines, their beginnings
  std::uint64_t client_octets_ = 0;     // of the unfinished line
  std::uint64_t chunk_left_ = 0;        // of BDAT
  std::uint64_t content_octets_ = 0;    // not told yet
  bool placed_;                         // it is known what the client is about
  bool content_ = false;                // between 354 and the dot
  bool secret_ = false;                 // the next line answers a 334
};

}  // namespace hanse::smtp
