// Command lines: what is asked of the daemon, what is printed, how it ends.
#include <sysexits.h>

#include <algorithm>

#include "desk_of_the_operator.h"

namespace mta::ctl {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class Warmupctl : public DeskOfTheOperator {
 protected:
  void answer(const std::string& body, unsigned status = 200) { answers.push_back({status, "application/json", body}); }
};

TEST_F(Warmupctl, WithoutADaemonEndsWith69AndNamesTheSocket) {
  EXPECT_EQ(run({"--socket", "/run/x.sock", "status"}), EX_UNAVAILABLE);
  EXPECT_THAT(err, HasSubstr("/run/x.sock"));
}

TEST_F(Warmupctl, FindsTheSocketOfAConfigurationThatIsOtherwiseWrong) {
  run({"status", "--config", put("w.toml", "[control]\nsocket = \"/run/other.sock\"\n[nonsense]\n")});
  EXPECT_EQ(socket, "/run/other.sock");
}

TEST_F(Warmupctl, WrongUsageEndsWith64) {
  EXPECT_EQ(run({}), EX_USAGE);
  EXPECT_EQ(run({"stauts"}), EX_USAGE);
  EXPECT_EQ(run({"why"}), EX_USAGE);
  EXPECT_EQ(run({"classify"}), EX_USAGE);
  EXPECT_EQ(run({"classify", "99", "x"}), EX_USAGE);
  EXPECT_EQ(run({"queue", "--limit", "0"}), EX_USAGE);
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(Warmupctl, HelpAndVersionEndWith0) {
  EXPECT_EQ(run({"--help"}), EX_OK);
  EXPECT_THAT(out, HasSubstr("status"));
  EXPECT_EQ(run({"--version"}), EX_OK);
}

TEST_F(Warmupctl, StatusAsksForWhatIsWishedForAndPrintsTheAnswerAsItIs) {
  answer(R"({"lanes":[{"source":"b","provider":"google"}],"queues":[]})");
  EXPECT_EQ(run({"status", "google", "--source", "b", "--json"}), EX_OK);
  EXPECT_EQ(questions[0].query, (std::map<std::string, std::string>{{"provider", "google"}, {"source", "b"}}));
  EXPECT_EQ(out, "{\"lanes\":[{\"source\":\"b\",\"provider\":\"google\"}],\"queues\":[]}\n");
}

TEST_F(Warmupctl, TheQueueIsReadPageByPageUntilTheLimit) {
  answer(R"({"now":"2026-11-21T09:00:00Z","messages":[{"id":"A","recipients":[]}],"next_cursor":"A"})");
  answer(R"({"now":"2026-11-21T09:00:00Z","messages":[{"id":"B","recipients":[]}],"next_cursor":"B"})");
  EXPECT_EQ(run({"queue", "--class", "bulk", "--limit", "2", "--json"}), EX_OK);
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_EQ(questions[0].query.at("class"), "bulk");
  EXPECT_EQ(questions[1].query.at("cursor"), "A");
  EXPECT_EQ(questions[1].query.at("limit"), "1");
  EXPECT_THAT(out, HasSubstr(R"("next_cursor":"B")"));
}

TEST_F(Warmupctl, AQueueRowHoldsNothingThatSteersTheTerminal) {
  answer(
      "{\"now\":\"2026-11-21T09:00:00Z\",\"messages\":[{\"accepted\":\"2026-11-21T08:00:00Z\",\"sender\":\"\",\"class\":\"bulk\","
      "\"recipients\":[{"
      "\"id\":\"0A/0\",\"recipient\":\"a@example.com\",\"state\":\"waiting\",\"provider\":\"google\",\"attempts\":2,"
      "\"next_try\":\"2026-11-21T09:10:00Z\",\"last\":{\"verdict\":\"greylisted\",\"code\":450,\"text\":\"\\u001b[2Jwait\"}}]}],"
      "\"next_cursor\":null}");
  run({"queue"});
  EXPECT_THAT(out, HasSubstr("0A/0   1h  bulk   <>    a@example.com  google        2  in 10m  greylisted: 450 \\u001b[2Jwait"));
}

TEST_F(Warmupctl, AHandOnTheQueueGoesOnUntilNothingIsLeftAndSaysWhoItIs) {
  answer(R"({"recipients":1000,"in_conversation":1,"next_cursor":"A"})");
  answer(R"({"recipients":5,"in_conversation":0,"next_cursor":null})");
  EXPECT_EQ(run({"queue", "drop", "--domain", "example.com", "--reason", "sent twice"}), EX_OK);
  EXPECT_EQ(questions[1].method, "POST");
  EXPECT_EQ(questions[1].path, "/api/v1/queue/drop");
  EXPECT_EQ(questions[1].query, (std::map<std::string, std::string>{
                                    {"by", "operator"}, {"cursor", "A"}, {"domain", "example.com"}, {"reason", "sent twice"}}));
  EXPECT_THAT(out, HasSubstr("1,005 recipients dropped"));
}

TEST_F(Warmupctl, TheWholeQueueIsNeverDroppedByMistake) {
  EXPECT_EQ(run({"queue", "drop"}), EX_USAGE);
  EXPECT_EQ(run({"queue", "drop", "0A1B2C3D4E5F6/3"}), EX_USAGE);
  EXPECT_THAT(questions, IsEmpty());
  answer(R"({"recipients":3,"in_conversation":0,"next_cursor":null})");
  EXPECT_EQ(run({"queue", "drop", "--all"}), EX_OK);
  EXPECT_EQ(questions[0].query.at("all"), "true");
}

TEST_F(Warmupctl, ARetrySaysWhatStaysWithheldUntilWhenAndWhatHelps) {
  const std::string withheld =
      R"("withheld":[{"from_domain":"sender.test","provider":"google","verdict":"auth_failure","lacks":"SPF, DKIM and DMARC records",)"
      R"("until":"2026-11-21T10:00:00Z","recipients":2}])";
  answer(R"({"recipients":1,"in_conversation":0,)" + withheld + R"(,"next_cursor":"A"})");
  answer(R"({"recipients":0,"in_conversation":0,)" + withheld + R"(,"next_cursor":null})");
  EXPECT_EQ(run({"queue", "retry", "--all"}), EX_OK);
  EXPECT_THAT(out, HasSubstr("1 recipient will be tried as soon as their lanes allow\n"));
  EXPECT_THAT(out, HasSubstr("4 recipients stay withheld until 21 Nov 2026 10:00:00 UTC: google refuses mail from sender.test"));
  EXPECT_TRUE(fits(out, look.width)) << out;
  answer(R"({"recipients":0,"in_conversation":0,)" + withheld + R"(,"next_cursor":null})");
  EXPECT_EQ(run({"queue", "retry", "--all", "--json"}), EX_OK);
  EXPECT_EQ(object_of(out).at("withheld").as_array().at(0).at("recipients"), 2);
}

TEST_F(Warmupctl, AnEmptyConditionIsNotAllMail) {
  EXPECT_EQ(run({"queue", "drop", "--class", "bulk", "--domain", ""}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("--domain: expected a value, found an empty one"));
  EXPECT_EQ(run({"queue", "drop", "", "--class", "bulk"}), EX_USAGE);
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(Warmupctl, WhyNamesTheGateThatIsShut) {
  answer(
      R"({"id":"A","now":"2026-11-21T09:00:00Z","recipients":[{"id":"A/0","recipient":"a@example.com","in_conversation":false,"gates":[
    {"gate":"lifetime","value":0,"limit":432000,"unit":"seconds","text":"0s used","limit_text":"5d","open":true,"next":null},
    {"gate":"retry","value":1,"limit":null,"unit":"attempts","text":"tried once","open":false,"next":"2026-11-21T09:05:00Z"}]}]})");
  EXPECT_EQ(run({"why", "A"}), EX_OK);
  EXPECT_THAT(out, HasSubstr("waits for: retry, opens in 5m (21 Nov 2026 09:05:00 UTC)"));
  EXPECT_THAT(out, HasSubstr("lifetime  0s used     5d"));
}

TEST_F(Warmupctl, WhatAMessageWaitsForIsWrappedOnANarrowTerminal) {
  look.width = 80;
  answer(R"json({"id":"0A1B2C3D4E5F6","now":"2026-11-21T09:00:00Z","recipients":[{"id":"0A1B2C3D4E5F6/0","recipient":
    "office-of-the-headmaster-and-of-all-his-teachers@a-school-with-a-long-name.example.co.uk","gates":[
    {"gate":"lane","source":"frankfurt-ip-1","provider":"other:mail.a-school.example.co.uk","state":"paused","open":false,
     "next":"2026-11-21T13:00:00Z"}]}]})json");
  EXPECT_EQ(run({"why", "0A1B2C3D4E5F6"}), EX_OK);
  EXPECT_TRUE(fits(out, 80)) << out;
  EXPECT_THAT(out, HasSubstr("waits for: lane frankfurt-ip-1"));
  EXPECT_THAT(out, HasSubstr("13:00:00 UTC)"));
}

TEST_F(Warmupctl, ALaneThatIsShutIsNamedInWords) {
  answer(R"json({"id":"A","now":"2026-11-21T09:00:00Z","recipients":[{"id":"A/0","recipient":"a@example.com","gates":[
    {"gate":"lane","source":"ip-1","provider":"google","state":"warming","open":false,"next":"2026-11-21T10:00:00Z"},
    {"gate":"pace","source":"ip-1","provider":"google","value":1172,"limit":1172,"unit":"recipients","open":false,
     "next":"2026-11-21T09:30:00Z"},
    {"gate":"hourly","source":"ip-1","provider":"(all)","value":5,"limit":5,"unit":"recipients","open":false,
     "next":"2026-11-21T10:00:00Z"}]}]})json");
  EXPECT_EQ(run({"why", "A"}), EX_OK);
  EXPECT_THAT(out, HasSubstr("waits for: hourly limit of all mail by ip-1, opens in 1h"));
  EXPECT_THAT(out, HasSubstr("lane ip-1 to google"));
  EXPECT_THAT(out, HasSubstr("  all mail: hourly limit"));
  EXPECT_THAT(out, HasSubstr("1,172"));
}

TEST_F(Warmupctl, APageOfTheQueueBeginsAtItsCursor) {
  answer(R"({"now":"2026-11-21T09:00:00Z","messages":[],"next_cursor":null})");
  EXPECT_EQ(run({"queue", "--cursor", "0A1B2C3D4E5F6", "--limit", "10", "--json"}), EX_OK);
  EXPECT_EQ(questions[0].query.at("cursor"), "0A1B2C3D4E5F6");
  EXPECT_EQ(questions[0].query.at("limit"), "10");
}

TEST_F(Warmupctl, AMessageThatIsNotThereEndsWith1AndTheDaemonsWords) {
  answer(R"({"title":"no such message","status":404,"detail":"message A is not in the queue"})", 404);
  EXPECT_EQ(run({"queue", "show", "A"}), 1);
  EXPECT_THAT(err, HasSubstr("message A is not in the queue"));
}

TEST_F(Warmupctl, ARefusedReloadEndsWith78) {
  answer(R"({"title":"the old configuration stays","status":409,"detail":"w.toml:3: no"})", 409);
  EXPECT_EQ(run({"reload"}), EX_CONFIG);
  EXPECT_THAT(err, HasSubstr("w.toml:3"));
}

TEST_F(Warmupctl, ClassifyNeedsNoDaemon) {
  const std::string file = put("w.toml", least_config);
  EXPECT_EQ(run({"classify", "550", "5.1.1 no such user here", "--json", "--config", file}), EX_OK) << err;
  EXPECT_THAT(out, testing::StartsWith(R"({"verdict":"unknown_user","rule":")"));
  EXPECT_EQ(run({"classify", "--config", file, "421", "4.7.28 unusual rate of mail", "--provider", "google"}), EX_OK);
  EXPECT_THAT(out, HasSubstr("verdict  rate_limited\n"));
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(Warmupctl, ABatchIsOneObjectALine) {
  const std::string lines =
      put("batch.tsv",
          "code\tenhanced\ttext\tprovider\n550\t5.1.1\tno such user\tgoogle\n451\t4.7.1\tgreylisted, try again later\t\n");
  EXPECT_EQ(run({"classify", "--batch", lines, "--config", put("w.toml", least_config)}), EX_OK) << err;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
  EXPECT_EQ(run({"classify", "--batch", path("nowhere"), "--config", path("w.toml")}), EX_NOINPUT);
}

TEST_F(Warmupctl, ProvidersShowsTheExchangesAndTheRule) {
  dns.outcome = LookupResult::found;
  dns.hosts = {{1, "aspmx.l.google.com"}, {5, "alt1.aspmx.l.google.com"}};
  dns.notes = {"MX 9 of example.com is the IP address 192.0.2.1., not a host name: skipped"};
  EXPECT_EQ(run({"providers", "Example.COM", "--config", put("w.toml", least_config)}), EX_OK) << err;
  EXPECT_EQ(asked_domain, "example.com");
  EXPECT_THAT(out, HasSubstr("provider  google\n"));
  EXPECT_THAT(out, HasSubstr("providers.toml:"));
  EXPECT_THAT(out, HasSubstr("192.0.2.1., not a host name"));
}

TEST_F(Warmupctl, WhenDnsFailsProvidersGoesByTheDomainAndEndsWith75) {
  dns.outcome = LookupResult::failed;
  dns.detail = "gmail.com: SERVFAIL";
  EXPECT_EQ(run({"providers", "gmail.com", "--json", "--config", put("w.toml", least_config)}), EX_TEMPFAIL);
  EXPECT_THAT(out, HasSubstr(R"("provider":"google")"));
}

TEST_F(Warmupctl, ConfigCheckPrintsEveryProblemWithItsLineAndEndsWith1) {
  const std::string file = put("w.toml", "hostnam = \"x\"\nthreads = \"many\"\n" + least_config);
  EXPECT_EQ(run({"config", "check", file}), 1);
  EXPECT_THAT(out, HasSubstr(file + ":1:"));
  EXPECT_THAT(out, HasSubstr(file + ":2:"));
}

TEST_F(Warmupctl, ConfigCheckOfAGoodFileSaysOk) {
  const std::string file = put("w.toml", least_config);
  EXPECT_EQ(run({"--config", file, "config", "check"}), EX_OK);
  EXPECT_THAT(out, HasSubstr(file + ": ok (1 listener, 1 source"));
}

TEST_F(Warmupctl, AVerbThatIsNotThereIsNamedWithThoseThatAre) {
  EXPECT_EQ(run({"stats"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("warmupctl: there is no verb \"stats\", did you mean \"status\"? Expected one of: status lane"));
  EXPECT_EQ(run({"lane", "frob", "ip-1", "google"}), EX_USAGE);
  EXPECT_THAT(err,
              HasSubstr("warmupctl: lane: there is no verb \"frob\"; expected one of: pause resume hold set undo ack history"));
  EXPECT_EQ(run({}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("a verb is missing"));
  EXPECT_EQ(run({"lane", "set", "ip-1", "google", "--stage", "-1"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("warmupctl: lane set: "));
  EXPECT_THAT(err, HasSubstr("-1; `warmupctl lane set --help` tells more"));
}

TEST_F(Warmupctl, ClassifyKnowsItsProviders) {
  const std::string file = put("w.toml", least_config);
  EXPECT_EQ(run({"--config", file, "classify", "550", "x", "--provider", "gogle"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("there is no provider \"gogle\", did you mean \"google\"?"));
}

TEST_F(Warmupctl, AWrongConfigurationEndsOtherVerbsWith78) {
  EXPECT_EQ(run({"classify", "550", "x", "--config", put("w.toml", "nonsense = 1\n")}), EX_CONFIG);
}

}  // namespace
}  // namespace mta::ctl
