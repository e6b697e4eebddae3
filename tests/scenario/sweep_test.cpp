// One small life of the daemon, with each operation of the disk, the network and DNS in turn failing or being the last: the promises of
// mta/DESIGN.md §7 hold after every one. It accepts three messages, delivers one, has one greylisted and one bounced, reloads, stops and
// starts again.
#include <gtest/gtest.h>

#include "days.h"
#include "queue/store.h"
#include "tests/sim/world/disk_image.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t step = 4;  // a life costs several times as much there; the other builds try every operation
#else
constexpr std::uint64_t step = 1;
#endif

struct Kind {
  std::string name;
  std::function<void(Town&, Daemon&, std::uint64_t nth)> breaks;  // the nth operation from now on
  std::function<std::uint64_t(Town&, Daemon&)> operations;        // how many there were
};

// To compile all patterns at every start would be most of the time that a sweep takes.
void few_rules(conf::Config& config) {
  std::erase_if(config.responses, [](const conf::ResponseRule& rule) { return rule.verdict != "greylisted"; });
}

class Life {
 public:
  Life() : town_(seed_from_env_or(281)), home_(town_.receiver("sender.test")) {
    town_.receiver("gmail.test");
    town_.receiver("grey.test").manners.greylist = 60s;
    town_.receiver("gone.test").manners.unknown = {"user@gone.test"};
    out_ = &town_.mta({.plan = at_once(50), .change = few_rules});
  }

  // Whether the nth operation was reached.
  bool play(const Kind& kind, std::uint64_t nth) {
    const std::uint64_t before = kind.operations(town_, *out_);
    kind.breaks(town_, *out_, nth);
    for (const char* domain : {"gmail.test", "grey.test", "gone.test"}) submit_to(domain);
    pass(20s);
    out_->server().reload(out_->config());
    pass(5min);
    out_->stop();
    start();
    for (int hour = 0; hour < 48 && !(out_->clients.idle() && out_->waiting() == 0); ++hour) pass(1h);
    pass(1min);
    return nth <= kind.operations(town_, *out_) - before;  // a crash does not set the meters back
  }

  std::vector<std::string> broken() {
    std::vector<std::string> found = town_.broken_promises();
    if (!out_->clients.idle()) found.emplace_back("a client waits for ever");
    if (out_->waiting() > 0) found.emplace_back("mail waits for ever");
    for (const Copy& copy : home_.copies())
      if (copy.letter->body.find("user@gone.test") == std::string::npos)
        found.emplace_back("mail that could be sent was bounced");
    return found;
  }
  std::string story() const { return town_.story(); }
  Daemon& daemon() { return *out_; }

 private:
  void submit_to(const std::string& domain) {
    Mail mail;
    mail.recipients = {"user@" + domain};
    out_->submit(std::move(mail));
  }

  void start() {
    try {
      out_->start();
    } catch (const queue::StoreError& error) {  // no room just then: it is started again
      if (!error.no_space) throw;
      out_->start();
    }
  }

  void pass(Duration span) {
    const Instant until = town_.now() + span;
    while (town_.pass_until([this] { return out_->disk().losing(); }, until - town_.now())) {
      out_->crash();
      start();
    }
  }

  Town town_;
  Receiver& home_;
  Daemon* out_ = nullptr;
};

std::uint64_t disk_operations(Town&, Daemon& out) { return out.disk().operations(); }
std::uint64_t net_operations(Town& town, Daemon&) { return town.world().net.operations(); }
std::uint64_t questions(Town& town, Daemon&) { return town.world().resolver.questions(); }

// Those operations too that come only because something broke: until one is not reached.
void sweep(const Kind& kind, std::uint64_t at_least) {
  std::uint64_t nth = 1;
  for (bool reached = true; reached && !testing::Test::HasFailure(); nth += step) {
    Life life;
    reached = life.play(kind, nth);
    for (const auto& broken : life.broken())
      ADD_FAILURE() << kind.name << " at operation " << nth << ": " << broken << "\n" << life.story();
  }
  EXPECT_GT(nth, at_least) << kind.name << ": too few operations to be the whole life";
}

// A write that fails for another reason than room ends the process, and so is the same as the last.
Kind the_end(const std::string& name, Left left) {
  return {name, [left](Town&, Daemon& out, std::uint64_t nth) { out.disk().lose_from_operation(nth, left); }, disk_operations};
}
Kind no_space() {
  return {"no space", [](Town&, Daemon& out, std::uint64_t nth) { out.disk().no_space_at(nth, 1); }, disk_operations};
}
Kind broken_line(const std::string& name, Cut::How how) {
  return {name, [how](Town& town, Daemon&, std::uint64_t nth) { town.world().net.break_operation(nth, how); }, net_operations};
}
Kind failed_question() {
  return {"no answer of DNS", [](Town& town, Daemon&, std::uint64_t nth) { town.world().resolver.fail_question(nth); },
          questions};
}

TEST(Sweep, PowerIsLostAtEveryOperationOfTheDisk) { sweep(the_end("power loss", Left::what_was_synced), 60); }
TEST(Sweep, PowerIsLostAtEveryOperationOfTheDiskAndSomethingUnsyncedStays) { sweep(the_end("power loss", Left::something), 60); }
TEST(Sweep, TheProcessEndsAtEveryOperationOfTheDisk) { sweep(the_end("kill", Left::what_was_written), 60); }
TEST(Sweep, TheDiskIsFullAtEveryOperation) { sweep(no_space(), 60); }
TEST(Sweep, TheLineIsResetAtEveryOperationOfTheNetwork) { sweep(broken_line("reset", Cut::How::reset), 100); }
TEST(Sweep, TheLineEndsAtEveryOperationOfTheNetwork) { sweep(broken_line("end", Cut::How::eof), 100); }
TEST(Sweep, TheLineFallsSilentAtEveryOperationOfTheNetwork) { sweep(broken_line("silence", Cut::How::silent), 100); }
TEST(Sweep, EveryQuestionOfDnsFails) { sweep(failed_question(), 10); }

// The sweep can fail: where syncs hold nothing, a loss of power somewhere breaks a promise, or the spool says that something is missing.
TEST(Sweep, FindsADiskThatHoldsNothingOfWhatWasSynced) {
  for (std::uint64_t nth = 10; nth < 60; nth += 5) {
    Life life;
    life.daemon().disk().lie_about_syncs(true);
    try {
      life.play(the_end("power loss", Left::what_was_synced), nth);
    } catch (const queue::StoreError&) {
      return;
    }
    if (!life.broken().empty()) return;
  }
  ADD_FAILURE() << "nothing was missed";
}

}  // namespace
}  // namespace mta::sim
