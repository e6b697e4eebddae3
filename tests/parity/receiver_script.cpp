#include "receiver_script.h"

#include <fmt/format.h>
#include <algorithm>

namespace mta::sim {

namespace {
using namespace std::chrono_literals;
using warmup::Verdict;

constexpr const char* rate = " 4.7.28 unusual rate of mail originating from your IP, temporarily rate limited";
constexpr const char* no_user = "550 5.1.1 The email account that you tried to reach does not exist";

Scripted said(const Spell& spell) {
  const Stage stage = spell.at_mail ? Stage::mail : Stage::rcpt;
  switch (spell.behaviour) {
    case Behaviour::rate_limit: return {Verdict::rate_limited, std::string(spell.at_mail ? "421" : "450") + rate, stage};
    case Behaviour::block:
      return {Verdict::reputation_block,
              spell.permanent ? "550 5.7.1 poor reputation sender" : "451 4.7.1 poor reputation sender", stage};
    case Behaviour::list:
      return {Verdict::delisting, "550 5.7.606 Access denied, banned sending IP, ask for removal at https://lists.test/delist",
              stage};
    case Behaviour::greylist: return {Verdict::greylisted, "451 4.7.1 Greylisted, please try again later", Stage::rcpt};
    case Behaviour::put_off: return {Verdict::temporary, "451 4.3.0 Temporary problem, try again later", Stage::rcpt};
    case Behaviour::refuse_sender:
      return {Verdict::auth_failure,
              spell.permanent ? "550 5.7.26 This mail is unauthenticated: DKIM and SPF did not pass"
                              : "451 4.7.26 This mail is unauthenticated: DKIM and SPF did not pass",
              Stage::rcpt};
    case Behaviour::closed: break;
  }
  return {};
}
}  // namespace

unsigned day_of(Instant now) { return 1 + static_cast<unsigned>((now - world_began) / 24h); }

bool ReceiverScript::is_closed(const std::string& domain, Instant now) const {
  return std::any_of(world_.spells.begin(), world_.spells.end(), [&](const Spell& each) {
    return each.behaviour == Behaviour::closed && each.domain == domain && each.from <= now && now < each.until;
  });
}

Scripted ReceiverScript::decide(const std::string& domain, const std::string& source, const std::string& from_domain,
                                Instant now) {
  for (const auto& spell : world_.spells) {
    const bool fits = spell.domain == domain && spell.from <= now && now < spell.until && spell.behaviour != Behaviour::closed &&
                      (spell.source.empty() || spell.source == source) &&
                      (spell.from_domain.empty() || spell.from_domain == from_domain);
    if (fits) return said(spell);
  }
  const auto site =
      std::find_if(world_.sites.begin(), world_.sites.end(), [&](const Site& each) { return each.domain == domain; });
  if (site == world_.sites.end()) return {};
  auto& taken = taken_[{day_of(now), source, domain}];
  if (site->a_day > 0 && taken >= site->a_day) return {Verdict::rate_limited, std::string("421") + rate, Stage::mail};
  if (site->unknown_every > 0 && ++asked_[{domain, source}] % site->unknown_every == 0)
    return {Verdict::unknown_user, no_user, Stage::rcpt};
  ++taken;
  return {};
}

Scripted ReceiverScript::answer(const std::string& domain, const std::string& source, const std::string& from_domain,
                                Instant now) {
  Scripted found = decide(domain, source, from_domain, now);
  ++tally_[{day_of(now), source + " to " + domain, "answered " + std::string(name(found.verdict)) + " of " + from_domain}];
  return found;
}

}  // namespace mta::sim
