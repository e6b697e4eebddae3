// tests/unit/mta/submit/post_office.h — the listeners in a simulated world, a spool in memory, and clients who speak line by line.
//
// What      PostOffice opens the listeners of a configuration; TestClient says and hears. FakeSpool remembers what was kept and accepted.
// Units     Virtual time.
// Promise   Everything from one seed; nothing waits in real time.
// Errors    A client that hears nothing any more hears "".
// Source    –
// Not here  assertions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mta/submit/listener.h"
#include "tests/sim/world/world.h"

namespace mta {

struct ReceivedMessage {
  queue::Message message;
  std::vector<queue::Recipient> recipients;
  std::string content;  // all chunks
};

class FakeSpool final : public Spool {
 public:
  explicit FakeSpool(Stopwatch& stopwatch) : stopwatch_(stopwatch) {}
  queue::MessageId new_id() override { return {0x0123456789AB0000ULL + ++ids_}; }
  awaitable<AcceptResult> keep(queue::MessageId, std::uint32_t number, std::string chunk) override;
  awaitable<Acceptance> accept(Incoming) override;
  void forget(queue::MessageId, std::uint32_t chunks) override;
  awaitable<std::string> chunk(queue::MessageId, std::uint32_t number) override;
  awaitable<std::string> wait_too_long(Draft) override;
  bool accepting() const override { return open; }

  bool open = true;
  AcceptResult answer = AcceptResult::kept;
  std::optional<std::uint32_t> full_at;  // the number of the chunk that finds no space
  std::string opens;
  Duration disk_takes{0};
  std::map<std::string, std::string> full;  // recipients whose line is full, with when it opens
  std::vector<Draft> drafts;                // what was asked about
  std::vector<ReceivedMessage> letters;
  std::map<queue::MessageId, std::vector<std::string>> unfinished;  // chunks of no message
  std::size_t chunks_kept = 0, chunks_under_way = 0, most_under_way = 0;

 private:
  Stopwatch& stopwatch_;
  std::uint64_t ids_ = 0;
};

class PostOffice;

class TestClient {
 public:
  TestClient(PostOffice& context, const std::string& from, const std::string& to);
  std::string hear();                        // one reply, its lines joined with '\n', without CRLF; "" when the line is closed
  std::string say(const std::string& line);  // with CRLF added; the reply
  void send(const std::string& octets);      // as they are
  std::string code(const std::string& line) { return say(line).substr(0, 3); }
  std::string mail(const std::string& content);  // a@example.com to b@example.org by DATA; the reply to the dot
  void start_tls();
  void hang_up();
  bool closed() { return hear().empty(); }

 private:
  PostOffice& context_;
  std::unique_ptr<Stream> stream_;
  std::string buffer_;
};

class PostOffice {
 public:
  using Change = std::function<void(conf::Config&)>;
  explicit PostOffice(
      const Change& change = [](conf::Config&) {}, std::uint64_t seed = 7);
  ~PostOffice();

  TestClient connect(const std::string& from = "192.0.2.9", const std::string& to = "192.0.2.1:587") {
    return TestClient(*this, from, to);
  }
  TestClient greeted(const std::string& from = "192.0.2.9");  // after banner and EHLO
  void configure(const Change&);                              // for connections to come
  const ReceivedMessage& only_letter();

  sim::SimWorld world;
  FakeSpool spool;
  Tasks tasks;
  std::shared_ptr<const conf::Config> config;
  std::shared_ptr<const dkim::Signer> signer;
  std::shared_ptr<const TlsIdentity> identity;
  std::vector<Refused> refused;
  std::vector<Marked> unsigned_mail, lacking_bulk, faulty_headers;
  Submission submission;

 private:
  SubmitParts parts();
};

std::string base64(const std::string&);
inline const std::string small_mail = "From: a@example.com\r\nTo: b@example.org\r\nSubject: hello\r\n\r\nbody\r\n";

}  // namespace mta
