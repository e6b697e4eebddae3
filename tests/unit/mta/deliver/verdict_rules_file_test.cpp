// providers.toml and responses.toml as files: what is wrong is said with its line, all of it at once.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "conf/load.h"

namespace conf {
namespace {

class RuleFile : public testing::Test {
 protected:
  ~RuleFile() override { std::filesystem::remove(path_); }
  std::string written(const std::string& toml) const {
    std::ofstream(path_) << toml;
    return path_;
  }
  template <typename Load>
  static std::string faults(Load load, const std::string& path) {
    try {
      load(path);
    } catch (const ConfigError& error) {
      std::string text;
      for (const Problem& problem : error.problems) text += std::to_string(problem.where.line) + ": " + problem.text + "\n";
      return text;
    }
    return "";
  }

 private:
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("warmupd-rules-" + std::to_string(::getpid()) + ".toml")).string();
};

TEST_F(RuleFile, ARuleIsReadWithItsLineConditionsAndExamples) {
  const auto rules =
      load_responses(written("# first line\n[[rule]]\nverdict = \"greylisted\"\ncodes = [\"4xx\"]\ntext = ['a b']\n"
                             "examples = [{ code = 451, text = \"a b\" }]\n"));
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].where.line, 2U);
  EXPECT_EQ(rules[0].text, std::vector<std::string>{"a b"});
  ASSERT_EQ(rules[0].examples.size(), 1U);
  EXPECT_EQ(rules[0].examples[0].code, 451);
  EXPECT_EQ(rules[0].examples[0].provider, "");
}

TEST_F(RuleFile, AllFaultsOfAResponsesFileAreToldWithTheirLines) {
  const std::string said =
      faults(load_responses, written("[[rule]]\nverdict = \"policy\"\nprovders = [\"google\"]\ncodes = [\"6xx\"]\n"
                                     "enhanced = [\"5.7\"]\nstages = [\"helo\"]\n[[rule]]\nexamples = []\n[[rules]]\n"));
  EXPECT_NE(said.find("3: unknown key \"provders\" in [rule], did you mean \"providers\"?"), std::string::npos) << said;
  EXPECT_NE(said.find("4: rule.codes: expected a reply code"), std::string::npos) << said;
  EXPECT_NE(said.find("5: rule.enhanced: expected an enhanced code"), std::string::npos) << said;
  EXPECT_NE(said.find("6: rule.stages: expected one of"), std::string::npos) << said;
  EXPECT_NE(said.find("7: rule.verdict is missing"), std::string::npos) << said;
  EXPECT_NE(said.find("a rule without a condition catches every reply"), std::string::npos) << said;
  EXPECT_NE(said.find("a rule needs at least one example"), std::string::npos) << said;
  EXPECT_NE(said.find("9: unknown key \"rules\""), std::string::npos) << said;
}

TEST_F(RuleFile, AllFaultsOfAProvidersFileAreToldWithTheirLines) {
  const std::string said =
      faults(load_providers,
             written("[[provider]]\nname = \"a\"\nmx = [\"*.*.example\"]\nrate = \"fast\"\n"
                     "[[provider]]\nname = \"b\"\n[[provider]]\nname = \"a\"\nmx = [\"*.example.org\"]\nconnections = 0\n"));
  EXPECT_NE(said.find("3: provider.mx: expected a domain like"), std::string::npos) << said;
  EXPECT_NE(said.find("4: provider.rate: expected a rate"), std::string::npos) << said;
  EXPECT_NE(said.find("6: provider.name: a provider needs mx"), std::string::npos) << said;
  EXPECT_NE(said.find("7: provider.name: \"a\" is given twice"), std::string::npos) << said;
  EXPECT_NE(said.find("10: provider.connections: expected a whole number"), std::string::npos) << said;
}

TEST_F(RuleFile, AFileThatIsNotThereIsSaidSo) {
  EXPECT_NE(faults(load_responses, "/nonexistent/responses.toml").find("cannot be read"), std::string::npos);
}

}  // namespace
}  // namespace conf
