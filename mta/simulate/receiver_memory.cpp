#include "mta/simulate/receiver_memory.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mta::simulate {

namespace {

using namespace std::chrono_literals;
using warmup::Verdict;
constexpr Duration day = 24h;
constexpr std::size_t week = 7, month = 30;
constexpr std::size_t first_days = 4;     // a volume is a mean over no fewer: the first day alone earns little
constexpr Recipients judged_from = 2000;  // in seven days: fewer say nothing about their quality
constexpr Recipients a_day_of_mail = 20;  // fewer do not make a day good
constexpr Recipients always_in_an_hour = 20;

double days_in(Duration length) { return static_cast<double>(length.count()) / static_cast<double>(day.count()); }

template <typename Days>
Recipients sum_of(const Days& past, std::size_t days, Recipients Days::value_type::*member) {
  Recipients sum = 0;
  for (std::size_t i = 0; i < std::min(days, past.size()); ++i) sum += past[i].*member;
  return sum;
}

double share_of(Recipients some, Recipients all) {
  return static_cast<double>(some) / static_cast<double>(std::max<Recipients>(all, 1));
}

Recipients whole(double recipients) { return static_cast<Recipients>(std::max(0.0, recipients)); }
Recipients less(Recipients from, Recipients by) { return from - std::min(from, by); }

SimulatedReply said(const ToldReply& told, Recipients n) {
  SimulatedReply made{told.verdict, n, told.text.starts_with('5'), told.at == ToldAt::dot, told.text};
  made.about_us = told.at == ToldAt::mail;
  return made;
}

}  // namespace

ReceiverMemory::ReceiverMemory(ReceiverKind kind, ListQuality list, Instant start, std::uint64_t seed)
    : kind_(std::move(kind)), list_(std::move(list)), start_(start), luck_(seed) {}

std::vector<SimulatedReply> ReceiverMemory::answer(const Attempt& attempt) {
  SendingParties parties{sender_named(addresses_, attempt.source, attempt.now)};
  if (kind_.quota.domain_stranger > 0 && !attempt.from_domain.empty())
    parties.domain = &sender_named(domains_, attempt.from_domain, attempt.now);
  if (auto reply = turn_away(parties, attempt)) return {*reply};
  if (auto reply = greylist(parties.address, attempt)) return {*reply};
  if (auto reply = block_jump(parties.address, attempt)) return {*reply};
  return take(parties, attempt, room_for(parties, attempt));
}

ReceiverMemory::RememberedSender& ReceiverMemory::sender_named(RememberedSenders& senders, std::string_view name, Instant now) {
  auto found = senders.find(name);
  if (found == senders.end()) {
    found = senders.emplace(name, RememberedSender{}).first;
    found->second.day_ends = start_ + (now - start_) / day * day + day;
  }
  pass_days(found->second, now);
  return found->second;
}

void ReceiverMemory::pass_days(RememberedSender& sender, Instant now) const {
  for (; sender.day_ends <= now; sender.day_ends += day) end_day(sender);
}

void ReceiverMemory::end_day(RememberedSender& sender) const {
  sender.past.push_front(std::exchange(sender.today, {}));
  if (sender.past.size() > month) sender.past.pop_back();
  if (!std::exchange(sender.struck_today, false)) sender.strikes = 0;
  sender.trust = 1 - (1 - sender.trust) * std::exp(-1 / days_in(kind_.forgive));
  const Recipients inbox = sum_of(sender.past, week, &RememberedDay::inbox);
  const Recipients taken = sum_of(sender.past, week, &RememberedDay::taken);
  const Recipients unknown = sum_of(sender.past, week, &RememberedDay::unknown);
  const double complaints = share_of(sum_of(sender.past, week, &RememberedDay::complaints), inbox);
  const double gone = share_of(unknown, taken + unknown);
  const auto& last = sender.past.front();
  if (inbox >= judged_from && last.taken > 0) judge(sender, kind_.complaints, complaints);
  if (taken + unknown >= judged_from && last.taken > 0) judge(sender, kind_.unknown, gone);
  const bool bad = (kind_.complaints.full > 0 && complaints >= kind_.complaints.full) ||
                   (kind_.unknown.full > 0 && gone >= kind_.unknown.full) || last.offered > last.taken + last.unknown;
  if (!bad && last.taken >= a_day_of_mail) ++sender.good_days;
}

void ReceiverMemory::judge(RememberedSender& sender, const QualityBound& bound, double share) const {
  if (bound.full <= 0 || share <= bound.from) return;
  sender.trust *= 1 - bound.cost * std::min(1.0, (share - bound.from) / (bound.full - bound.from));
  if (bound.quiet <= Duration(0) || share < bound.full) return;
  sender.quiet_until = std::max(sender.quiet_until, sender.day_ends + bound.quiet);
  sender.quiet_because = &kind_.over_complaints;
}

double ReceiverMemory::quota(const RememberedSender& sender, Recipients stranger) const {
  const auto mean = [&](std::size_t days) {
    const auto counted = static_cast<double>(std::max(first_days, std::min(days, sender.past.size())));
    return static_cast<double>(sum_of(sender.past, days, &RememberedDay::wanted)) / counted;
  };
  return sender.trust * std::max({static_cast<double>(stranger), kind_.quota.week * mean(week), kind_.quota.month * mean(month)});
}

// What comes while a block or a quiet time lasts; a knock costs trust and begins the quiet time anew.
std::optional<SimulatedReply> ReceiverMemory::turn_away(const SendingParties& parties, const Attempt& attempt) const {
  if (attempt.now < parties.address.blocked_until) return said(kind_.blocked, 1);
  for (RememberedSender* sender : {&parties.address, parties.domain}) {
    if (sender == nullptr || attempt.now >= sender->quiet_until) continue;
    ++sender->today.offered;
    sender->trust *= 1 - kind_.quiet.knock;
    if (kind_.quiet.knock > 0) sender->quiet_until = std::max(sender->quiet_until, attempt.now + kind_.quiet.first);
    return said(*sender->quiet_because, 1);
  }
  return std::nullopt;
}

std::optional<SimulatedReply> ReceiverMemory::greylist(const RememberedSender& address, const Attempt& attempt) const {
  if (kind_.greylist <= Duration(0) || address.ever >= kind_.known) return std::nullopt;
  const Instant opens = attempt.greylisted_at.value_or(attempt.now) + kind_.greylist;
  if (attempt.now >= opens) return std::nullopt;
  SimulatedReply reply = said(kind_.greylisted, attempt.recipients);
  reply.delay = opens - attempt.now;
  return reply;
}

std::optional<SimulatedReply> ReceiverMemory::block_jump(RememberedSender& address, const Attempt& attempt) const {
  if (kind_.jump.times <= 0) return std::nullopt;
  const double most = kind_.jump.times * quota(address, kind_.quota.stranger);
  if (static_cast<double>(address.today.offered + attempt.recipients) <= most) return std::nullopt;
  ++address.today.offered;
  address.blocked_until = attempt.now + kind_.jump.block;
  address.trust *= 1 - kind_.jump.cost;
  address.good_days = 0;
  return said(kind_.blocked, 1);
}

ReceiverMemory::RoomToday ReceiverMemory::room_for(const SendingParties& parties, const Attempt& attempt) const {
  RoomToday room{attempt.recipients};
  const auto at_most = [&](Recipients left, const ToldReply& told, RememberedSender* refused) {
    if (left < room.recipients) room = {left, &told, refused};
  };
  RememberedSender& address = parties.address;
  const bool limited = kind_.quota.week > 0 || kind_.quota.month > 0;
  const double a_day = quota(address, kind_.quota.stranger);
  if (limited && !kind_.quota.junks_beyond) at_most(less(whole(a_day), address.today.taken), kind_.over_quota, &address);
  if (limited && parties.domain != nullptr) {
    const double of_domain = quota(*parties.domain, kind_.quota.domain_stranger);
    at_most(less(whole(of_domain), parties.domain->today.taken), kind_.over_domain, parties.domain);
  }
  const Recipients lately = address.hour.in_last_hour(attempt.now);
  if (kind_.quota.hour > 0 && limited)
    at_most(less(std::max(always_in_an_hour, whole(kind_.quota.hour * a_day)), lately), kind_.too_fast, &address);
  if (kind_.quota.hourly > 0) at_most(less(kind_.quota.hourly, lately), kind_.too_fast, &address);
  return room;
}

void ReceiverMemory::strike(RememberedSender& sender, const ToldReply* because, Instant now) const {
  const double factor = std::pow(kind_.quiet.factor, static_cast<double>(sender.strikes));
  const double lasts =
      std::min(static_cast<double>(kind_.quiet.longest.count()), static_cast<double>(kind_.quiet.first.count()) * factor);
  sender.quiet_until = now + Duration(static_cast<Duration::rep>(lasts));
  sender.quiet_because = because;
  sender.struck_today = true;
  ++sender.strikes;
}

// Of what is taken within the quota, by how well the sender is known; what exceeds it is junk.
Recipients ReceiverMemory::draw_junk(const RememberedSender& address, Recipients taken) {
  const auto& shares = kind_.junk;
  const Recipients before = address.today.taken;
  const bool limited = kind_.quota.junks_beyond && (kind_.quota.week > 0 || kind_.quota.month > 0);
  const Recipients within = limited ? std::min(taken, less(whole(quota(address, kind_.quota.stranger)), before)) : taken;
  const double settled = shares.settled > 0 ? std::min(1.0, address.good_days / shares.settled) : 1;
  return taken - within + luck_.binomial(within, shares.least + (shares.most - shares.least) * (1 - settled * address.trust));
}

std::vector<SimulatedReply> ReceiverMemory::take(const SendingParties& parties, const Attempt& attempt, const RoomToday& room) {
  const Recipients unknown = luck_.binomial(room.recipients, list_.gone);
  const Recipients later = luck_.binomial(room.recipients - unknown, kind_.temporary);
  const Recipients taken = room.recipients - unknown - later;
  const Recipients junk = draw_junk(parties.address, taken);
  const Recipients complaints = luck_.binomial(taken - junk, list_.complains);
  for (RememberedSender* sender : {&parties.address, parties.domain}) {
    if (sender == nullptr) continue;
    auto& today = sender->today;
    today.offered += unknown + taken;
    today.taken += taken;
    today.unknown += unknown;
    today.inbox += taken - junk;
    today.complaints += complaints;
    today.wanted += taken - junk - complaints;
    sender->ever += taken;
  }
  if (taken > 0) parties.address.hour.add(attempt.now, taken);
  std::vector<SimulatedReply> replies;
  if (taken > 0) {
    replies.push_back({Verdict::delivered, taken, false, true});
    replies.back().junk = junk;
  }
  if (unknown > 0) replies.push_back(said(kind_.no_such_user, unknown));
  if (later > 0) replies.push_back(said(kind_.put_off, later));
  if (room.refusal == nullptr) return replies;
  ++parties.address.today.offered;
  strike(*room.refused, room.refusal, attempt.now);
  replies.push_back(said(*room.refusal, 1));
  return replies;
}

}  // namespace mta::simulate
