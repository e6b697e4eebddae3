#include "mta/real/world.h"

#include "mta/real/cares_resolver.h"
#include "mta/real/dice.h"
#include "mta/real/disk.h"
#include "mta/real/net.h"
#include "mta/real/threads.h"
#include "mta/real/work.h"

namespace mta::real {

struct RealWorld::Parts {
  explicit Parts(const WorldOptions& options)
      : calendar(options.tempo),
        net(options.ca_file),
        threads(options.threads),
        work(threads.count()),
        resolver(std::make_unique<CaresResolver>(
            threads.resolver(),
            ResolverOptions{.servers = options.dns_servers, .timeout = options.dns_timeout, .trust_ad = options.trust_ad})) {}

  SystemCalendar calendar;
  SteadyStopwatch stopwatch;
  KernelDice dice;
  RealDisk disk;
  KernelNet net;
  IoThreads threads;
  PoolWork work;
  std::unique_ptr<CaresResolver> resolver;
  bool stopped = false;
};

RealWorld::RealWorld(const WorldOptions& options) : parts_(std::make_unique<Parts>(options)) {}

RealWorld::~RealWorld() { stop(); }

World RealWorld::world() {
  Parts& parts = *parts_;
  return {parts.calendar, parts.stopwatch, parts.net, *parts.resolver, parts.work, parts.dice, parts.disk, parts.threads};
}

void RealWorld::stop() {
  if (parts_->stopped) return;
  parts_->stopped = true;
  parts_->threads.stop();
  parts_->work.stop();
  parts_->resolver->forget();
  parts_->threads.forget();
}

}  // namespace mta::real
