// Names that are not known and files that are not there, as an operator types them.
#include <sysexits.h>

#include "desk_of_the_operator.h"
#include "mta/ctl/fields.h"

namespace mta::ctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class UnknownName : public DeskOfTheOperator {
 protected:
  UnknownName() { put("warmupd.toml", least_config); }
  std::string config() const { return path("warmupd.toml"); }
};

TEST_F(UnknownName, AVerbIsNamedWithTheNearestOne) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"stauts"},
                                                                 {"lane", "paus", "ip-1", "google"},
                                                                 {"queue", "shwo", "X"},
                                                                 {"config", "chekc"},
                                                                 {"queue", "--limit", "5", "drp"}}) {
    EXPECT_EQ(run(words), EX_USAGE);
    EXPECT_THAT(err, AllOf(HasSubstr("there is no verb"), HasSubstr("did you mean"))) << words.front();
  }
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(UnknownName, AnOptionIsNamedWithTheNearestOneWhereverItStands) {
  for (const auto& [words, near] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--confg", "x.toml", "status"}, "--config"},
           {{"status", "--soruce", "ip-1"}, "--source"},
           {{"queue", "--lmit", "5"}, "--limit"},
           {{"queue", "--provdier=google"}, "--provider"},
           {{"queue", "drop", "--al"}, "--all"},
           {{"lane", "pause", "ip-1", "google", "--raeson", "x"}, "--reason"},
           {{"status", "--jsno"}, "--json"}}) {
    EXPECT_EQ(run(words), EX_USAGE);
    EXPECT_THAT(err, HasSubstr("did you mean \"" + near + "\"?")) << words.front();
  }
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(UnknownName, AValueThatDoesNotFitIsSaidWithWhatWasExpected) {
  for (const auto& [words, said] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"queue", "--limit", "0"}, "queue: --limit: expected a number from 1 to 10000000, found 0;"},
           {{"queue", "--limit", "many"}, "queue: --limit: expected a number from 1 to 10000000, found many;"},
           {{"queue", "--provider"}, "queue: --provider: its value is missing;"},
           {{"classify", "999", "text"}, "classify: code: expected a number from 200 to 599, found 999;"},
           {{"lane", "set", "ip-1", "google", "--stage", "high"}, "lane set: --stage: expected a number, found high;"},
           {{"lane"}, "lane: a verb is missing; expected one of: "}}) {
    EXPECT_EQ(run(words), EX_USAGE);
    EXPECT_THAT(err, HasSubstr(said));
  }
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(UnknownName, OneWordTooManyIsSaid) {
  EXPECT_EQ(run({"status", "google", "yahoo"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("status: expected nothing more, found \"yahoo\""));
}

TEST_F(UnknownName, WhatTheDaemonDoesNotKnowEndsWith64AndItsWords) {
  answers.push_back(
      {404, "application/problem+json",
       R"({"title":"no such provider","status":404,"detail":"there is no provider \"gogle\", did you mean \"google\"?",)"
       R"("unknown":"provider","found":"gogle","nearest":"google"})"});
  EXPECT_EQ(run({"status", "gogle"}), EX_USAGE);
  EXPECT_EQ(err, "warmupctl: there is no provider \"gogle\", did you mean \"google\"?\n");
}

TEST_F(UnknownName, AProviderMayBeCalledByItsDomains) {
  EXPECT_EQ(run({"--config", config(), "classify", "550", "x", "--provider", "gmail"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("there is no provider \"gmail\", did you mean \"google\"?"));
  EXPECT_EQ(run({"--config", config(), "forecast", "--provider", "hotmail", "--backlog", "5"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("did you mean \"outlook\"?"));
  EXPECT_EQ(run({"--config", config(), "forecast", "--provider", "GOOGLE", "--backlog", "5"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("did you mean \"google\"?"));
}

TEST_F(UnknownName, AProviderThatALineOfABatchNamesIsKnownToo) {
  const auto batch =
      put("batch.tsv", "550\t5.1.1\tno such user\tgoogle\n550\t5.1.1\tno such user\tgogle\n550\t\tx\tother:a.test\n");
  EXPECT_EQ(run({"--config", config(), "classify", "--batch", batch}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("1 line is of a provider that is not known"));
  EXPECT_THAT(err, HasSubstr("there is no provider \"gogle\", did you mean \"google\"?"));
  EXPECT_THAT(out, HasSubstr(R"("error":"there is no provider \"gogle\", did you mean \"google\"?","line":2)"));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 3);
  EXPECT_EQ(run({"--config", config(), "classify", "--batch", batch, "--provider", "google"}), EX_USAGE);
}

// Replies are collected at many places: a server's name that is nobody's here is no mistake, and a word for a provider means it.
TEST_F(UnknownName, ABatchMayNameServersThatAreNoProviderHere) {
  const auto batch = put("batch.tsv", "550\t5.1.1\tno such user\tpostfix\n550\t5.1.1\tno such user\tgeneric\n");
  EXPECT_EQ(run({"--config", config(), "classify", "--batch", batch}), 0) << err;
  EXPECT_THAT(out, testing::Not(HasSubstr("error")));
  const std::string reply = "421\t4.7.28\tOur system has detected an unusual rate of mail\t";
  const auto classified = [&](const std::string& provider) {
    EXPECT_EQ(run({"--config", config(), "classify", "--batch", put("one.tsv", reply + provider + "\n")}), 0) << err;
    return out;
  };
  EXPECT_EQ(classified("gmail"), classified("google"));
}

TEST_F(UnknownName, AForecastOfAColdConfigurationKnowsItsNames) {
  EXPECT_EQ(run({"--config", config(), "forecast", "--provider", "google", "--pool", "defualt", "--backlog", "5"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("there is no pool \"defualt\", did you mean \"default\"?"));
  EXPECT_EQ(run({"--config", config(), "forecast", "--provider", "google", "--class", "bluk", "--backlog", "5"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("did you mean \"bulk\"?"));
  EXPECT_EQ(run({"--config", config(), "forecast", "--provider", "google", "--source", "pi-1", "--backlog", "5"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("did you mean \"ip-1\"?"));
}

TEST_F(UnknownName, AMistypedConfigurationReachesNoDaemon) {
  for (const auto& verb : {"reload", "status", "queue"}) {
    EXPECT_EQ(run({"--config", path("warmpud.toml"), verb}), EX_NOINPUT);
    EXPECT_THAT(err, AllOf(HasSubstr("No such file"), HasSubstr("did you mean \"" + config() + "\"?")));
  }
  EXPECT_EQ(run({"--config", path("warmpud.toml"), "--socket", "/run/x.sock", "status"}), EX_NOINPUT);
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(UnknownName, AFileThatIsNamedAndNotThereEndsWith66) {
  EXPECT_EQ(run({"classify", "--batch", path("replies.tsv")}), EX_NOINPUT);
  EXPECT_EQ(run({"simulate", path("warmupd.tml")}), EX_NOINPUT);
  EXPECT_EQ(run({"config", "check", path("warmupd.tml")}), EX_NOINPUT);
  EXPECT_THAT(err, HasSubstr("did you mean \"" + config() + "\"?"));
  EXPECT_EQ(run({"--config", path(""), "classify", "550", "x"}), EX_NOINPUT);
  EXPECT_THAT(err, HasSubstr("this is a folder"));
}

TEST_F(UnknownName, WithJsonItIsAProblemOnStandardOutput) {
  EXPECT_EQ(run({"--json", "--config", config(), "classify", "550", "x", "--provider", "gogle"}), EX_USAGE);
  const json::object problem = object_of(out);
  EXPECT_EQ(problem.at("unknown"), "provider");
  EXPECT_EQ(problem.at("found"), "gogle");
  EXPECT_EQ(problem.at("nearest"), "google");
  EXPECT_EQ(problem.at("exit_code"), EX_USAGE);
  EXPECT_TRUE(problem.at("problems").is_array()) << "a list without anything in it is a list";
  EXPECT_EQ(err, "");
  EXPECT_EQ(run({"stauts", "--json"}), EX_USAGE);
  EXPECT_EQ(object_of(out).at("nearest"), "status");
  EXPECT_EQ(run({"status", "--json", "--config", path("nowhere.toml")}), EX_NOINPUT);
  EXPECT_EQ(object_of(out).at("unknown"), "file");
}

}  // namespace
}  // namespace mta::ctl
