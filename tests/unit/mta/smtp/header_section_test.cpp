// Where a field ends and where the body begins, of headers that RFC 5322 allows and of those that it does not.
#include "mta/smtp/header_section.h"

#include <gmock/gmock.h>

#include <utility>

namespace mta::smtp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto shown = HeaderReading::shown;
constexpr auto as_signed = HeaderReading::as_signed;
constexpr HeaderReading both[] = {shown, as_signed};

HeaderSection read(const std::string& octets, HeaderReading reading = shown) {
  HeaderSection section(reading);
  section.add(octets);
  section.finish();
  return section;
}

// The fields as a signature takes them.
std::vector<std::string> split(const std::string& octets, HeaderReading reading) {
  const HeaderSection section = read(octets, reading);
  std::vector<std::string> fields;
  for (const auto& field : section.fields()) fields.emplace_back(field.to_sign());
  return fields;
}

std::string body_of(const std::string& octets, HeaderReading reading) { return std::string(read(octets, reading).rest()); }

TEST(HeaderSection, AFieldHasANameAValueAndItsWholeText) {
  for (const auto reading : both) {
    const HeaderSection section = read("From: a@example.com\r\nSubject : folded\r\n\tonce\r\n\r\nbody\r\n", reading);
    const auto fields = section.fields();
    ASSERT_EQ(fields.size(), 2U);
    EXPECT_EQ(fields[0].value, " a@example.com");
    EXPECT_EQ(fields[1].name, "Subject");
    EXPECT_EQ(fields[1].value, " folded\r\n\tonce");
    EXPECT_EQ(fields[1].text, "Subject : folded\r\n\tonce\r\n");
    EXPECT_TRUE(fields[1].is("SUBJECT"));
    EXPECT_FALSE(fields[1].is("Subject2"));
    EXPECT_TRUE(section.has_separator());
    EXPECT_EQ(section.rest(), "body\r\n");
  }
}

TEST(HeaderSection, AFoldedLineOfBlanksAloneBelongsToItsFieldAndIsNoEmptyLine) {
  for (const auto reading : both) EXPECT_THAT(split("A: x\r\n \r\nB: y\r\n\r\n", reading), ElementsAre("A: x\r\n ", "B: y"));
}

TEST(HeaderSection, AnEmptyLineAtTheStartIsAMessageWithoutHeader) {
  for (const auto reading : both) {
    EXPECT_THAT(split("\r\nbody\r\n", reading), IsEmpty());
    EXPECT_EQ(body_of("\r\nbody\r\n", reading), "body\r\n");
  }
}

TEST(HeaderSection, AnEmptyBodyIsToldFromNone) {
  for (const auto reading : both) {
    EXPECT_TRUE(read("A: x\r\n\r\n", reading).has_separator());
    EXPECT_FALSE(read("A: x\r\n", reading).has_separator());
    EXPECT_EQ(body_of("A: x\r\n\r\n", reading), "");
    EXPECT_FALSE(read("", reading).has_separator());
  }
}

TEST(HeaderSection, AHeaderWithoutEndIsWhatCame) {
  for (const auto reading : both) {
    EXPECT_THAT(split("A: x\r\nB: y", reading), ElementsAre("A: x", "B: y"));
    EXPECT_THAT(split("A: x\r\n y", reading), ElementsAre("A: x\r\n y"));
    EXPECT_EQ(read("A: x\r\nB: y", reading).fields().back().text, "B: y");
  }
}

TEST(HeaderSection, ALineWithoutColonBeginsTheBodyAndIsAFieldForTheSignerToRefuse) {
  const std::string octets = "A: x\r\nno field\r\nB: y\r\n\r\nbody";
  EXPECT_THAT(split(octets, shown), ElementsAre("A: x"));
  EXPECT_TRUE(read(octets).has_separator());
  EXPECT_EQ(body_of(octets, shown), "no field\r\nB: y\r\n\r\nbody");
  EXPECT_THAT(split(octets, as_signed), ElementsAre("A: x", "no field", "B: y"));
  EXPECT_EQ(body_of(octets, as_signed), "body");
  const HeaderSection section = read(octets, as_signed);
  EXPECT_EQ(section.fields()[1].name, "");
  EXPECT_EQ(section.fields()[1].value, "no field");
  EXPECT_EQ(body_of("A: x\r\nno end", shown), "no end");
}

TEST(HeaderSection, ABlankInFrontOfTheFirstFieldFoldsNothing) {
  EXPECT_THAT(split(" x: y\r\nA: x\r\n\r\n", shown), IsEmpty());
  EXPECT_THAT(split(" x: y\r\nA: x\r\n\r\n", as_signed), ElementsAre(" x: y", "A: x"));
}

TEST(HeaderSection, ABareLfEndsALineForReadersAndNotForASignature) {
  const std::string octets = "A: x\nB: y\r\n\r\nbody";
  EXPECT_THAT(split(octets, shown), ElementsAre("A: x\n", "B: y"));
  EXPECT_THAT(split(octets, as_signed), ElementsAre("A: x\nB: y"));
  EXPECT_THAT(split("A: x\r\n\nB: y\r\n\r\n", shown), ElementsAre("A: x"));
  EXPECT_THAT(split("A: x\r\n\nB: y\r\n\r\n", as_signed), ElementsAre("A: x", "\nB: y"));
  EXPECT_EQ(body_of("A: x\n\r\nB: y\r\n\r\nbody", shown), "B: y\r\n\r\nbody");
  EXPECT_EQ(body_of("A: x\n\r\nB: y\r\n\r\nbody", as_signed), "body");
}

TEST(HeaderSection, ABareCrAndANulAreOctetsLikeAnyOther) {
  const std::string octets("A: x\ry\0z\r\nB: y\r\r\n\r\n", 19);
  for (const auto reading : both) EXPECT_THAT(split(octets, reading), ElementsAre(std::string("A: x\ry\0z", 8), "B: y\r"));
  const std::string named("A\0: x\r\n\r\n", 9);
  EXPECT_THAT(split(named, shown), IsEmpty()) << "a NUL stands in no name";
  EXPECT_THAT(split(named, as_signed), ElementsAre(named.substr(0, 5)));
}

TEST(HeaderSection, EverySplitOfTheOctetsIsReadTheSame) {
  const std::string octets = "A: x\r\n folded\r\nB :y\n\tz\r\nno field\r\n\r\nbody\r\n\r\n";
  for (const auto reading : both) {
    for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
      HeaderSection section(reading);
      section.add(octets.substr(0, cut));
      std::string behind = octets.substr(cut);
      if (!section.complete()) section.add(std::exchange(behind, ""));
      section.finish();
      std::vector<std::string> fields;
      for (const auto& field : section.fields()) fields.emplace_back(field.to_sign());
      EXPECT_EQ(fields, split(octets, reading)) << cut;
      EXPECT_EQ(std::string(section.rest()) + behind, body_of(octets, reading)) << cut;
    }
  }
}

TEST(HeaderSection, TheNameOfAFieldIsPrintableAndMayHaveBlanksBehindIt) {
  EXPECT_EQ(field_name_length("From: x"), 4U);
  EXPECT_EQ(field_name_length("From \t: x"), 4U);
  for (const char* none : {"", ":", ": x", " From: x", "From", "From x: y", "Fr\x01om: x", "Fr\xC3\xB6m: x", "From\r\n: x"})
    EXPECT_EQ(field_name_length(none), 0U) << none;
}

}  // namespace
}  // namespace mta::smtp
