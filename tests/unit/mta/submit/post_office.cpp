#include "tests/unit/mta/submit/post_office.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace mta {
namespace {

std::shared_ptr<const conf::Config> usual(const PostOffice::Change& change) {
  auto config = std::make_shared<conf::Config>();
  config->hostname = "mta1.example.com";
  config->postmaster = "postmaster@example.com";
  config->classes.resize(3);
  config->classes[0].name = "transactional";
  config->classes[1].name = "bulk";
  config->classes[2].name = "letters";
  conf::ListenerOptions listener;
  listener.address = "192.0.2.1:587";
  listener.relay_from = {*conf::Network::parse("192.0.2.0/24"), *conf::Network::parse("127.0.0.0/8")};
  config->listeners.push_back(listener);
  change(*config);
  return config;
}

awaitable<std::string> read_line(Stream& stream, std::string& buffer) {
  while (buffer.find("\r\n") == std::string::npos) {
    char octets[4096];
    stream.expires_after(std::chrono::hours(1));
    const auto got = co_await stream.read_some(octets);
    buffer.append(octets, got);
  }
  const auto end = buffer.find("\r\n");
  std::string line = buffer.substr(0, end);
  buffer.erase(0, end + 2);
  co_return line;
}

awaitable<std::string> read_reply(Stream& stream, std::string& buffer) {
  std::string reply;
  try {
    while (true) {
      const auto line = co_await read_line(stream, buffer);
      reply += (reply.empty() ? "" : "\n") + line;
      if (line.size() < 4 || line[3] != '-') co_return reply;
    }
  } catch (const StreamLost&) {
    reply.clear();
  }
  co_return reply;
}

awaitable<void> write_all(Stream& stream, std::string octets) {
  stream.expires_after(std::chrono::hours(1));
  try {
    co_await stream.write(octets);
  } catch (const StreamLost&) {
    octets.clear();  // the reply that is missing will tell
  }
}

awaitable<std::unique_ptr<Stream>> dial(Net& net, asio::ip::address from, Endpoint to) {
  auto stream = co_await net.connect(from, to, std::chrono::minutes(1));
  co_return stream;
}

awaitable<void> shake_hands(Stream& stream) {
  stream.expires_after(std::chrono::hours(1));
  TlsRequest request;
  request.host = "mta1.example.com";
  co_await stream.start_tls(std::move(request));
}

}  // namespace

awaitable<AcceptResult> FakeSpool::keep(queue::MessageId id, std::uint32_t number, std::string chunk) {
  EXPECT_EQ(chunk.size(), chunk_bytes);
  most_under_way = std::max(most_under_way, ++chunks_under_way);
  if (disk_takes.count() > 0) co_await stopwatch_.wait_for(disk_takes);
  --chunks_under_way;
  if (full_at == number) co_return AcceptResult::no_space;
  ++chunks_kept;
  auto& chunks = unfinished[id];
  EXPECT_EQ(chunks.size(), number);
  chunks.push_back(std::move(chunk));
  co_return AcceptResult::kept;
}

awaitable<Acceptance> FakeSpool::accept(Incoming incoming) {
  if (disk_takes.count() > 0) co_await stopwatch_.wait_for(disk_takes);
  if (answer != AcceptResult::kept) co_return Acceptance{answer, ""};
  ReceivedMessage letter{incoming.message, std::move(incoming.recipients), ""};
  for (auto& chunk : unfinished[letter.message.id]) letter.content += chunk;
  unfinished.erase(letter.message.id);
  letter.content += incoming.tail;
  EXPECT_EQ(letter.message.size, letter.content.size());
  EXPECT_EQ(letter.message.chunks, (letter.content.size() + chunk_bytes - 1) / chunk_bytes);
  letters.push_back(std::move(letter));
  co_return Acceptance{AcceptResult::kept, opens};
}

awaitable<std::string> FakeSpool::wait_too_long(Draft draft) {
  drafts.push_back(draft);
  const auto found = full.find(draft.recipient);
  co_return found == full.end() ? "" : found->second;
}

awaitable<std::string> FakeSpool::chunk(queue::MessageId id, std::uint32_t number) {
  const auto found = unfinished.find(id);
  if (found == unfinished.end() || number >= found->second.size()) throw std::runtime_error("the chunk is not there");
  co_return found->second[number];
}

void FakeSpool::forget(queue::MessageId id, std::uint32_t) { unfinished.erase(id); }

PostOffice::PostOffice(const Change& change, std::uint64_t seed)
    : world(seed),
      spool(world.stopwatch),
      config(usual(change)),
      identity(std::make_shared<sim::SimIdentity>()),
      submission(parts()) {
  submission.open();
}

PostOffice::~PostOffice() { world.loop.kill_process(); }

SubmitParts PostOffice::parts() {
  return {.world = world.plain(),
          .tasks = tasks,
          .spool = spool,
          .current =
              [this] {
                return Snapshot{config, signer, identity};
              },
          .refused = [this](const Refused& event) { refused.push_back(event); },
          .unsigned_mail = [this](const Marked& mark) { unsigned_mail.push_back(mark); },
          .lacking_bulk = [this](const Marked& mark) { lacking_bulk.push_back(mark); },
          .faulty_header = [this](const Marked& mark) { faulty_headers.push_back(mark); }};
}

void PostOffice::configure(const Change& change) {
  auto changed = std::make_shared<conf::Config>(*config);
  change(*changed);
  config = changed;
  submission.reload();
}

const ReceivedMessage& PostOffice::only_letter() {
  EXPECT_EQ(spool.letters.size(), 1U);
  static const ReceivedMessage none;
  return spool.letters.empty() ? none : spool.letters.front();
}

TestClient PostOffice::greeted(const std::string& from) {
  auto client = connect(from);
  client.hear();
  client.say("EHLO client.example");
  return client;
}

TestClient::TestClient(PostOffice& context, const std::string& from, const std::string& to)
    : context_(context),
      stream_(context.world.loop.run(dial(context.world.net, asio::ip::make_address(from), *Endpoint::parse(to)))) {}

std::string TestClient::hear() { return context_.world.loop.run(read_reply(*stream_, buffer_)); }
void TestClient::send(const std::string& octets) { context_.world.loop.run(write_all(*stream_, octets)); }

std::string TestClient::say(const std::string& line) {
  send(line + "\r\n");
  return hear();
}

std::string TestClient::mail(const std::string& content) {
  say("MAIL FROM:<a@example.com>");
  say("RCPT TO:<b@example.org>");
  const auto reply = say("DATA");
  return reply.starts_with("354") ? say(content + ".") : reply;
}

void TestClient::start_tls() { context_.world.loop.run(shake_hands(*stream_)); }

void TestClient::hang_up() {
  stream_->close();
  context_.world.loop.settle();
  context_.world.loop.pass(std::chrono::seconds(1));
}

std::string base64(const std::string& text) {
  std::string result(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  result.resize(static_cast<std::size_t>(size));
  return result;
}

}  // namespace mta
