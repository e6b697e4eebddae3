#include "mta/real/cares_channel.h"

// What replaces the calls that c-ares 1.34 (Debian 13) calls old is not there in 1.18 (Debian 12).
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <arpa/nameser.h>
#include <openssl/rand.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "mta/real/dns_message.h"

namespace mta::real {

namespace {

constexpr int edns_octets = 1232;  // what passes everywhere without fragments

// From 1.32 on c-ares waits only a few times as long as earlier answers took, at least 250 ms, and doubles that at each further try:
// a server that is quick for most names may be slow for one. Our own deadline ends the question, not the number of tries.
constexpr int tries = ARES_VERSION >= 0x012000 ? 12 : 1;

void load_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
}

// One socket of c-ares, watched. Shared with the pending waits: c-ares closes the socket, we only let go of it.
struct Watched {
  Watched(const Executor& executor, ares_socket_t socket) : descriptor(executor, socket) {}
  asio::posix::stream_descriptor descriptor;
  bool wants_read = false, wants_write = false;
  bool reading = false, writing = false;
};

std::string error_text(int status) {
  switch (status) {
    case ARES_ETIMEOUT: return "timed out";
    case ARES_ECONNREFUSED: return "no connection";
    case ARES_EDESTRUCTION:
    case ARES_ECANCELLED: return "shutting down";
    default: return ares_strerror(status);
  }
}

}  // namespace

struct CaresChannel::Parts : std::enable_shared_from_this<CaresChannel::Parts> {
  Parts(const Executor& executor_in, DnsChannelOptions options_in)
      : executor(executor_in), options(std::move(options_in)), timer(executor_in) {}

  struct OpenQuery {  // shared by c-ares' callback and the deadline; the first of them answers it
    OpenQuery(std::weak_ptr<Parts> parts_in, std::uint16_t id_in, Done done_in, const Executor& executor)
        : parts(std::move(parts_in)), id(id_in), done(std::move(done_in)), deadline(executor) {}
    std::vector<unsigned char> octets;
    bool apart = false;  // asked on a socket of its own
    std::weak_ptr<Parts> parts;
    std::uint16_t id;
    Done done;
    asio::steady_timer deadline;
  };
  using OpenQueryPointer = std::shared_ptr<OpenQuery>;

  ares_channel open(bool apart);
  void watch(ares_socket_t, bool readable, bool writable);
  void wait(ares_socket_t, const std::shared_ptr<Watched>&);
  void process(ares_socket_t readable, ares_socket_t writable);
  void set_timer();
  void ask(const std::string& name, RecordType type, Done done);
  void send(const OpenQueryPointer&);
  void heard(const OpenQueryPointer&, int result, const unsigned char* answer, int length);
  void end_in_time(const OpenQueryPointer&);
  void finish(Done done, DnsWire wire) {
    asio::post(executor, [weak = weak_from_this(), done = std::move(done), wire = std::move(wire)]() mutable {
      if (weak.lock()) done(std::move(wire));
    });
  }
  std::uint16_t fresh_id();

  Executor executor;
  DnsChannelOptions options;
  asio::steady_timer timer;
  ares_channel channel = nullptr;
  // From 1.32 on a malformed answer ends the socket it came on, and after a few of them all questions on it. They are asked once more,
  // each on a socket of its own.
  ares_channel channel_apart = nullptr;  // opened when it is needed
  std::map<ares_socket_t, std::shared_ptr<Watched>> sockets;
  std::set<std::uint16_t> ids;  // of the questions not yet answered
};

ares_channel CaresChannel::Parts::open(bool apart) {
  load_library();
  ares_channel opened = nullptr;
  ares_options set{};
  // NOCHECKRESP: SERVFAIL and REFUSED are answers for us to judge, not to be swallowed.
  set.flags = ARES_FLAG_EDNS | ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  set.ednspsz = edns_octets;
  set.timeout = static_cast<int>(options.timeout.count());
  set.tries = tries;
  char lookups[] = "b";
  set.lookups = lookups;
  set.sock_state_cb_data = this;
  set.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
    static_cast<Parts*>(self)->watch(socket, readable != 0, writable != 0);
  };
  int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
  set.qcache_max_ttl = 0;  // dns_cache.h remembers
  mask |= ARES_OPT_QUERY_CACHE;
#endif
#ifdef ARES_OPT_UDP_MAX_QUERIES
  if (apart) {
    set.udp_max_queries = 1;
    mask |= ARES_OPT_UDP_MAX_QUERIES;
  }
#else
  (void)apart;
#endif
  int status = ares_init_options(&opened, &set, mask);
  if (status != ARES_SUCCESS) throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
  status = ares_set_servers_ports_csv(opened, options.server.c_str());
  if (status != ARES_SUCCESS) {
    ares_destroy(opened);
    throw std::runtime_error("DNS server \"" + options.server + "\": expected an address and a port, as in \"127.0.0.1:53\"");
  }
  return opened;
}

void CaresChannel::Parts::watch(ares_socket_t socket, bool readable, bool writable) {
  auto found = sockets.find(socket);
  if (!readable && !writable) {
    if (found == sockets.end()) return;
    found->second->descriptor.release();  // c-ares closes it
    sockets.erase(found);
    return;
  }
  if (found == sockets.end()) found = sockets.emplace(socket, std::make_shared<Watched>(executor, socket)).first;
  const auto watched = found->second;
  watched->wants_read = readable;
  watched->wants_write = writable;
  wait(socket, watched);
}

void CaresChannel::Parts::wait(ares_socket_t socket, const std::shared_ptr<Watched>& watched) {
  const auto current = [](const std::shared_ptr<Parts>& parts, ares_socket_t which, const std::shared_ptr<Watched>& what) {
    const auto found = parts->sockets.find(which);
    return found != parts->sockets.end() && found->second == what;
  };
  if (watched->wants_read && !watched->reading) {
    watched->reading = true;
    watched->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                   [=, weak = weak_from_this()](boost::system::error_code error) {
                                     watched->reading = false;
                                     const auto parts = weak.lock();
                                     if (!parts || error || !current(parts, socket, watched)) return;
                                     parts->process(socket, ARES_SOCKET_BAD);
                                     if (current(parts, socket, watched)) parts->wait(socket, watched);
                                   });
  }
  if (watched->wants_write && !watched->writing) {
    watched->writing = true;
    watched->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                   [=, weak = weak_from_this()](boost::system::error_code error) {
                                     watched->writing = false;
                                     const auto parts = weak.lock();
                                     if (!parts || error || !current(parts, socket, watched)) return;
                                     parts->process(ARES_SOCKET_BAD, socket);
                                     if (current(parts, socket, watched)) parts->wait(socket, watched);
                                   });
  }
}

void CaresChannel::Parts::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel, readable, writable);
  if (channel_apart != nullptr) ares_process_fd(channel_apart, readable, writable);
  set_timer();
}

void CaresChannel::Parts::set_timer() {
  timeval until{}, until_apart{};
  timeval* soonest = ares_timeout(channel, nullptr, &until);
  if (channel_apart != nullptr) soonest = ares_timeout(channel_apart, soonest, &until_apart);
  if (soonest == nullptr) {
    timer.cancel();
    return;
  }
  timer.expires_after(std::chrono::seconds(soonest->tv_sec) + std::chrono::microseconds(soonest->tv_usec) +
                      std::chrono::milliseconds(1));
  timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto parts = weak.lock();
    if (parts && !error) parts->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

// Unpredictable, against forged answers (RFC 5452 §9.2), and not in use.
std::uint16_t CaresChannel::Parts::fresh_id() {
  std::uint16_t id = 0;
  do RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id);
  while (!ids.insert(id).second);
  return id;
}

void CaresChannel::Parts::end_in_time(const OpenQueryPointer& question) {
  question->deadline.expires_after(options.timeout);
  question->deadline.async_wait([question](boost::system::error_code error) {
    const auto parts = question->parts.lock();
    if (!parts || error || !question->done) return;
    parts->finish(std::exchange(question->done, nullptr), {{}, error_text(ARES_ETIMEOUT), false});
  });
}

void CaresChannel::Parts::ask(const std::string& name, RecordType type, Done done) {
  if (ids.size() >= 32768) return finish(std::move(done), {{}, "too many questions at once", false});
  const std::uint16_t id = fresh_id();
  unsigned char* octets = nullptr;
  int size = 0;
  const int status = ares_create_query(name.c_str(), ns_c_in, dns_type(type), id, 1, &octets, &size, edns_octets);
  if (status != ARES_SUCCESS) {
    ids.erase(id);
    const bool impossible = status == ARES_EBADNAME || status == ARES_ENOTFOUND;
    return finish(std::move(done), {{}, ares_strerror(status), impossible});
  }
  if (options.authentic) {
    octets[3] = static_cast<unsigned char>(octets[3] | 0x20U);  // AD: RFC 6840 §5.7
    octets[size - 4] |= 0x80U;                                  // DO in the OPT record, which comes last: RFC 6891 §6.1.3
  }
  const auto question = std::make_shared<OpenQuery>(weak_from_this(), id, std::move(done), executor);
  question->octets.assign(octets, octets + size);
  ares_free_string(octets);
  end_in_time(question);
  send(question);
}

void CaresChannel::Parts::send(const OpenQueryPointer& question) {
  if (question->apart && channel_apart == nullptr) channel_apart = open(true);
  ares_send(
      question->apart ? channel_apart : channel, question->octets.data(), static_cast<int>(question->octets.size()),
      [](void* argument, int result, int, unsigned char* answer, int length) {
        const std::unique_ptr<OpenQueryPointer> held(static_cast<OpenQueryPointer*>(argument));
        if (const auto parts = (*held)->parts.lock()) parts->heard(*held, result, answer, length);
      },
      new OpenQueryPointer(question));
  set_timer();
}

void CaresChannel::Parts::heard(const OpenQueryPointer& question, int result, const unsigned char* answer, int length) {
  if (result == ARES_EBADRESP && question->done && !std::exchange(question->apart, true)) {
    asio::post(executor, [weak = weak_from_this(), question] {  // not from within c-ares
      if (const auto parts = weak.lock()) parts->send(question);
    });
    return;
  }
  ids.erase(question->id);
  if (!question->done) return;  // too late
  question->deadline.cancel();
  DnsWire wire;
  if (result == ARES_SUCCESS) {
    wire.message.assign(answer, answer + length);
  } else {
    wire.error = error_text(result);
  }
  finish(std::exchange(question->done, nullptr), std::move(wire));
}

CaresChannel::CaresChannel(const Executor& executor, DnsChannelOptions options)
    : parts_(std::make_shared<Parts>(executor, std::move(options))) {
  parts_->channel = parts_->open(false);
}

CaresChannel::~CaresChannel() {
  ares_destroy(parts_->channel);  // answers every question with EDESTRUCTION, lets go of every socket
  if (parts_->channel_apart != nullptr) ares_destroy(parts_->channel_apart);
  parts_->timer.cancel();
}

void CaresChannel::ask(const std::string& name, RecordType type, Done done) { parts_->ask(name, type, std::move(done)); }

const std::string& CaresChannel::server() const { return parts_->options.server; }

std::vector<std::string> system_dns_servers() {
  load_library();
  std::vector<std::string> servers;
  ares_channel channel = nullptr;
  if (ares_init(&channel) == ARES_SUCCESS) {
    ares_addr_port_node* first = nullptr;
    if (ares_get_servers_ports(channel, &first) == ARES_SUCCESS) {
      for (const auto* node = first; node != nullptr; node = node->next) {
        char text[64] = "";
        ares_inet_ntop(node->family, &node->addr, text, sizeof text);
        const std::string port = ":" + std::to_string(node->udp_port == 0 ? 53 : node->udp_port);
        servers.push_back(node->family == AF_INET6 ? "[" + std::string(text) + "]" + port : text + port);
      }
      ares_free_data(first);
    }
    ares_destroy(channel);
  }
  if (servers.empty()) servers.push_back("127.0.0.1:53");
  return servers;
}

}  // namespace mta::real
