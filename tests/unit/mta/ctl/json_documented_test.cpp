// What warmupctl prints by itself is what mta/control/JSON.md says, in both directions.
#include <sysexits.h>

#include <boost/json/serialize.hpp>

#include "desk_of_the_operator.h"
#include "mta/ctl/fields.h"
#include "tests/documented_fields.h"

namespace mta::ctl {
namespace {

using testing::IsEmpty;

class JsonDocumented : public DeskOfTheOperator {
 protected:
  json::object said(std::vector<std::string> words) {
    words.emplace_back("--json");
    run(std::move(words));
    EXPECT_EQ(err, "");
    return object_of(out);
  }
  void see(const std::string& section, std::vector<std::string> words) { document.see(section, said(std::move(words))); }

  documented::Document document{WARMUPD_SOURCE_DIR "/mta/control/JSON.md"};
  std::string config = put("w.toml", least_config);
};

TEST_F(JsonDocumented, WhatNeedsNoDaemonIsWhatItsTableSays) {
  see("classify", {"--config", config, "classify", "550", "5.1.1 no such user"});
  dns.outcome = LookupResult::found;
  dns.hosts = {{1, "aspmx.l.google.com"}};
  dns.notes = {"MX 9 of example.com is the IP address 192.0.2.1., not a host name: skipped"};
  see("providers", {"--config", config, "providers", "example.com"});
  dns = {};
  dns.outcome = LookupResult::null_mx;
  see("providers", {"--config", config, "providers", "example.org"});
  see("config check", {"config", "check", put("bad.toml", "hostnam = \"x\"\n" + least_config)});
  see("config check", {"config", "check",
                       put("odd.toml", least_config + "[[pool]]\nname = \"default\"\nsources = [\"ip-1\"]\n"
                                                      "[[source]]\nname = \"ip-2\"\naddress = \"192.0.2.2\"\n")});
  see("forecast", {"--config", config, "forecast", "--provider", "google", "--backlog", "500"});
  spool = {2, 300, {{{7}, "body", "it is damaged"}, {{8}, "row", "it is gone"}}, {"a table is gone"}};
  see("spool verify", {"--config", config, "spool", "verify"});
  EXPECT_THAT(document.faults(), IsEmpty());
  auto unseen = document.unseen({"classify", "providers", "config check", "forecast", "spool verify"});
  std::erase(unseen, "forecast: withheld[]");  // of a daemon only
  EXPECT_THAT(unseen, IsEmpty());
}

TEST_F(JsonDocumented, ASimulationIsWhatItsTableSays) {
  const std::string scenario = put("s.toml", R"(start = "2026-01-01"
days = 12
[[arrivals]]
per_day = 3000
to = { google = 0.7, yahoo = 0.3 }
[[receiver]]
provider = "any"
stranger = 50
surge = 2
)");
  see("simulate", {"--config", put("p.toml", least_config + "plan = \"default\"\n"), "simulate", scenario});
  EXPECT_THAT(document.faults(), IsEmpty());
  EXPECT_THAT(document.unseen({"simulate", "counts"}), IsEmpty());
}

TEST_F(JsonDocumented, EveryErrorIsAProblem) {
  const auto problem = [&](std::vector<std::string> words) {
    json::object found = said(std::move(words));
    json::object own;
    for (const char* field : {"exit_code", "problems"}) {
      own[field] = found.at(field);
      found.erase(field);
    }
    document.see("problem", found);
    document.see("problem of warmupctl", own);
    return count_of(own, "exit_code");
  };
  EXPECT_EQ(problem({"status"}), EX_UNAVAILABLE);
  EXPECT_EQ(problem({"stauts"}), EX_USAGE);
  EXPECT_EQ(problem({"why"}), EX_USAGE);
  EXPECT_EQ(problem({"classify", "550", "x", "--config", put("bad.toml", "nonsense = 1\n")}), EX_CONFIG);
  EXPECT_EQ(problem({"simulate", path("nowhere.toml")}), EX_NOINPUT);
  answers.push_back({502, "text/html", "<p>gone</p>"});
  EXPECT_EQ(problem({"status"}), EX_TEMPFAIL);
  answers.push_back({200, "text/html", "<p>gone</p>"});
  EXPECT_EQ(problem({"status"}), EX_TEMPFAIL);
  answers.push_back(
      {404, "application/problem+json", R"({"title":"no such message","status":404,"detail":"it is not in the queue"})"});
  EXPECT_EQ(problem({"why", "0A1B2C3D4E5F6"}), 1);
  EXPECT_THAT(document.faults(), IsEmpty());
  EXPECT_THAT(document.unseen({"problem", "problem of warmupctl"}), IsEmpty());
}

}  // namespace
}  // namespace mta::ctl
