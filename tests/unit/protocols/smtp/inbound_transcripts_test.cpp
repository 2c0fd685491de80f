// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.h"
#include "tests/unit/protocols/smtp/inbound_bench.h"

namespace hanse {
namespace {

TEST_CASE("V-2 every inbound transcript, whole, octet by octet and cut at every place") {
  const std::vector<std::string> files =
      test::transcript_files("tests/transcripts/smtp/inbound");
  REQUIRE(files.size() >= 20);
  for (const std::string& file : files) {
    const std::string problem =
        test::play_all_manners(test::read_transcript(file), test::make_inbound);
    CHECK(problem == "");
  }
}

}  // namespace
}  // namespace hanse
