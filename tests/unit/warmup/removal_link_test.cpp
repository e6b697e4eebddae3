// The page where a removal is asked for, out of a refusal's words.
#include "warmup/removal_link.h"

#include <gtest/gtest.h>

namespace warmup {
namespace {

TEST(RemovalLink, IsThePageThatTakesRemovalsElseTheFirst) {
  EXPECT_EQ(removal_link("see https://a.example/help, then https://b.example/Delist?ip=192.0.2.1."),
            "https://b.example/Delist?ip=192.0.2.1");
  EXPECT_EQ(removal_link("please visit https://sender.office.com/ and follow (http://go.example/x)"),
            "https://sender.office.com/");
  EXPECT_EQ(removal_link("<http://bl.example/remove.php?ip=192.0.2.1>"), "http://bl.example/remove.php?ip=192.0.2.1");
  EXPECT_EQ(removal_link("(see http://bl.example/unblock)."), "http://bl.example/unblock");
}

TEST(RemovalLink, IsNothingWithoutAPage) {
  EXPECT_EQ(removal_link(""), "");
  EXPECT_EQ(removal_link("ask the postmaster; http is not a page, https:/ neither"), "");
  EXPECT_EQ(removal_link("write to removal@example.org"), "");
}

TEST(RemovalLink, IsBoundedAndPrintable) {
  EXPECT_EQ(removal_link("https://a.example/\x1b[31mred"), "https://a.example/");
  EXPECT_LE(removal_link("https://a.example/" + std::string(5000, 'x')).size(), 500U);
}

}  // namespace
}  // namespace warmup
