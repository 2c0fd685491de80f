// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/reply.h"

#include "protocols/smtp/outbound_offer.h"
#include "tests/catch.h"

namespace hanse::smtp {
namespace {

// All replies in the bytes, one a line, then "..." for an unfinished one or "!" for nonsense.
std::string read(std::string_view bytes, std::size_t piece_size) {
  ReplyReader reader;
  std::string out;
  ReplyReader::Next last = ReplyReader::Next::more;
  for (std::size_t at = 0; at < bytes.size(); at += piece_size) {
    std::string_view piece = bytes.substr(at, piece_size);
    while (!piece.empty() && last != ReplyReader::Next::broken) {
      Reply reply;
      last = reader.next(piece, reply);
      if (last == ReplyReader::Next::reply) out += to_text(reply) + "\n";
    }
  }
  if (last == ReplyReader::Next::broken) out += "!";
  if (last == ReplyReader::Next::more) out += "...";
  return out;
}

void good(std::string_view bytes, std::string_view replies) {
  const std::size_t sizes[] = {1, 2, 3, bytes.size()};
  for (const std::size_t piece_size : sizes)
    CHECK(read(bytes, piece_size) == replies);
}

void bad(const std::string& bytes) {
  for (const std::size_t piece_size : {std::size_t{1}, std::size_t{7}, bytes.size()})
    CHECK(read(bytes, piece_size) == "!");
}

TEST_CASE("C-4 replies, whole and in any pieces") {
  good("250 ok\r\n", "250 ok\n");
  good("250\r\n", "250\n");
  good("250 \r\n", "250\n");
  good("250-a\r\n250-b\r\n250 c\r\n", "250 a b c\n");
  good("250-a\r\n250\r\n", "250 a \n");
  good("220 a\r\n221 b\r\n", "220 a\n221 b\n");
  good("259 unknown is a yes\r\n", "259 unknown is a yes\n");
  good("250 ok\n", "250 ok\n");  // a server that ends lines with LF alone
  good("250 o\rk\r\n", "250 o\rk\n");
  good("250 o", "...");
}

TEST_CASE("C-4 what is no reply") {
  bad("\r\n");
  bad("2\r\n");
  bad("25 ok\r\n");
  bad("250ok\r\n");
  bad("2500\r\n");
  bad("150 one is no class of SMTP\r\n");
  bad("650 six neither\r\n");
  bad("ok 250\r\n");
  bad("250-a\r\n251 b\r\n");            // codes differ
  bad("250-a\r\n550 b\r\n");
  bad("SSH-2.0-x\r\n");
  bad(std::string(5000, '2'));          // no end
  bad("250 " + std::string(4093, 'x') + "\r\n");
  std::string lines, octets;
  for (std::size_t i = 0; i <= reply_lines_max; ++i) lines += "250-x\r\n";
  bad(lines);
  for (std::size_t i = 0; i < 20; ++i) octets += "250-" + std::string(4000, 'x') + "\r\n";
  bad(octets);
}

TEST_CASE("C-4 of a long reply only the beginning is kept with the outcome") {
  Reply reply;
  reply.code = 550;
  reply.text = std::string(reply_octets_max, 'x');
  CHECK(to_text(reply) == "550 " + std::string(reply_kept_octets_max, 'x'));
}

TEST_CASE("B-7 an enhanced code counts when its class is that of the reply") {
  CHECK(enhanced_status(250, "2.1.5 ok") == "2.1.5");
  CHECK(enhanced_status(550, "5.7.30") == "5.7.30");
  CHECK(enhanced_status(452, "4.5.3\nmore") == "4.5.3");
  CHECK(enhanced_status(550, "4.1.1 class differs") == "");
  CHECK(enhanced_status(250, "2.1 two numbers") == "");
  CHECK(enhanced_status(250, "2.1.5.7 four") == "");
  CHECK(enhanced_status(250, "2.1234.5 too long") == "");
  CHECK(enhanced_status(250, "2.1.5x") == "");
  CHECK(enhanced_status(250, "") == "");
  CHECK(enhanced_status(250, "2") == "");
}

TEST_CASE("C-1 what a server offers") {
  const Offer offer = parse_offer("b.example\npipelining\nSIZE 1000\n8BITMIME\nSTARTTLS\nX-Y z");
  CHECK(offer.pipelining);
  CHECK(offer.eight_bit);
  CHECK(offer.starttls);
  CHECK(offer.size);
  CHECK(offer.size_max == 1000);
  CHECK_FALSE(parse_offer("PIPELINING").pipelining);  // the greeting line offers nothing
  CHECK(parse_offer("b\nSIZE").size);
  CHECK(parse_offer("b\nSIZE 0").size_max == 0);
  CHECK(parse_offer("b\nSIZE -5").size_max == 0);
  CHECK(parse_offer("b\nSIZE x").size_max == 0);
}

TEST_CASE("E-7 LIMITS, whole or not at all") {
  CHECK(parse_offer("b\nLIMITS RCPTMAX=20 MAILMAX=5").recipients_max == 20);
  CHECK(parse_offer("b\nLIMITS MAILMAX=5 rcptmax=7").recipients_max == 7);
  CHECK(parse_offer("b\nLIMITS RCPTMAX=20 MAILMAX").recipients_max == 0);
  CHECK(parse_offer("b\nLIMITS RCPTMAX=0").recipients_max == 0);
  CHECK(parse_offer("b\nLIMITS RCPTMAX=x").recipients_max == 0);
  CHECK(parse_offer("b\nLIMITS =5 RCPTMAX=20").recipients_max == 0);
}

}  // namespace
}  // namespace hanse::smtp
