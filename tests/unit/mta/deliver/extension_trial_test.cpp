#include "mta/deliver/extension_trial.h"

#include <gtest/gtest.h>

namespace mta::testing {
namespace {

const FailedExtensions::Time now{};

smtp::LeftOut chunking() {
  smtp::LeftOut made;
  made.chunking = true;
  return made;
}

TEST(ExtensionTrial, WhatIsLeftOutStaysSoForTheConversation) {
  const auto shared = std::make_shared<FailedExtensions>();
  ExtensionTrial trial(shared);
  trial.begin("mx1", chunking(), 2);
  trial.heard("mx1", 2, now);
  EXPECT_TRUE(trial.of("mx1", now).chunking);
  EXPECT_FALSE(trial.of("mx2", now).chunking);
}

TEST(ExtensionTrial, OnlyWhatHelpedIsNotedForAll) {
  const auto shared = std::make_shared<FailedExtensions>();
  ExtensionTrial trial(shared);
  trial.begin("mx1", chunking(), 2);
  trial.heard("mx1", 2, now);
  EXPECT_FALSE(shared->of("mx1", now).chunking);
  trial.heard("mx2", 4, now);
  EXPECT_EQ(shared->size(), 0U);
  trial.heard("mx1", 3, now);
  EXPECT_TRUE(shared->of("mx1", now).chunking);
}

TEST(ExtensionTrial, KnowsWhatOthersFoundOut) {
  const auto shared = std::make_shared<FailedExtensions>();
  shared->add("mx1", chunking(), now);
  EXPECT_TRUE(ExtensionTrial(shared).of("mx1", now).chunking);
}

}  // namespace
}  // namespace mta::testing
