// By which pool mail goes: the first route whose conditions fit.
#include "conf/routes.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

Route route(const std::string& pool) {
  Route made;
  made.pool = pool;
  return made;
}

struct Table {
  Config config;
  Route& add(const std::string& pool) { return config.routes.emplace_back(route(pool)); }
};

TEST(PoolFor, WithoutOneThatFitsMailGoesByDefault) {
  Table of;
  EXPECT_EQ(pool_for(of.config, {}), "default");
  of.add("a").user = "shop";
  EXPECT_EQ(pool_for(of.config, {.user = "blog"}), "default");
  EXPECT_EQ(pool_for(of.config, {.user = "shop"}), "a");
}

TEST(PoolFor, EachConditionThatIsWrittenMustFitAndTheFirstRouteWins) {
  Table of;
  auto& both = of.add("both");
  both.to_domain = "example.org";
  both.mail_class = "bulk";
  of.add("domain").to_domain = "example.org";
  of.add("class").mail_class = "bulk";
  EXPECT_EQ(pool_for(of.config, {.to_domain = "example.org", .mail_class = "bulk"}), "both");
  EXPECT_EQ(pool_for(of.config, {.to_domain = "example.org", .mail_class = "transactional"}), "domain");
  EXPECT_EQ(pool_for(of.config, {.to_domain = "example.net", .mail_class = "bulk"}), "class");
  EXPECT_EQ(pool_for(of.config, {.to_domain = "example.net", .mail_class = "transactional"}), "default");
}

TEST(PoolFor, AStarStandsForTheNamesBelowADomainNotForItself) {
  Table of;
  of.add("below").to_domain = "*.example.org";
  EXPECT_EQ(pool_for(of.config, {.to_domain = "mail.example.org"}), "below");
  EXPECT_EQ(pool_for(of.config, {.to_domain = "a.b.example.org"}), "below");
  EXPECT_EQ(pool_for(of.config, {.to_domain = "example.org"}), "default");
  EXPECT_EQ(pool_for(of.config, {.to_domain = ".example.org"}), "default");
  EXPECT_EQ(pool_for(of.config, {.to_domain = "badexample.org"}), "default");
}

TEST(PoolFor, OnlyTheFirstThatWouldFitSaysWhetherTheFromDomainIsNeeded) {
  Table of;
  of.add("a").from_domain = "shop.test";
  of.add("b");
  EXPECT_TRUE(hangs_on_from(of.config, {}));
  EXPECT_EQ(pool_for(of.config, {.from_domain = "shop.test"}), "a");
  EXPECT_EQ(pool_for(of.config, {.from_domain = "blog.test"}), "b");
  of.config.routes.front().user = "shop";
  EXPECT_FALSE(hangs_on_from(of.config, {.user = "blog"}));
}

}  // namespace
}  // namespace conf
