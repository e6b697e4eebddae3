// mta/doors/world.h — everything the program cannot decide for itself enters here.
//
// What      The doors between decisions and the outside: clocks, network, names, disk, threads, chance. `mta/real` opens them to
//           the operating system, `tests/sim` to a simulated town. Nothing else names a clock, a socket, a thread or a random device.
// Units     Instant: UTC milliseconds of scheduling time. Durations carry their unit.
// Promise   A coroutine resumes on the executor it runs on. After `close()` a pending operation fails; it never hangs.
// Errors    Streams throw StreamLost; nothing else here throws unless it says so.
// Source    DESIGN.md §5.
// Not here  protocol (mta/smtp), what to do about a failure (mta/deliver).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rocksdb {
class Env;
}

namespace mta {

namespace asio = boost::asio;
template <class T>
using awaitable = asio::awaitable<T>;
using Executor = asio::any_io_executor;

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

// One timer with one owner. `set` replaces what was set; the callback runs on the executor given at creation, never inside `set`.
// After `clear` or destruction it does not run any more (both must be called on that executor).
class Alarm {
 public:
  virtual ~Alarm() = default;
  virtual void set(Instant when) = 0;  // an instant in the past: as soon as possible
  virtual void clear() = 0;
};

// Time since this boot shows what the wall clock hides: a clock that was set, a host that slept. `id` tells boots apart.
struct BootClock {
  std::string id;
  Duration since{0};  // of scheduling time
  friend bool operator==(const BootClock&, const BootClock&) = default;
};

// Scheduling time: days, retries, back-off. Scaled in rehearsal.
class Calendar {
 public:
  virtual ~Calendar() = default;
  virtual Instant now() const = 0;
  virtual BootClock boot() const = 0;
  virtual Instant wall() const { return now(); }                     // the time of day, never scaled
  virtual Duration scheduling(Duration real) const { return real; }  // how long a span of real time is in ours
  virtual std::unique_ptr<Alarm> alarm(Executor, std::function<void()>) = 0;
};

// I/O time: never scaled. Monotonic.
class Stopwatch {
 public:
  virtual ~Stopwatch() = default;
  virtual std::chrono::steady_clock::time_point now() const = 0;
  virtual awaitable<void> wait_for(Duration) = 0;
};

struct Endpoint {
  asio::ip::address address;
  std::uint16_t port = 0;
  std::string text() const;  // "192.0.2.1:25", "[2001:db8::1]:25"
  static std::optional<Endpoint> parse(std::string_view);
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Why a stream is gone. `refused`, `unreachable` and `no_source` (the address to connect from is not on this host) come from connect;
// `shut` is our own close().
enum class Loss { eof, timeout, reset, refused, unreachable, no_source, tls, shut, slow };
std::string_view name(Loss);

struct StreamLost : std::runtime_error {
  StreamLost(Loss loss_in, const std::string& detail) : std::runtime_error(detail), loss(loss_in) {}
  Loss loss;
};

// A server certificate with its key, loaded by Net; opaque here.
class TlsIdentity {
 public:
  virtual ~TlsIdentity() = default;
};

struct TlsRequest {
  std::shared_ptr<const TlsIdentity> identity;  // set: we are the server
  std::string host;                             // we are the client: SNI and the name to verify
  bool verify = false;                          // refuse a certificate that does not verify for `host`
  std::string session_key;                      // client: sessions are resumed among wishes with the same key; "" = never
};

struct TlsFacts {
  std::string version;    // "TLSv1.3"
  std::string cipher;     // "TLS_AES_256_GCM_SHA384"
  bool verified = false;  // chain and name
  bool resumed = false;
  std::string verify_error;  // why not verified, "" when it is
};

// A connected byte stream. One reader and one writer at a time; all calls from its own executor.
class Stream {
 public:
  virtual ~Stream() = default;
  // Every operation that has not ended within `limit` from this call closes the stream and throws StreamLost{timeout}. Stays in
  // force for all later operations until set again. A stream starts without one: always set it before the first operation.
  virtual void expires_after(Duration limit) = 0;
  virtual awaitable<std::size_t> read_some(std::span<char>) = 0;  // ≥ 1; the end is StreamLost{eof}
  // Something has arrived that was not read, or the end has: read_some() would not wait. Takes nothing, waits for nothing.
  virtual bool has_arrived() = 0;
  virtual awaitable<void> write(std::string_view) = 0;  // all of it; when it fails, what had arrived can still be read
  // Bytes read before but not consumed are the caller's to discard (RFC 3207 §4.2). A failed handshake closes the stream.
  virtual awaitable<TlsFacts> start_tls(TlsRequest) = 0;
  virtual awaitable<void> shut() = 0;  // orderly end: TLS close_notify when encrypted, then close; never throws, bounded in time
  virtual void close() noexcept = 0;   // at once
  virtual Endpoint local() const = 0;
  virtual Endpoint remote() const = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // The stream lives on `home`; StreamLost{shut} after close.
  virtual awaitable<std::unique_ptr<Stream>> accept(Executor home) = 0;
  virtual void close() noexcept = 0;
  virtual Endpoint local() const = 0;
};

class Net {
 public:
  virtual ~Net() = default;
  virtual std::unique_ptr<Listener> listen(Executor, const Endpoint&) = 0;  // throws std::runtime_error with a text for people
  // From the local address `from` (unset: the kernel's choice); StreamLost{refused|unreachable|timeout}.
  virtual awaitable<std::unique_ptr<Stream>> connect(std::optional<asio::ip::address> from, Endpoint to, Duration limit) = 0;
  // Throws for people.
  virtual std::shared_ptr<const TlsIdentity> load_identity(const std::string& certificate, const std::string& key) = 0;
};

enum class RecordType { a, aaaa, mx, txt, cname, ptr, tlsa };
struct Record {
  RecordType type = RecordType::a;
  std::uint16_t preference = 0;  // MX
  std::string value;             // address text, host name without the trailing dot (MX/CNAME/PTR; "" is the root: null MX), text
};
// `ok` with no records: the name exists, the record does not (no data). `failed`: SERVFAIL, REFUSED, time-out: it is not known.
enum class Rcode { ok, nxdomain, failed };
struct DnsAnswer {
  Rcode rcode = Rcode::failed;
  std::vector<Record> records;  // of the type asked for, CNAMEs already followed
  std::chrono::seconds ttl{0};  // the least over the chain; for nxdomain / no data the negative TTL
  bool authentic = false;       // AD bit from a resolver we trust
  std::string detail;           // for people, when failed: "SERVFAIL from 127.0.0.1:5353"
};
class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual awaitable<DnsAnswer> ask(std::string name, RecordType type) = 0;  // cached by TTL, single flight; never throws
};

// A pool for work that would hold up a conversation: password hashes, big signatures, cold reads. Inline in the simulator.
class Work {
 public:
  virtual ~Work() = default;
  virtual awaitable<void> run(std::function<void()> job) = 0;  // rethrows what the job throws
};

class Dice {
 public:
  virtual ~Dice() = default;
  virtual std::uint64_t roll() = 0;                                            // uniform over 64 bits; thread-safe
  double fraction() { return static_cast<double>(roll() >> 11) * 0x1.0p-53; }  // [0, 1)
};

// A file of lines that only grows. What a crash left of a line is cut off when the file is opened: its writer writes it again.
class Appender {
 public:
  virtual ~Appender() = default;
  virtual bool append(std::string_view) = 0;  // false: did not go out whole; the caller tries again later
  virtual bool sync() = 0;                    // false: what was appended may not survive a power loss
  // From now on a file of at least `size` octets is synced and moved to PATH.1 before the next append, PATH.1 to PATH.2 and so on; `kept`
  // of those stay.
  virtual void rotate_at(std::uint64_t size, unsigned kept) = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual rocksdb::Env* env() = 0;  // nullptr: RocksDB's default
  virtual std::uint64_t free_bytes(const std::string& path) = 0;
  virtual std::unique_ptr<Appender> open_append(const std::string& path) = 0;  // throws for people
};

class Threads {
 public:
  virtual ~Threads() = default;
  virtual Executor io() = 0;         // the next conversation's home, in turn
  virtual Executor scheduler() = 0;  // the one thread that decides and writes (DESIGN.md §4.1)
  virtual Executor syncer() = 0;     // the one thread that waits for the disk
};

struct World {
  Calendar& calendar;
  Stopwatch& stopwatch;
  Net& net;
  Resolver& resolver;
  Work& work;
  Dice& dice;
  Disk& disk;
  Threads& threads;
};

}  // namespace mta
