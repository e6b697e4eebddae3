// Memory and threads.
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "post.h"

namespace dkim::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

long resident_kib() {
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0;
  statm >> size >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

Message small() {
  Message message;
  message.fields = {"From: a@example.com"};
  message.body = "x\r\n";
  return message;
}

// How much resident memory `count` signatures leave behind.
long growth_kib(const std::string& file, int count) {
  const Signer signer({key("example.com", "s", file)});
  const Message message = small();
  for (int i = 0; i < 2'000; ++i) sign(signer, "example.com/s", message);
  malloc_trim(0);
  const long before = resident_kib();
  for (int i = 0; i < count; ++i) sign(signer, "example.com/s", message);
  malloc_trim(0);
  return resident_kib() - before;
}

// libopendkim by itself would leave 55 MiB.
TEST(DkimMemory, AHundredThousandEd25519SignaturesLeaveItWhereItWas) {
  if (sanitized) GTEST_SKIP() << "a sanitizer keeps memory of its own";
  EXPECT_LE(growth_kib("ed25519", 100'000), 512);
}

TEST(DkimMemory, TwentyThousandRsaSignaturesLeaveItWhereItWas) {
  if (sanitized) GTEST_SKIP() << "a sanitizer keeps memory of its own";
  EXPECT_LE(growth_kib("rsa1024", 20'000), 512);
}

TEST(DkimMemory, SignaturesGivenUpHalfWayLeaveNothingEither) {
  if (sanitized) GTEST_SKIP() << "a sanitizer keeps memory of its own";
  const Signer signer({key("example.com", "s", "ed25519")});
  const auto give_up = [&] {
    const auto signature = signer.begin("example.com/s", noon);
    signature->header("From: a@example.com");
    signature->body("only the beginning");
  };
  for (int i = 0; i < 2'000; ++i) give_up();
  const long before = resident_kib();
  for (int i = 0; i < 50'000; ++i) give_up();
  EXPECT_LE(resident_kib() - before, 512);
}

std::string signed_at(const Signer& signer, const Message& message, std::chrono::sys_seconds when) {
  const auto signature = signer.begin("example.com/rsa,example.com/ed", when);
  for (const auto& field : message.fields) signature->header(field);
  signature->body(message.body);
  return signature->finish();
}

TEST(DkimThreads, FourThreadsSignThroughOneSigner) {
  const std::vector<KeyOptions> keys{key("example.com", "rsa", "rsa1024"), key("example.com", "ed", "ed25519")};
  const Signer signer(keys);
  std::vector<std::string> lines(4);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::size_t self = 0; self < lines.size(); ++self) {
    threads.emplace_back([&, self] {
      Message own;
      own.body = std::string(self * 1'000, 'x') + "\r\n";
      for (int i = 0; i < 200; ++i) {
        // The clock goes on, so that library handles are lent, returned and set anew while others sign.
        lines[self] = signed_at(signer, own, noon + std::chrono::seconds{i / 10});
        wrong += lines[self].find("t=" + std::to_string(1'790'000'000 + i / 10) + ";") == std::string::npos ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  for (std::size_t self = 0; self < lines.size(); ++self) {
    Message own;
    own.body = std::string(self * 1'000, 'x') + "\r\n";
    EXPECT_EQ(verdicts(own.text(lines[self]), keys), (std::vector<std::string>{"rsa-sha256 pass", "ed25519-sha256 pass"}));
  }
}

TEST(DkimThreads, ASignatureMayBeBegunOnOneThreadAndFinishedOnAnother) {
  const std::vector<KeyOptions> keys{key("example.com", "s", "rsa1024")};
  const Signer signer(keys);
  const Message message;
  auto signature = signer.begin("example.com/s", noon);
  for (const auto& field : message.fields) signature->header(field);
  std::string line;
  std::thread([&] {
    signature->body(message.body);
    line = signature->finish();
    signature.reset();
  }).join();
  EXPECT_EQ(verdicts(message.text(line), keys), std::vector<std::string>{"rsa-sha256 pass"});
}

}  // namespace
}  // namespace dkim::test
