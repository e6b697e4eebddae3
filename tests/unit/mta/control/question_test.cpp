// What a request asks, or the reply that says what is wrong with it; each is a value.
#include "mta/control/question.h"

#include <gmock/gmock.h>

namespace mta {
namespace {

using testing::HasSubstr;

HttpRequest asked(const std::string& value) { return {"GET", "/api/v1/forecast", {{"days", value}}, ""}; }

TEST(Question, ANumberIsReadWhole) {
  EXPECT_EQ(**number(asked("0"), "days"), 0U);
  EXPECT_EQ(**number(asked("60"), "days"), 60U);
  EXPECT_EQ(**number(asked("1000000000000"), "days"), 1'000'000'000'000U);
}

TEST(Question, ANumberThatIsNotGivenIsEmptyAndNoProblem) {
  const auto none = number({}, "days");
  ASSERT_TRUE(none.has_value());
  EXPECT_FALSE(none->has_value());
}

TEST(Question, WhatIsNoNumberIsAReplyThatNamesTheParameterAndWhatWasFound) {
  for (const std::string wrong : {"x", "-1", "+1", "1.5", "60d", " 60", "1000000000001", "99999999999999999999"}) {
    const auto days = number(asked(wrong), "days");
    ASSERT_TRUE(days.has_error()) << wrong;
    EXPECT_EQ(days.error().status, 400U);
    EXPECT_EQ(days.error().content_type, "application/problem+json");
    EXPECT_THAT(days.error().body, HasSubstr("\"title\":\"bad days\""));
    EXPECT_THAT(days.error().body, HasSubstr("days: expected a whole number, found " + wrong + "\""));
  }
}

TEST(Question, AParameterThatIsNotKnownOrHasNoValueOrIsMissingIsAReply) {
  EXPECT_FALSE(unknown_parameter(asked("60"), {"days"}));
  EXPECT_THAT(unknown_parameter(asked("60"), {"day"})->body, HasSubstr("expected one of day, found \\\"days\\\""));
  EXPECT_THAT(unknown_parameter(asked(""), {"days"})->body, HasSubstr("leave days out if it is not meant"));
  EXPECT_FALSE(missing_parameter(asked("60"), {"days"}));
  EXPECT_THAT(missing_parameter(asked("60"), {"days", "source"})->body, HasSubstr("source: expected a value"));
}

}  // namespace
}  // namespace mta
