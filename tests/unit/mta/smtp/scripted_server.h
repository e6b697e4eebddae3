// tests/unit/mta/smtp/scripted_server.h — a server that plays a script, for tests of clients.
//
// What      Waits for each command in turn and answers as written; keeps everything it was sent. DATA bodies end at CRLF.CRLF, BDAT
//           octets are counted. Several commands in one write are answered one by one.
// Units     Octets; one line of script = one prefix to expect and the answer, CRLFs included.
// Promise   Deterministic: it lives in the simulated world.
// Errors    A command that is not the expected one is answered "599 unexpected" and noted in `surprises`.
// Source    –
// Not here  a real server (mta/submit).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mta/smtp/lines.h"
#include "tests/sim/world/world.h"

namespace mta::testing {

struct Exchange {
  std::string expect;  // how the command begins; "DOT": the body up to its dot; "BDAT": the command and its octets
  std::string answer;  // "": nothing is said
  enum class Then { go_on, close, start_tls, hang } then = Then::go_on;
};

class ScriptedServer {
 public:
  ScriptedServer(sim::SimWorld& world, const std::string& endpoint)
      : world_(world), listener_(world.net.listen(world.loop.outside(), *Endpoint::parse(endpoint))) {}

  // One script a connection, in order of arrival; the last one is played again and again.
  void plays(std::string banner, std::vector<Exchange> script) { plays_.push_back({std::move(banner), std::move(script)}); }
  void start() {  // once, however often it is called
    if (!std::exchange(started_, true)) world_.loop.spawn(world_.loop.outside(), "server", serve(*this));
  }

  std::string heard;                  // all octets, of all connections
  std::vector<std::string> commands;  // lines, without bodies
  std::vector<std::string> bodies;    // as received: dots still doubled
  std::vector<std::string> surprises;
  unsigned connections = 0;
  std::shared_ptr<sim::SimIdentity> identity = std::make_shared<sim::SimIdentity>();

 private:
  struct Play {
    std::string banner;
    std::vector<Exchange> script;
  };

  static awaitable<void> serve(ScriptedServer& self) {
    while (true) {
      std::unique_ptr<Stream> stream = co_await self.listener_->accept(self.world_.loop.outside());
      const std::size_t index = std::min<std::size_t>(self.connections++, self.plays_.size() - 1);
      self.world_.loop.spawn(self.world_.loop.outside(), "connection", talk(self, std::move(stream), self.plays_[index]));
    }
  }

  static awaitable<void> talk(ScriptedServer& self, std::unique_ptr<Stream> stream, Play play) {
    stream->expires_after(std::chrono::hours(24));
    smtp::LineReader lines(*stream, 256U << 10U);
    if (!play.banner.empty()) co_await stream->write(play.banner);
    for (const Exchange& exchange : play.script) {
      const bool expected = co_await self.listen(lines, exchange);
      const std::string answer = expected ? exchange.answer : "599 unexpected\r\n";
      if (!answer.empty()) co_await stream->write(answer);
      if (exchange.then == Exchange::Then::close) co_return co_await stream->shut();
      if (exchange.then == Exchange::Then::hang) break;
      if (exchange.then == Exchange::Then::start_tls) {
        TlsRequest wish;
        wish.identity = self.identity;
        co_await stream->start_tls(wish);
      }
    }
    while (true) {  // the script is over: listen until the client goes
      co_await lines.fill();
      self.heard += lines.pending();
      lines.consume(lines.pending().size());
    }
  }

  awaitable<bool> listen(smtp::LineReader& lines, const Exchange& exchange) {
    if (exchange.expect == "DOT") {
      std::string body;
      while (!body.ends_with("\r\n.\r\n") && body != ".\r\n") {
        if (lines.pending().empty()) co_await lines.fill();
        body += lines.pending().front();
        heard += lines.pending().front();
        lines.consume(1);
      }
      bodies.push_back(body);
      co_return true;
    }
    const smtp::Line line = co_await lines.read_line(100'000);
    const std::string command(line.text);
    heard += command + "\r\n";
    commands.push_back(command);
    if (command.starts_with("BDAT ")) {
      std::string body;
      for (auto left = std::stoul(command.substr(5)); left > 0;) {
        if (lines.pending().empty()) co_await lines.fill();
        const auto take = std::min<std::size_t>(left, lines.pending().size());
        body += lines.pending().substr(0, take);
        lines.consume(take);
        left -= take;
      }
      heard += body;
      bodies.push_back(body);
    }
    const bool expected = command.starts_with(exchange.expect);
    if (!expected) surprises.push_back(command + " (expected " + exchange.expect + ")");
    co_return expected;
  }

  sim::SimWorld& world_;
  std::unique_ptr<Listener> listener_;
  std::vector<Play> plays_;
  bool started_ = false;
};

}  // namespace mta::testing
