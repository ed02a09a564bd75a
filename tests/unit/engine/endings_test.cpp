// Everything that can go wrong: what the other side hears of it, and the one reason under which it is written down.

#include <algorithm>

#include "served.h"

namespace weir::engine {
namespace {

class Endings : public ServedTest {};

// RFC 9112 §3: refused with an answer, and nothing of it reaches the origin.
TEST_F(Endings, RefuseAMalformedHead) {
  Peer client = this->client();
  client.say("GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  const std::string answer = client.rest();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos);
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::head_malformed);
  EXPECT_TRUE(origin_.nobody_calls());
  ASSERT_EQ(records().size(), 1U);
  EXPECT_EQ(records()[0].status, 400);
}

// The answer must survive what the client goes on to send: a plain close would turn into a reset that destroys it.
TEST_F(Endings, LetARefusalArriveAlthoughMoreIsSent) {
  Peer client = this->client();
  client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n" + std::string(200'000, 'x'));
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 400 "));
}

// RFC 9110 §15.5.9.
TEST_F(Endings, AnswerASlowHeadWith408) {
  Peer client = this->client();
  client.say("GET / HT");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 408 "));
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::client_slow);
}

TEST_F(Endings, CloseAnIdleConnectionInSilence) {
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  origin.head();
  origin.say(ok);
  EXPECT_EQ(client.rest(), ok);
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::client_idle);
}

// A flood of heads on connections that were there before the memory was short.
TEST_F(Endings, ResetARequestThatNeedsMemoryThatIsNotThere) {
  out_of_memory_ = true;
  Peer flooding = client();
  flooding.say(get);
  EXPECT_TRUE(flooding.was_reset());
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::limit);
  EXPECT_TRUE(origin_.nobody_calls());
}

TEST_F(Endings, AreNotOfARequestForWhichThereIsASpareWorkspace) {
  for (const bool out : {false, true}) {
    out_of_memory_ = out;
    Peer client = this->client();
    client.say(get);
    Peer origin = origin_.accept();
    origin.head();
    origin.say(ok);
    EXPECT_EQ(client.rest(), ok);
    client.close();
    EXPECT_EQ(endings(out + 1).back().reason, CloseReason::client_idle);
  }
}

// Transparency: an origin that refuses looks so.
TEST_F(Endings, ResetWhereTheOriginRefuses) {
  origin_.stop();
  Peer client = this->client();
  client.say(get);
  EXPECT_TRUE(client.was_reset());
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::origin_refused);
}

// RFC 9110 §15.6.3.
TEST_F(Endings, AnswerAMalformedResponseWith502) {
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  origin.head();
  origin.say("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 502 "));
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::response_malformed);
}

TEST_F(Endings, AnswerABodyThatIsBrokenFromTheBeginningWith502) {
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  origin.head();
  origin.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 502 "));
}

// RFC 9112 §8: the client must be able to see that the answer is not complete.
TEST_F(Endings, ShowATruncatedResponse) {
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  origin.head();
  origin.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  origin.close();
  EXPECT_EQ(client.rest(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::response_truncated);
}

TEST_F(Endings, HandOnAResetInTheMiddleOfAResponse) {
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  origin.head();
  origin.say("HTTP/1.1 200 OK\r\n\r\nuntil close");
  EXPECT_EQ(client.hear_until("until close"), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil close");
  origin.reset();
  EXPECT_TRUE(client.was_reset());
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::origin_reset);
}

// RFC 9112 §7.1: a body that breaks off in nonsense never becomes a complete message.
TEST_F(Endings, AbortTheRequestWhoseBodyIsMalformed) {
  Peer client = this->client();
  client.say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  Peer origin = origin_.accept();
  origin.head();
  EXPECT_EQ(origin.hear(6), "1\r\na\r\n");
  client.say("+5\r\nhello\r\n0\r\n\r\n");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(origin.rest(), "");
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::body_malformed);
}

TEST_F(Endings, CancelTheRequestOfAClientThatHasGone) {
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  origin.head();
  client.reset();
  EXPECT_EQ(origin.rest(), "");
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::client_reset);
}

TEST_F(Endings, CancelAnUploadThatBreaksOff) {
  Peer client = this->client();
  client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  Peer origin = origin_.accept();
  origin.head();
  EXPECT_EQ(origin.hear(3), "abc");
  client.close();
  EXPECT_EQ(origin.rest(), "");
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::client_closed);
}

// RFC 9110 §15.2.2.
TEST_F(Endings, RefuseASwitchThatNobodyAskedFor) {
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  origin.head();
  origin.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 502 "));
}

// RFC 9110 §9.3.6.
TEST_F(Endings, AnswerConnectWith405) {
  Peer client = this->client();
  client.say("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 405 "));
}

// RFC 9110 §7.6.2: the last hop answers, and the connection goes on.
TEST_F(Endings, AnswerAsTheLastHop) {
  Peer client = this->client();
  client.say("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 200 "));
  client.say(get);
  EXPECT_EQ(origin_.accept().head(), get);
}

class Rules : public ServedTest {
 protected:
  static config::Rule rule(std::string name, Action action, std::string host) {
    config::Match match{.kind = config::Match::Kind::exact, .text = std::move(host)};
    return {.name = std::move(name), .action = action, .host = {match}};
  }
  Rules()
      : ServedTest({rule("<ads>", Action::block, "bad.example"), rule("gone", Action::reset, "gone.example"),
                    rule("fine", Action::pass, "fine.example"), redirect(), trial()}) {}

 private:
  static config::Rule redirect() {
    config::Rule made = rule("court", Action::redirect, "court.example");
    made.location = "http://notice.example/?why=court";
    return made;
  }
  static config::Rule trial() {
    config::Rule made = rule("trial", Action::block, "trial.example");
    made.shadow = true;
    return made;
  }
};

// Every request is judged by the host that it names itself.
TEST_F(Rules, JudgeEveryRequestOfAConnection) {
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  origin.head();
  origin.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
  client.say("GET / HTTP/1.1\r\nHost: BAD.example:80\r\n\r\n");
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 403 Forbidden\r\n"));
  const std::string page = client.hear_until("</html>\n");
  EXPECT_NE(page.find("<strong>bad.example</strong>"), page.npos);
  EXPECT_NE(page.find("<strong>&lt;ads&gt;</strong>"), page.npos);
  client.say("GET /fine HTTP/1.1\r\nHost: fine.example\r\n\r\n");
  EXPECT_EQ(origin.head(), "GET /fine HTTP/1.1\r\nHost: fine.example\r\n\r\n");
  const auto written = records();
  const auto blocked = std::ranges::find(written, CloseReason::blocked, &account::Record::reason);
  ASSERT_NE(blocked, written.end());
  EXPECT_EQ(blocked->rule, "<ads>");
  EXPECT_EQ(blocked->host, "bad.example");
}

// RFC 9112 §9.3: what the block page left unread cannot become a request.
TEST_F(Rules, CloseBehindABlockedBody) {
  Peer client = this->client();
  client.say(
      "POST / HTTP/1.1\r\nHost: bad.example\r\nContent-Length: 48\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: "
      "origin.example\r\n\r\n");
  const std::string answer = client.rest();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 "));
  EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos);
  EXPECT_TRUE(origin_.nobody_calls());
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::blocked);
}

// RFC 9112 §3.2.2: the target's authority is judged, not the Host that it overrules.
TEST_F(Rules, JudgeTheAuthorityOfAnAbsoluteTarget) {
  Peer client = this->client();
  client.say("GET http://bad.example/ HTTP/1.1\r\nHost: fine.example\r\n\r\n");
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 403 "));
}

TEST_F(Rules, ResetWhereARuleSaysSo) {
  Peer client = this->client();
  client.say("GET / HTTP/1.1\r\nHost: gone.example\r\n\r\n");
  EXPECT_TRUE(client.was_reset());
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::blocked_reset);
}

// RFC 9110 §15.4.3.  The rule may end, so nobody keeps the answer.
TEST_F(Rules, SendElsewhereWhereARuleSaysSo) {
  Peer client = this->client();
  client.say("GET /x HTTP/1.1\r\nHost: court.example\r\nConnection: close\r\n\r\n");
  const std::string answer = client.rest();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 302 Found\r\nLocation: http://notice.example/?why=court\r\n")) << answer;
  EXPECT_NE(answer.find("Cache-Control: no-store\r\n"), answer.npos);
  EXPECT_TRUE(origin_.nobody_calls());
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::redirected);
  ASSERT_EQ(records().size(), 1u);
  EXPECT_EQ(records()[0].action, Action::redirect);
  EXPECT_EQ(records()[0].status, 302);
}

TEST_F(Rules, ThatOnlyCountLetTheRequestPass) {
  Peer client = this->client();
  client.say("GET / HTTP/1.1\r\nHost: trial.example\r\n\r\n");
  Peer origin = origin_.accept();
  origin.head();
  origin.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
  client.close();
  endings(1);
  ASSERT_EQ(records().size(), 1u);
  EXPECT_EQ(records()[0].action, Action::allow);
  EXPECT_EQ(records()[0].rule, "");
  EXPECT_EQ(records()[0].would, Action::block);
  EXPECT_EQ(records()[0].would_rule, "trial");
}

// RFC 9110 §9.3.2: a page for HEAD has no body.
TEST_F(Rules, SendNoPageToHead) {
  Peer client = this->client();
  client.say("HEAD / HTTP/1.1\r\nHost: bad.example\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.rest().ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace weir::engine
