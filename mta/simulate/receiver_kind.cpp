#include "mta/simulate/receiver_kind.h"

#include <algorithm>
#include <filesystem>

#include "conf/document.h"
#include "conf/draft.h"
#include "conf/shipped_file.h"
#include "conf/table.h"

namespace mta::simulate {

namespace {

using conf::Table;
using namespace std::chrono_literals;

constexpr std::uint64_t most_recipients = 1'000'000'000;
constexpr double most_times = 1'000'000;

const conf::Form a_reply{"a reply like \"421 4.7.0 try again later\"", [](std::string_view text) {
                           return text.size() > 4 && (text[0] == '4' || text[0] == '5') && text[3] == ' ';
                         }};
const conf::Form a_verdict{"a verdict like \"rate_limited\"",
                           [](std::string_view text) { return warmup::verdict_named(text).has_value(); }};

template <typename Load>
void within(Table& top, const char* key, const Load& load) {
  auto table = top.table(key);
  if (!table) return;
  load(*table);
  table->finish();
}

void load_quota(Table& table, ReceiverQuota& quota) {
  table.number("week", quota.week, 0, most_times);
  table.number("month", quota.month, 0, most_times);
  table.whole("stranger", quota.stranger, std::uint64_t{0}, most_recipients);
  table.whole("domain_stranger", quota.domain_stranger, std::uint64_t{0}, most_recipients);
  table.number("hour", quota.hour, 0, 1);
  table.whole("hourly", quota.hourly, std::uint64_t{0}, most_recipients);
  table.choice("beyond", quota.junks_beyond, {{"refuse", false}, {"junk", true}});
}

void load_bound(Table& table, QualityBound& bound) {
  if (table.need("from", "0.001")) table.number("from", bound.from, 0, 1);
  if (table.need("full", "0.003")) table.number("full", bound.full, 0, 1);
  table.number("cost", bound.cost, 0, 1);
  table.duration("quiet", bound.quiet, 0s);
  if (bound.full <= bound.from) table.misfit("full", "a share above from");
}

void load_refusals(Table& top, ReceiverKind& kind) {
  within(top, "quiet", [&](Table& table) {
    table.duration("first", kind.quiet.first, 0s);
    kind.quiet.longest = kind.quiet.first;
    table.duration("longest", kind.quiet.longest, kind.quiet.first);
    table.number("factor", kind.quiet.factor, 1, 1000);
    table.number("knock", kind.quiet.knock, 0, 1);
  });
  within(top, "jump", [&](Table& table) {
    table.number("times", kind.jump.times, 0, most_times);
    table.duration("block", kind.jump.block, 0s);
    table.number("cost", kind.jump.cost, 0, 1);
  });
  within(top, "complaints", [&](Table& table) { load_bound(table, kind.complaints); });
  within(top, "unknown", [&](Table& table) { load_bound(table, kind.unknown); });
}

void load_reply(Table& replies, const char* key, ToldReply& told) {
  within(replies, key, [&](Table& table) {
    std::string verdict;
    if (table.need("verdict", "\"rate_limited\"") && table.text("verdict", verdict, a_verdict))
      told.verdict = *warmup::verdict_named(verdict);
    if (table.need("text", "\"421 4.7.0 try again later\"")) table.text("text", told.text, a_reply);
    table.choice<ToldAt>("at", told.at, {{"mail", ToldAt::mail}, {"rcpt", ToldAt::rcpt}, {"dot", ToldAt::dot}});
  });
}

// A part of the mechanism that may refuse needs the words for it.
void need_replies(Table& top, const ReceiverKind& kind) {
  const auto need = [&](bool refuses, const ToldReply& told, const std::string& key) {
    if (refuses && told.text.empty()) top.fault("replies", "replies." + key + " is missing: this kind refuses in that way");
  };
  const bool limited = kind.quota.week > 0 || kind.quota.month > 0;
  need(limited && !kind.quota.junks_beyond, kind.over_quota, "over_quota");
  need(kind.quota.domain_stranger > 0, kind.over_domain, "over_domain");
  need(kind.quota.hour > 0 || kind.quota.hourly > 0, kind.too_fast, "too_fast");
  need(kind.jump.times > 0, kind.blocked, "blocked");
  need(kind.complaints.quiet > Duration(0) || kind.unknown.quiet > Duration(0), kind.over_complaints, "over_complaints");
  need(kind.greylist > Duration(0), kind.greylisted, "greylisted");
  need(kind.temporary > 0, kind.put_off, "put_off");
  need(true, kind.no_such_user, "no_such_user");
}

void load_replies(Table& top, ReceiverKind& kind) {
  within(top, "replies", [&](Table& table) {
    load_reply(table, "over_quota", kind.over_quota);
    load_reply(table, "over_domain", kind.over_domain);
    load_reply(table, "too_fast", kind.too_fast);
    load_reply(table, "blocked", kind.blocked);
    load_reply(table, "over_complaints", kind.over_complaints);
    load_reply(table, "greylisted", kind.greylisted);
    load_reply(table, "no_such_user", kind.no_such_user);
    load_reply(table, "put_off", kind.put_off);
  });
  need_replies(top, kind);
}

}  // namespace

ReceiverKind read_receiver_kind(const std::string& path) {
  std::string content;
  const std::string reason = conf::read_whole(path, content);
  if (!reason.empty())
    throw conf::ConfigError({conf::Problem{conf::Where{path, 0}, "cannot read the kind of receiver: " + reason}});
  const conf::Node document = conf::parse_document(content, path);
  conf::Faults faults(path);
  Table top(document, "", faults);
  ReceiverKind kind;
  kind.file = path;
  kind.name = std::filesystem::path(path).stem().string();
  within(top, "quota", [&](Table& table) { load_quota(table, kind.quota); });
  load_refusals(top, kind);
  within(top, "junk", [&](Table& table) {
    table.number("least", kind.junk.least, 0, 1);
    table.number("most", kind.junk.most, 0, 1);
    table.number("settled", kind.junk.settled, 0, most_times);
  });
  top.duration("forgive", kind.forgive, 1h);
  top.duration("greylist", kind.greylist, 0s);
  top.whole("known", kind.known, std::uint64_t{0}, most_recipients);
  top.number("temporary", kind.temporary, 0, 1);
  load_replies(top, kind);
  top.finish();
  if (const auto problems = faults.problems(); !problems.empty()) throw conf::ConfigError(problems);
  return kind;
}

std::vector<std::string> shipped_receiver_kinds() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(conf::shipped_file("receivers"), ignored))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

const std::vector<ListQuality>& list_qualities() {
  static const std::vector<ListQuality> qualities{{"clean", 0.002, 0.0002}, {"ordinary", 0.015, 0.0008}, {"dirty", 0.08, 0.004}};
  return qualities;
}

}  // namespace mta::simulate
