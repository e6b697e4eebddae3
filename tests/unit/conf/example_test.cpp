// conf/example.toml loads, shows every key with its true default, and survives being broken.
#include <array>
#include <fstream>
#include <random>
#include <regex>
#include <set>
#include <sstream>

#include "conf/document.h"
#include "conf/nearest.h"
#include "tests/unit/conf/workshop.h"

namespace conf {
namespace {

using testing::IsEmpty;

std::vector<std::string> example_lines() {
  std::ifstream file(WARMUPD_SOURCE_DIR "/conf/example.toml");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

// "#key = value" and "#[table]" become what they show; "# prose" stays.
std::vector<std::string> taken_seriously(std::vector<std::string> lines) {
  for (std::string& line : lines) {
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ') line.erase(0, 1);
  }
  return lines;
}

class Example : public Workshop {
 protected:
  // Everything it shows, with files that exist.
  std::string whole() {
    std::string text = joined(taken_seriously(example_lines()));
    const auto put_in = [&](const std::string& from, const std::string& to) {
      const auto place = text.find(from);
      ASSERT_NE(place, std::string::npos) << from;
      text.replace(place, from.size(), to);
    };
    put_in("/etc/warmupd/dkim/example.com.s2026.pem", put("key.pem", ed25519_key()));
    put_in("/etc/warmupd/old-relay.pass", put("pass", "secret\n"));
    put_in("/etc/warmupd/users", path("users"));
    put_in("/usr/share/warmupd/providers.toml", WARMUPD_SOURCE_DIR "/conf/providers.toml");
    put_in("/usr/share/warmupd/responses.toml", WARMUPD_SOURCE_DIR "/conf/responses.toml");
    return text;
  }
};

TEST_F(Example, LoadsAsItIs) {
  EXPECT_THAT(problems(joined(example_lines())), IsEmpty());
  EXPECT_THAT(warnings(joined(example_lines())), IsEmpty());
}

TEST_F(Example, LoadsWithEverythingItShows) { EXPECT_THAT(problems(whole()), IsEmpty()); }

TEST_F(Example, ShowsTheTrueDefaults) {
  const Config plain = load(joined(example_lines())).config, shown = load(whole()).config;
  EXPECT_EQ(plain.postmaster, shown.postmaster);
  EXPECT_EQ(plain.limits.memory, shown.limits.memory);
  EXPECT_EQ(plain.listeners[0].relay_from.size(), shown.listeners[0].relay_from.size());
  EXPECT_EQ(plain.retry.lifetime, shown.retry.lifetime);
  EXPECT_EQ(plain.classes[0].max_wait, shown.classes[0].max_wait);
  EXPECT_EQ(plain.plans[0].target, shown.plans[0].target);
  EXPECT_EQ(plain.pools[0].sources, shown.pools[0].sources);
  EXPECT_EQ(plain.events.webhook_types, shown.events.webhook_types);
  EXPECT_TRUE(not_reloadable(plain, shown).empty());
}

constexpr std::array keys_of_growth = {"growth", "growth_max", "growth_min"};  // of [[plan]]
constexpr std::array newer_keys = {"cool", "cool_factor", "cool_longest", "reopen", "bulk_lint"};

// Every key that the loader knows is in the example: a misspelt key in each of its tables names only keys that the example shows.
TEST_F(Example, ShowsEveryKey) {
  std::set<std::string> shown;
  const std::regex key("^#?([a-z_]+) = .*");
  for (const auto& line : example_lines()) {
    std::smatch match;
    if (std::regex_match(line, match, key)) shown.insert(match[1]);
  }
  for (const char* name : {"hostname",
                           "postmaster",
                           "spool",
                           "threads",
                           "shutdown_grace",
                           "min_free",
                           "message_size",
                           "recipients",
                           "connections",
                           "memory",
                           "connections_per_client",
                           "command_timeout",
                           "data_rate",
                           "hops",
                           "line_length",
                           "address",
                           "tls",
                           "auth",
                           "relay_from",
                           "class",
                           "submission",
                           "certificate",
                           "private_key",
                           "users",
                           "servers",
                           "timeout",
                           "trust_ad",
                           "port",
                           "connect_timeout",
                           "allow_loopback",
                           "private_networks",
                           "first",
                           "factor",
                           "longest",
                           "jitter",
                           "lifetime",
                           "lifetime_bounce",
                           "warn_after",
                           "domain",
                           "selector",
                           "file",
                           "subdomains",
                           "unsigned",
                           "name",
                           "family",
                           "public_address",
                           "was",
                           "ehlo",
                           "plan",
                           "overall",
                           "overall_factor",
                           "smarthost",
                           "username",
                           "password_file",
                           "sources",
                           "overflow",
                           "from_domain",
                           "to_domain",
                           "user",
                           "pool",
                           "keep_sender",
                           "reserve",
                           "weight",
                           "pace",
                           "prefer",
                           "max_wait",
                           "on_max_wait",
                           "when_full",
                           "start",
                           "target",
                           "table",
                           "preset",
                           "advance",
                           "use",
                           "hourly",
                           "hourly_reserved",
                           "max",
                           "timezone",
                           "day_start",
                           "hold_deferrals",
                           "hold_bounces",
                           "hold_rejects",
                           "hold_complaints",
                           "step_back_deferrals",
                           "step_back_bounces",
                           "step_back_complaints",
                           "step_back",
                           "idle_grace",
                           "idle_step",
                           "cold_after",
                           "surge",
                           "enforce",
                           "responses",
                           "mx",
                           "domains",
                           "messages_per_connection",
                           "recipients_per_message",
                           "rate",
                           "enabled",
                           "never",
                           "at_rcpt",
                           "after",
                           "expire",
                           "secret_file",
                           "forward",
                           "level",
                           "maillog",
                           "exempt",
                           "socket",
                           "listen",
                           "token_file",
                           "keep",
                           "webhook",
                           "webhook_types",
                           "webhook_secret_file",
                           "at_start",
                           "dnsbl",
                           "deliver_to",
                           "time_scale"})
    EXPECT_TRUE(shown.erase(name) == 1) << name << " is not shown";
  for (const char* name : keys_of_growth) EXPECT_TRUE(shown.erase(name) == 1) << name << " is not shown";
  for (const char* name : newer_keys) EXPECT_TRUE(shown.erase(name) == 1) << name << " is not shown";
  EXPECT_THAT(shown, IsEmpty());
}

class BrokenExample : public Example {
 protected:
  using Lines = std::vector<std::string>;

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(dice_); }

  void break_something(Lines& lines) {
    std::string& line = lines[below(lines.size())];
    const std::string octets = "\"'[]{}=#.,-0123456789aeiou_ \n\t\x01\xc3\xff";
    switch (below(7)) {
      case 0: lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size()))); break;
      case 1: lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size())), lines[below(lines.size())]); break;
      case 2: std::swap(line, lines[below(lines.size())]); break;
      case 3: line.insert(below(line.size() + 1), 1, octets[below(octets.size())]); break;
      case 4:
        if (!line.empty()) line.erase(below(line.size()), 1);
        break;
      case 5:
        if (!line.empty()) line[below(line.size())] = octets[below(octets.size())];
        break;
      default: replace_value(line); break;
    }
  }

  void replace_value(std::string& line) {  // what stands right of the '='
    const auto equals = line.find(" = ");
    if (equals != std::string::npos) line = line.substr(0, equals + 3) + values_[below(values_.size())];
  }

  std::mt19937 dice_{20261121};
  const Lines values_{"\"\"",     "0",       "-1",        "9223372036854775807", "1e308",       "nan",        "inf",
                      "true",     "[]",      "[[]]",      "[1, \"x\"]",          "{}",          "{ a = 1 }",  "2026-11-21",
                      "12:00:00", "\"90s\"", "\"50MiB\"", "\"\\u0000\"",         "\"default\"", "'''x\ny'''", "\"..\"",
                      "\"*.\"",   "\"@\"",   "\":0\""};
};

TEST_F(BrokenExample, LoadsOrSaysWhereItIsWrong) {
  const Lines whole_lines = [&] {
    std::istringstream text(whole());
    Lines lines;
    for (std::string line; std::getline(text, line);) {
      if (line.empty() || line[0] != '#') lines.push_back(line);
    }
    return lines;
  }();
  // The shipped tables are not what is broken here; small ones keep the test quick.
  const auto providers = put("p.toml", "[[provider]]\nname = \"outlook\"\nmx = [\"*.olc.protection.outlook.com\"]\n");
  const auto responses =
      put("r.toml", "[[rule]]\nverdict = \"temporary\"\ncodes = [\"421\"]\nexamples = [{ code = 421, text = \"later\" }]\n");
  std::size_t refused = 0;
  for (int round = 0; round < 1500; ++round) {
    Lines lines = whole_lines;
    for (std::string& line : lines) {
      if (line.ends_with("/providers.toml\"")) line = "file = \"" + providers + "\"";
      if (line.ends_with("/responses.toml\"")) line = "responses = \"" + responses + "\"";
    }
    for (std::size_t breaks = 1 + below(4); breaks > 0; --breaks) break_something(lines);
    const std::string text = joined(lines);
    SCOPED_TRACE(text);
    try {
      load_text(text, "warmupd.toml", "mta1.example.com");
    } catch (const ConfigError& error) {
      ++refused;
      ASSERT_FALSE(error.problems.empty());
      for (const Problem& problem : error.problems) ASSERT_GE(problem.where.line, 1U) << problem.line();
    }
  }
  EXPECT_GT(refused, 500U);
}

TEST(Nearest, CountsEdits) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("hostnmae", "hostname"), 1U);
  EXPECT_EQ(edit_distance("pace", "pace"), 0U);
  EXPECT_EQ(nearest("reciepients", {"hops", "recipients", "connections"}), "recipients");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_FALSE(is_near("x", "weight"));
  EXPECT_TRUE(is_near("GOOGLE", "google"));
}

TEST(Nearest, WordsThatPeopleTypeInsteadLeadToTheName) {
  EXPECT_EQ(guess("gmail", {"gmx_webde", "google"}, {{"gmail", "google"}}).name, "google");
  EXPECT_EQ(hint("gmail", {"gmx_webde", "google"}, {{"gmail", "google"}}), ", did you mean \"google\"?");
  EXPECT_EQ(hint("nothing", {"a", "b"}), ", only \"a\" or \"b\"");
  EXPECT_EQ(hint("zzz", {}), "");
}

}  // namespace
}  // namespace conf
