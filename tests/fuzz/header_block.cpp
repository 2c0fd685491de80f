// SPDX-License-Identifier: Apache-2.0
// The header check, and the reader of DATA that feeds it: bounded, without over-reading, and
// equal for every segmentation.

#include "protocols/smtp/data.h"
#include "protocols/smtp/header.h"
#include "tests/fuzz/fuzz.h"

namespace hanse::fuzz {
namespace {

void check_header(std::string_view message, bool normalize) {
  const std::vector<Address> recipients{{"smtp", "user", "b.example"}};
  smtp::HeaderRules rules;
  rules.normalize = normalize;
  rules.hops_max = 5;
  rules.node = "a.example";
  rules.recipients = &recipients;
  const Exact exact(message);
  const smtp::HeaderReport report = smtp::check_header_block(exact.view(), rules);
  require(report.message_id.size() <= smtp::text_id_octets_max, "an id is bounded");
  require(report.received_fields <= smtp::header_fields_max, "fields are bounded");
  if (report.refusal.empty()) return;
  require(report.refusal[0] == '4' || report.refusal[0] == '5', "a refusal is a reply");
}

struct Read {
  std::string content;
  std::size_t eaten = 0;
  bool done = false, lost = false;
};

Read read(std::string_view input, std::size_t piece, bool normalize) {
  smtp::DataRules rules;
  rules.normalize = normalize;
  rules.size_max = 4096;
  smtp::DataReader reader(rules);
  Read out;
  while (!input.empty() && !reader.done()) {
    const std::string_view given = input.substr(0, piece);
    std::string_view bytes = given;
    reader.feed(bytes, out.content);
    const std::size_t eaten = given.size() - bytes.size();
    require(bytes.empty() || reader.done(), "everything up to the end is eaten");
    input.remove_prefix(eaten);
    out.eaten += eaten;
  }
  require(reader.eaten() == out.eaten, "what is eaten is counted");
  out.done = reader.done();
  out.lost = reader.lost();
  return out;
}

// D-1, D-3: the end is CR LF . CR LF on the raw octets, or . CR LF at the very front.
std::size_t end_of_data(std::string_view input) {
  if (input.substr(0, 3) == ".\r\n") return 3;
  const std::size_t at = input.find("\r\n.\r\n");
  return at == input.npos ? input.npos : at + 5;
}

void check_data(std::string_view all, bool normalize) {
  const Exact exact(all);
  const std::string_view input = exact.view();
  const Read whole = read(input, input.size(), normalize);
  const std::size_t end = end_of_data(input);
  require(whole.done == (end != input.npos), "there is an end where the rule says so");
  require(!whole.done || whole.eaten == end, "the end is where the rule says");
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const Read chopped = read(input, piece, normalize);
    require(chopped.done == whole.done && chopped.lost == whole.lost &&
                chopped.eaten == whole.eaten,
            "the segmentation changes nothing");
    require(whole.lost || chopped.content == whole.content, "the content is the same");
  }
}

}  // namespace
}  // namespace hanse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = hanse::fuzz::as_text(data, size);
  for (const bool normalize : {false, true}) {
    hanse::fuzz::check_header(input, normalize);
    hanse::fuzz::check_data(input, normalize);
  }
  return 0;
}
