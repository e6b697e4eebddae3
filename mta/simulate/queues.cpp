#include "mta/simulate/queues.h"

#include <algorithm>

#include "conf/own_domains.h"
#include "conf/routes.h"

namespace mta::simulate {

Queues::Queues(const conf::Config& config, Lanes& lanes) : config_(config), lanes_(lanes), own_(conf::own_domains(config)) {}

const conf::Pool& Queues::pool_for(const RoutedMail& mail, const std::string& domain) const {
  const conf::Pool* pool = config_.pool(conf::pool_for(config_, {mail.from_domain, domain, mail.mail_class, mail.user}));
  return pool != nullptr ? *pool : config_.pools.front();
}

// A destination is a provider or a domain of one; other domains are providers of their own.
SimulatedQueue& Queues::of(const RoutedMail& mail) {
  SimulatedQueue*& known = routes_[mail];
  if (known != nullptr) return *known;
  const conf::Provider* named = config_.provider(mail.to);
  std::string provider = mail.to, domain = mail.to;
  if (named != nullptr) {
    domain = named->domains.empty() ? "" : named->domains.front();
  } else {
    const auto with = std::find_if(config_.providers.begin(), config_.providers.end(), [&](const conf::Provider& each) {
      return std::find(each.domains.begin(), each.domains.end(), mail.to) != each.domains.end();
    });
    provider = with == config_.providers.end() ? "other:" + mail.to : with->name;
  }
  const auto* options = config_.mail_class(mail.mail_class);
  known = &open({&pool_for(mail, domain), provider, options != nullptr ? options : &config_.classes.front(),
                 named == nullptr && own_.covers(mail.to), false},
                nullptr, false);
  return *known;
}

void Queues::add_way(SimulatedQueue& queue, const conf::Source& source) {
  SimulatedLane& lane = lanes_.open(source, source.is_smarthost() ? "*" : queue.provider, queue.overflow);
  lane.queues.push_back(queue.index);
  if (lane.total != nullptr) lane.total->queues.push_back(queue.index);
  queue.ways.emplace_back().lane = &lane;
}

SimulatedQueue& Queues::open(const QueueName& name, const conf::Source* bound_to, bool overflow) {
  SimulatedQueue*& known = known_[{name, bound_to, overflow}];
  if (known != nullptr) return *known;
  known = queues_.emplace_back(std::make_unique<SimulatedQueue>()).get();
  SimulatedQueue* const queue = known;
  queue->index = queues_.size() - 1;
  queue->pool = name.pool;
  queue->provider = name.provider;
  queue->mail_class = name.mail_class;
  queue->exempt = name.exempt;
  queue->blocked = name.blocked && bound_to == nullptr;
  queue->bound_to = bound_to;
  queue->overflow = overflow;
  if (bound_to != nullptr) {
    add_way(*queue, *bound_to);
    return *queue;
  }
  for (const auto& each : name.pool->sources) {
    if (const auto* source = config_.source(each)) add_way(*queue, *source);
  }
  if (const auto* source = name.pool->overflow.empty() ? nullptr : config_.source(name.pool->overflow))
    queue->overflow_queue = &open({name.pool, name.provider, name.mail_class, name.exempt, false}, source, true);
  return *queue;
}

QueueName Queues::name_of(const SimulatedQueue& queue, const Cohort& mail) {
  return {queue.pool, queue.provider, queue.mail_class, queue.exempt, mail.blocked()};
}

SimulatedQueue& Queues::home_of(const SimulatedQueue& queue, const Cohort& mail) {
  return open(name_of(queue, mail), nullptr, false);
}

SimulatedQueue& Queues::bound_to(const SimulatedQueue& queue, const Cohort& mail, const std::string& source) {
  return open(name_of(queue, mail), config_.source(source), false);
}

}  // namespace mta::simulate
