// SPDX-License-Identifier: Apache-2.0
// What an operator sees of a link: lines without passwords.
#include "protocols/irc/redactor.h"

#include "tests/catch.h"

namespace hanse::irc {
namespace {

std::vector<std::string> shown(std::string_view bytes, RedactorWish wish = {},
                               std::size_t piece = 7) {
  LineRedactor redactor(wish);
  std::vector<std::string> out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    redactor.read(true, bytes.substr(0, piece), out);
  return out;
}

std::string one(const std::string& line, RedactorWish wish = {}) {
  const auto lines = shown(line + "\r\n", wish);
  return lines.size() == 1 ? lines[0] : "not one line";
}

constexpr RedactorWish bodies{.bodies = true};

TEST_CASE("irc trace: no password comes out, in whatever dialect and pieces") {
  const std::string all =
      "PASS hunter2 TS 6 :9RL\r\n:00A PASS hunter2\r\nPASS :hunter2 0210-IRC+\r\n"
      "SERVER insp.example hunter2 0 1AA :Insp\r\n:00A SERVER s.example  hunter2 0 00A :x\r\n"
      "@a=b;c :1AA SERVER x hunter2\r\npass hunter2\r\nserver x hunter2 0 1AA :y\r\n"
      ":1AAAAAAAA OPER god hunter2\r\n:00A ENCAP * SASL 1AAAAAAAA 00A C hunter2\r\n"
      ":1AAAAAAAA FMODE #dev 1795229120 +nk hunter2\r\n:1AA FJOIN #dev 1 +k hunter2 :,1AAAAAAAA\r\n"
      ":3HY SJOIN 1 #dev +lk 5 hunter2 :3HYAAAAAA\r\n:a MODE #dev -k hunter2\r\n"
      ":ng.example CHANINFO #dev +k hunter2 0 :topic\r\n"
      ":1AAAAAAAA PRIVMSG 00AAAAAAB :identify hunter2\r\n"
      ":a SQUERY NickServ :REGISTER hunter2 a@b.example\r\n"
      ":1AAAAAAAA PRIVMSG NickServ :DROP carol hunter2\r\n"
      ":1AAAAAAAA PRIVMSG NickServ :VERIFY REGISTER carol hunter2\r\n"
      ":a NOTICE 00AAAAAAB :confirm hunter2\r\n:a PRIVMSG NickServ :SENDPASS hunter2\r\n";
  for (const bool with : {false, true}) {
    for (std::size_t piece = 1; piece < 40; ++piece) {
      const auto lines = shown(all, {.bodies = with}, piece);
      CHECK(lines.size() == 21);
      for (const std::string& line : lines) {
        CAPTURE(line);
        CHECK(line.find("unter") == std::string::npos);
      }
      if (piece > 1) CHECK(lines == shown(all, {.bodies = with}, 1));
    }
  }
  CHECK(one("SERVER insp.example hunter2 0 1AA :Insp") == "SERVER insp.example [cut] 0 1AA :Insp");
}

TEST_CASE("irc trace: what people write only when it is asked for") {
  const std::string said = ":1AAAAAAAA PRIVMSG #dev :the plan";
  CHECK(one(said) == ":1AAAAAAAA PRIVMSG #dev :[8 octets]");
  CHECK(one(said, bodies) == said);
  CHECK(one("@+x=secret;time=t " + said) == "@[17 octets] :1AAAAAAAA PRIVMSG #dev :[8 octets]");
  CHECK(one("@time=t;msgid=m " + said) == "@time=t;msgid=m :1AAAAAAAA PRIVMSG #dev :[8 octets]");
  CHECK(one(":a TOPIC #dev :the plan") == ":a TOPIC #dev :[8 octets]");
  CHECK(one(":a QUIT :the plan") == ":a QUIT :[8 octets]");
  CHECK(one(":a PRIVMSG #dev hello") == ":a PRIVMSG [cut]");
  CHECK(one(":a PART #dev") == ":a PART #dev");
}

TEST_CASE("irc trace: the rest is as it was said") {
  for (const char* line :
       {":1AA UID 1AAAAAAAA 1795229193 carol h h carol 192.0.2.1 1795229193 + :Carol",
        "CAPAB START 1205", ":1AA PING 9RL", ":3HY SJOIN 1795229446 #x +nt :@3HYAAAAAC",
        ":1AA FMODE #dev 1 +o 1AAAAAAAA", "ERROR :closing", ":1AA ENDBURST"})
    CHECK(one(line) == line);
}

TEST_CASE("irc trace: one that begins midway shows nothing of the line it came into") {
  CHECK(shown("hunter2 0 1AA :x\r\n:1AA PING 9RL\r\n", {.midway = true}) ==
        std::vector<std::string>{":1AA PING 9RL"});
  CHECK(one("@" + std::string(100'000, 'a')) == "[cut]");
  const std::string endless = one(":a PRIVMSG #dev :" + std::string(100'000, 'a'), bodies);
  CHECK(endless.size() < 5000);
}

}  // namespace
}  // namespace hanse::irc
