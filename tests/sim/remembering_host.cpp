#include "tests/sim/remembering_host.h"

namespace mta::sim {

namespace {
constexpr std::uint64_t apart = 77;  // its chance is drawn apart from the town's
}

RememberingHost::RememberingHost(Town& town, Receiver& host, simulate::ReceiverKind kind, simulate::ListQuality list)
    : town_(town), memory_(std::move(kind), std::move(list), town.now(), town.seed() + apart) {
  host.manners.script = [this](Stage stage, const asio::ip::address& client, const std::string& sender) {
    return say(stage, client.to_string(), sender);
  };
}

std::string RememberingHost::say(Stage stage, const std::string& client, const std::string& sender) {
  if (stage != Stage::mail && stage != Stage::rcpt && stage != Stage::dot) return "";
  Decided& decided = decided_[client + " " + sender];
  if (stage == Stage::mail) decide(decided, client, sender);
  return stage == decided.stage ? decided.reply : "";
}

void RememberingHost::decide(Decided& decided, const std::string& client, const std::string& sender) {
  const std::string domain = sender.substr(sender.rfind('@') + 1);
  const auto answer = memory_.answer({client, "", 1, decided.greylisted_at, town_.now(), domain});
  const auto& reply = answer.front();
  ++said_[reply.verdict];
  junk_ += reply.junk;
  if (reply.verdict == warmup::Verdict::greylisted && !decided.greylisted_at) decided.greylisted_at = town_.now();
  decided.stage = reply.about_us ? Stage::mail : reply.dot_sent ? Stage::dot : Stage::rcpt;
  decided.reply = reply.verdict == warmup::Verdict::delivered ? "" : std::string(reply.text);
}

}  // namespace mta::sim
