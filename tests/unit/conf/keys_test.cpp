// Every key of conf/example.toml: its default, that its default may be written, and that another value arrives.
#include <fmt/format.h>

#include <functional>

#include "conf/units.h"
#include "tests/unit/conf/workshop.h"

namespace conf {
namespace {

using testing::IsEmpty;

std::string show(bool value) { return value ? "true" : "false"; }
std::string show(double value) { return fmt::format("{}", value); }
std::string show(unsigned value) { return fmt::format("{}", value); }
std::string show(std::uint64_t value) { return fmt::format("{}", value); }
std::string show(Duration value) { return duration_text(value); }
std::string show(const std::string& value) { return value; }
std::string show(const std::vector<std::string>& values) { return fmt::format("{}", fmt::join(values, " ")); }

struct Key {
  std::string table, name;         // "[limits]", "[[source]]"; "" = top of the file
  std::string usual, usual_value;  // as written, as it arrives
  std::string other, other_value;
  std::function<std::string(const Config&)> value;
};

#define OF(expression) [](const Config& c) { return show(expression); }

std::vector<Key> server_keys() {
  return {
      {"", "hostname", "\"\"", "mta1.example.com", "\"out.example.com\"", "out.example.com", OF(c.hostname)},
      {"", "postmaster", "\"\"", "postmaster@mta1.example.com", "\"pm@example.com\"", "pm@example.com", OF(c.postmaster)},
      {"", "spool", "\"/var/spool/warmupd\"", "/var/spool/warmupd", "\"/tmp/spool\"", "/tmp/spool", OF(c.spool)},
      {"", "threads", "0", "0", "4", "4", OF(c.threads)},
      {"", "shutdown_grace", "\"30s\"", "30s", "\"1m\"", "1m", OF(c.shutdown_grace)},
      {"", "min_free", "\"512MiB\"", "536870912", "\"1GiB\"", "1073741824", OF(c.min_free)},
      {"[limits]", "message_size", "\"50MiB\"", "52428800", "\"1MiB\"", "1048576", OF(c.limits.message_size)},
      {"[limits]", "recipients", "1000", "1000", "500", "500", OF(c.limits.recipients)},
      {"[limits]", "connections", "1000", "1000", "5", "5", OF(c.limits.connections)},
      {"[limits]", "memory", "\"256MiB\"", "268435456", "\"64MiB\"", "67108864", OF(c.limits.memory)},
      {"[limits]", "connections_per_client", "100", "100", "5", "5", OF(c.limits.connections_per_client)},
      {"[limits]", "command_timeout", "\"5m\"", "5m", "\"10s\"", "10s", OF(c.limits.command_timeout)},
      {"[limits]", "hops", "100", "100", "30", "30", OF(c.limits.hops)},
      {"[dns]", "servers", "[]", "", "[\"127.0.0.1:5353\", \"::1\", \"192.0.2.53\"]", "127.0.0.1:5353 [::1]:53 192.0.2.53:53",
       OF(c.dns.servers)},
      {"[dns]", "timeout", "\"5s\"", "5s", "\"2s\"", "2s", OF(c.dns.timeout)},
      {"[delivery]", "port", "25", "25", "2525", "2525", OF(static_cast<unsigned>(c.delivery.port))},
      {"[delivery]", "connect_timeout", "\"30s\"", "30s", "\"5s\"", "5s", OF(c.delivery.connect_timeout)},
      {"[delivery]", "allow_loopback", "false", "false", "true", "true", OF(c.delivery.allow_loopback)},
      {"[delivery]", "tls", "\"may\"", "1", "\"verify\"", "3", OF(static_cast<unsigned>(c.delivery.tls))},
      {"[retry]", "first", "\"5m\"", "5m", "\"1m\"", "1m", OF(c.retry.first)},
      {"[retry]", "factor", "2.0", "2", "1.5", "1.5", OF(c.retry.factor)},
      {"[retry]", "longest", "\"4h\"", "4h", "\"1h\"", "1h", OF(c.retry.longest)},
      {"[retry]", "jitter", "0.1", "0.1", "0", "0", OF(c.retry.jitter)},
      {"[retry]", "lifetime", "\"5d\"", "5d", "\"3d\"", "3d", OF(c.retry.lifetime)},
      {"[retry]", "lifetime_bounce", "\"1d\"", "1d", "\"12h\"", "12h", OF(c.retry.lifetime_bounce)},
      {"[retry]", "warn_after", "\"0s\"", "0s", "\"4h\"", "4h", OF(c.retry.warn_after)},
      {"[submission]", "bulk_lint", "\"warn\"", "1", "\"refuse\"", "2", OF(static_cast<unsigned>(c.lacking.bulk_lint))},
      {"[auth]", "users", "\"/etc/warmupd/users\"", "/etc/warmupd/users", "\"/none/users\"", "/none/users", OF(c.users_file)},
      {"[suppression]", "enabled", "true", "true", "false", "false", OF(c.suppression.enabled)},
      {"[bounces]", "forward", "true", "true", "false", "false", OF(c.bounces.forward)},
      {"[control]", "socket", "\"/run/warmupd/control.sock\"", "/run/warmupd/control.sock", "\"/tmp/c\"", "/tmp/c",
       OF(c.control.socket)},
      {"[events]", "keep", "\"7d\"", "7d", "\"1d\"", "1d", OF(c.events.keep)},
      {"[events]", "file", "\"\"", "", "\"/tmp/events\"", "/tmp/events", OF(c.events.file)},
      {"[events]", "webhook_types", "[\"suppressed\", \"complaint\", \"lane\"]", "suppressed complaint lane", "[\"bounced\"]",
       "bounced", OF(c.events.webhook_types)},
      {"[rehearsal]", "deliver_to", "\"\"", "", "\"127.0.0.1:2526\"", "127.0.0.1:2526", OF(c.rehearsal.deliver_to)},
      {"[rehearsal]", "time_scale", "1", "1", "1440", "1440", OF(c.rehearsal.time_scale)},
      {"[doctor]", "at_start", "\"warn\"", "warn", "\"off\"", "off", OF(c.doctor.at_start)},
  };
}

// Keys of tables of which there are several; `value` looks at the one that the test writes first.
std::vector<Key> repeated_keys() {
  const std::string listener = "[[listener]]\naddress = \"127.0.0.1:25\"",
                    source = "[[source]]\nname = \"x\"\naddress = \"198.51.100.1\"";
  const std::string pool = "[[pool]]\nname = \"default\"\nsources = [\"ip-1\"]",
                    provider = "[[provider]]\nname = \"x\"\nmx = [\"*.x.example\"]";
  return {
      {listener, "tls", "\"starttls\"", "1", "\"off\"", "0", OF(static_cast<unsigned>(c.listeners[0].tls))},
      {listener, "auth", "\"optional\"", "1", "\"off\"", "0", OF(static_cast<unsigned>(c.listeners[0].auth))},
      {listener, "relay_from", "[\"127.0.0.0/8\", \"::1/128\"]", "127.0.0.0/8", "[\"192.0.2.7\"]", "192.0.2.7",
       OF(c.listeners[0].relay_from[0].text)},
      {listener, "class", "\"auto\"", "auto", "\"bulk\"", "bulk", OF(c.listeners[0].mail_class)},
      {listener, "submission", "false", "false", "true", "true", OF(c.listeners[0].submission)},
      {"[[source]]\nname = \"x\"", "address", "\"\"", "", "\"198.51.100.1\"", "198.51.100.1", OF(c.sources[0].address)},
      {"[[source]]\nname = \"x\"", "family", "\"ipv4\"", "ipv4", "\"ipv6\"", "ipv6", OF(c.sources[0].family)},
      {source, "public_address", "\"\"", "", "\"203.0.113.5\"", "203.0.113.5", OF(c.sources[0].public_address)},
      {source, "ehlo", "\"\"", "mta1.example.com", "\"[192.0.2.1]\"", "[192.0.2.1]", OF(c.sources[0].ehlo)},
      {source, "plan", "\"\"", "", "\"default\"", "default", OF(c.sources[0].plan)},
      {source, "overall", "\"\"", "", "\"off\"", "off", OF(c.sources[0].overall)},
      {source, "overall_factor", "5", "5", "2.5", "2.5", OF(c.sources[0].overall_factor)},
      {"[[source]]\nname = \"x\"\nsmarthost = \"r.example.net:25\"", "tls", "\"verify\"", "3", "\"off\"", "0",
       OF(static_cast<unsigned>(c.sources[0].tls))},
      {pool, "overflow", "\"\"", "", "", "", OF(c.pools[0].overflow)},
      {"[[route]]", "from_domain", "\"\"", "", "\"a.example\"", "a.example", OF(c.routes[0].from_domain)},
      {"[[route]]", "to_domain", "\"\"", "", "\"*.example\"", "*.example", OF(c.routes[0].to_domain)},
      {"[[route]]", "class", "\"\"", "", "\"bulk\"", "bulk", OF(c.routes[0].mail_class)},
      {"[[route]]", "user", "\"\"", "", "\"ann\"", "ann", OF(c.routes[0].user)},
      {"[[route]]", "pool", "\"default\"", "default", "", "", OF(c.routes[0].pool)},
      {"[[route]]", "keep_sender", "false", "false", "true", "true", OF(c.routes[0].keep_sender)},
      {provider, "domains", "[]", "", "[\"X.example\"]", "x.example", OF(c.providers[0].domains)},
      {provider, "connections", "20", "20", "3", "3", OF(c.providers[0].connections)},
      {provider, "messages_per_connection", "100", "100", "7", "7", OF(c.providers[0].messages_per_connection)},
      {provider, "recipients_per_message", "100", "100", "8", "8", OF(c.providers[0].recipients_per_message)},
      {provider, "rate", "\"\"", "0", "\"90/min\"", "1.5", OF(c.providers[0].rate)},
      {provider, "cool", "\"5m\"", "5m", "\"10m\"", "10m", OF(c.providers[0].recovery.cool)},
      {provider, "cool_factor", "2.0", "2", "1", "1", OF(c.providers[0].recovery.cool_factor)},
      {provider, "cool_longest", "\"4h\"", "4h", "\"1d\"", "1d", OF(c.providers[0].recovery.cool_longest)},
      {provider, "reopen", "\"double\"", "0", "\"one\"", "1", OF(static_cast<unsigned>(c.providers[0].recovery.reopen))},
  };
}

std::vector<Key> class_keys() {
  const std::string first = "[[class]]\nname = \"transactional\"", second = "[[class]]\nname = \"bulk\"";
  return {
      {first, "reserve", "0.3", "0.3", "0.5", "0.5", OF(c.classes[0].reserve)},
      {first, "weight", "3", "3", "7", "7", OF(c.classes[0].weight)},
      {first, "pace", "false", "false", "true", "true", OF(c.classes[0].pace)},
      {first, "prefer", "\"warm\"", "0", "\"warming\"", "1", OF(static_cast<unsigned>(c.classes[0].prefer))},
      {first, "max_wait", "\"1d\"", "1d", "\"2d\"", "2d", OF(c.classes[0].max_wait)},
      {first, "on_max_wait", "\"wait\"", "0", "\"bounce\"", "2", OF(static_cast<unsigned>(c.classes[0].on_max_wait))},
      {first, "when_full", "\"accept\"", "0", "\"tempfail\"", "1", OF(static_cast<unsigned>(c.classes[0].when_full))},
      {second, "reserve", "0.0", "0", "0.2", "0.2", OF(c.classes[1].reserve)},
      {second, "weight", "1", "1", "2", "2", OF(c.classes[1].weight)},
      {second, "pace", "true", "true", "false", "false", OF(c.classes[1].pace)},
      {second, "prefer", "\"warming\"", "1", "\"warm\"", "0", OF(static_cast<unsigned>(c.classes[1].prefer))},
      {second, "max_wait", "\"30d\"", "30d", "\"2d\"", "2d", OF(c.classes[1].max_wait)},
  };
}

std::vector<Key> plan_keys() {
  const std::string plan = "[[plan]]\nname = \"default\"";
  return {
      {plan, "start", "100", "100", "50", "50", OF(c.plans[0].start)},
      {plan, "growth", "1.2", "1.2", "2", "2", OF(c.plans[0].growth)},
      {plan, "growth_max", "1.2", "1.2", "1.4", "1.4", OF(c.plans[0].most_growth())},
      {plan, "growth_min", "1.1", "1.1", "1.05", "1.05", OF(c.plans[0].growth_min)},
      {plan, "target", "50000", "50000", "1000", "1000", OF(c.plans[0].target)},
      {plan, "table", "[]", "0", "[10, 20, 20]", "3", OF(static_cast<std::uint64_t>(c.plans[0].table.size()))},
      {plan, "preset", "\"\"", "", "\"ses\"", "ses", OF(c.plans[0].preset)},
      {plan, "advance", "\"sending-days\"", "0", "\"calendar\"", "1", OF(static_cast<unsigned>(c.plans[0].advance))},
      {plan, "use", "0.5", "0.5", "0.8", "0.8", OF(c.plans[0].use)},
      {plan, "pace", "\"even\"", "0", "\"none\"", "1", OF(static_cast<unsigned>(c.plans[0].pace))},
      {plan, "hourly", "0.25", "0.25", "1", "1", OF(c.plans[0].hourly)},
      {plan, "hourly_reserved", "0.5", "0.5", "0.75", "0.75", OF(c.plans[0].hourly_reserved)},
      {plan, "max", "0", "0", "60000", "60000", OF(c.plans[0].max)},
      {plan, "timezone", "\"UTC\"", "UTC", "\"Asia/Tokyo\"", "Asia/Tokyo", OF(c.plans[0].timezone)},
      {plan, "day_start", "\"00:00\"", "0s", "\"05:30\"", "330m", OF(Duration(c.plans[0].day_start))},
      {plan, "hold_deferrals", "0.05", "0.05", "0.1", "0.1", OF(c.plans[0].health.hold_deferrals)},
      {plan, "hold_bounces", "0.03", "0.03", "0.02", "0.02", OF(c.plans[0].health.hold_bounces)},
      {plan, "hold_rejects", "0.05", "0.05", "0.1", "0.1", OF(c.plans[0].health.hold_rejects)},
      {plan, "hold_complaints", "0.001", "0.001", "0.002", "0.002", OF(c.plans[0].health.hold_complaints)},
      {plan, "step_back_deferrals", "0.20", "0.2", "0.3", "0.3", OF(c.plans[0].health.step_back_deferrals)},
      {plan, "step_back_bounces", "0.10", "0.1", "0.2", "0.2", OF(c.plans[0].health.step_back_bounces)},
      {plan, "step_back_complaints", "0.003", "0.003", "0.004", "0.004", OF(c.plans[0].health.step_back_complaints)},
      {plan, "step_back", "2", "2", "1", "1", OF(c.plans[0].step_back)},
      {plan, "idle_grace", "\"8d\"", "8d", "\"9d\"", "9d", OF(c.plans[0].idle_grace)},
      {plan, "idle_step", "\"2d\"", "2d", "\"3d\"", "3d", OF(c.plans[0].idle_step)},
      {plan, "cold_after", "\"30d\"", "30d", "\"40d\"", "40d", OF(c.plans[0].cold_after)},
      {plan, "surge", "2.0", "2", "0", "0", OF(c.plans[0].surge)},
      {plan, "enforce", "true", "true", "false", "false", OF(c.plans[0].enforce)},
  };
}

#undef OF

class EveryKey : public Workshop {
 protected:
  void play(const std::vector<Key>& keys) const {
    for (const Key& key : keys) {
      SCOPED_TRACE(key.table + " " + key.name);
      arrives(key, "", key.usual_value);
      arrives(key, key.usual, key.usual_value);
      if (!key.other.empty()) arrives(key, key.other, key.other_value);
    }
  }

 private:
  static void arrives_in(const Key& key, const Loaded& loaded, const std::string& value) {
    EXPECT_EQ(key.value(loaded.config), value);
  }
  void arrives(const Key& key, const std::string& written, const std::string& value) const {
    std::string text = key.table.empty() ? "" : key.table + "\n";
    if (!written.empty()) text += key.name + " = " + written + "\n";
    ASSERT_THAT(problems(text + least), IsEmpty());
    arrives_in(key, load(text + least), value);
  }
};

TEST_F(EveryKey, OfTheServerHasItsDefaultAndItsEffect) { play(server_keys()); }
TEST_F(EveryKey, OfRepeatedTablesHasItsDefaultAndItsEffect) { play(repeated_keys()); }
TEST_F(EveryKey, OfClassesHasItsDefaultAndItsEffect) { play(class_keys()); }
TEST_F(EveryKey, OfPlansHasItsDefaultAndItsEffect) { play(plan_keys()); }

TEST_F(EveryKey, ThatNamesASecretReadsIt) {
  const auto file = put("secret", "x\n");
  const auto text = "[bounces]\nsecret_file = \"" + file + "\"\n[control]\ntoken_file = \"" + file +
                    "\"\n[events]\nwebhook_secret_file = \"" + file + "\"\n";
  EXPECT_THAT(problems(text + least), IsEmpty());
  EXPECT_THAT(problems("[control]\ntoken_file = \"/none\"\n" + least),
              testing::ElementsAre("warmupd.toml:2: control.token_file: cannot read /none: No such file or directory"));
}

TEST_F(EveryKey, OfProvidersNamesTheShippedTablesUnlessGiven) {
  const auto config = load(least).config;
  EXPECT_THAT(config.providers_file, testing::EndsWith("/providers.toml"));
  EXPECT_THAT(config.responses_file, testing::EndsWith("/responses.toml"));
  const auto copy = put("own.toml", "[[provider]]\nname = \"google\"\nmx = [\"*.google.com\"]\n");
  EXPECT_EQ(load("[providers]\nfile = \"" + copy + "\"\n" + least).config.providers_file, copy);
}

TEST_F(EveryKey, OfAnOwnClassBeginsWithTheValuesOfBulk) {
  const auto config = load("[[class]]\nname = \"news\"\nweight = 2\n" + least).config;
  ASSERT_EQ(config.classes.size(), 3U);
  EXPECT_EQ(config.mail_class("news")->weight, 2U);
  EXPECT_EQ(config.mail_class("news")->max_wait, config.mail_class("bulk")->max_wait);
}

}  // namespace
}  // namespace conf
