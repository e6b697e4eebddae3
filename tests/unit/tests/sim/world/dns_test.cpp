#include "tests/sim/world/dns.h"

#include <gtest/gtest.h>

#include "tests/sim/world/world.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

struct Zone {
  SimWorld world{1};
  SimResolver& dns = world.resolver;
  DnsAnswer ask(const std::string& name, RecordType type) { return world.loop.run(dns.ask(name, type)); }
};

TEST(SimResolver, AnswersWhatTheZoneSaysWhateverTheCase) {
  Zone z;
  z.dns.mx("Gmail.test", 10, "MX1.gmail.test.");
  z.dns.mx("gmail.test", 20, "mx2.gmail.test");
  const DnsAnswer answer = z.ask("GMAIL.test.", RecordType::mx);
  ASSERT_EQ(answer.records.size(), 2U);
  EXPECT_EQ(answer.records[0].value, "mx1.gmail.test");
  EXPECT_EQ(answer.records[1].preference, 20);
  EXPECT_EQ(z.world.loop.now(), z.dns.latency);
}

TEST(SimResolver, KeepsNoSuchNameNoSuchRecordAndNobodyKnowsApart) {
  Zone z;
  z.dns.address("a.test", "192.0.2.1");
  z.dns.fails("bad.test");
  EXPECT_EQ(z.ask("nowhere.test", RecordType::a).rcode, Rcode::nxdomain);
  const DnsAnswer no_data = z.ask("a.test", RecordType::mx);
  EXPECT_EQ(no_data.rcode, Rcode::ok);
  EXPECT_TRUE(no_data.records.empty());
  EXPECT_EQ(z.ask("bad.test", RecordType::mx).rcode, Rcode::failed);
  z.dns.fails("bad.test", false);
  EXPECT_EQ(z.ask("bad.test", RecordType::mx).rcode, Rcode::nxdomain);
}

TEST(SimResolver, FollowsAliasesAndNotForEver) {
  Zone z;
  z.dns.cname("www.test", "host.test");
  z.dns.address("host.test", "2001:db8::1");
  EXPECT_EQ(z.ask("www.test", RecordType::aaaa).records.at(0).value, "2001:db8::1");
  z.dns.cname("ring.test", "ring.test");
  EXPECT_EQ(z.ask("ring.test", RecordType::a).rcode, Rcode::failed);
}

TEST(SimResolver, ZonesChangeOverTime) {
  Zone z;
  z.dns.mx("a.test", 10, "old.test");
  z.dns.forget("a.test", RecordType::mx);
  z.dns.mx("a.test", 10, "new.test");
  EXPECT_EQ(z.ask("a.test", RecordType::mx).records.at(0).value, "new.test");
  z.dns.forget("a.test");
  EXPECT_EQ(z.ask("a.test", RecordType::mx).rcode, Rcode::nxdomain);
  EXPECT_EQ(z.dns.questions("a.test"), 2U);
}

TEST(SimResolver, ANullMxIsTheRoot) {
  Zone z;
  z.dns.mx("nomail.test", 0, ".");
  EXPECT_EQ(z.ask("nomail.test", RecordType::mx).records.at(0).value, "");
}

TEST(SimResolver, AServerThatHangsFailsAfterFiveSeconds) {
  Zone z;
  z.dns.hangs(true);
  EXPECT_EQ(z.ask("a.test", RecordType::a).rcode, Rcode::failed);
  EXPECT_EQ(z.world.loop.now(), 5s);
}

TEST(SimResolver, TheQuestionThatWasNamedFailsOnce) {
  Zone z;
  z.dns.address("a.test", "192.0.2.1");
  z.dns.fail_question(2);
  EXPECT_EQ(z.ask("a.test", RecordType::a).rcode, Rcode::ok);
  EXPECT_EQ(z.ask("a.test", RecordType::a).rcode, Rcode::failed);
  EXPECT_EQ(z.ask("a.test", RecordType::a).rcode, Rcode::ok);
}

}  // namespace
}  // namespace mta::sim
