#include "mta/submit/credentials.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>

#include "queue/ensure.h"

namespace mta {
namespace {

constexpr std::uint64_t hashes_at_once = 4;  // yescrypt takes 16 MiB each
constexpr auto remembered_for = std::chrono::minutes(5);
constexpr std::size_t most_remembered = 1024;
// What an unknown user's password is hashed with when the users file has nobody to compare with.
constexpr const char* nobody = "$y$j9T$nobodynobodynobodynob.$0000000000000000000000000000000000000000000";

}  // namespace

bool password_matches(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();
  std::memset(data.get(), 0, sizeof(crypt_data));
  const char* computed = crypt_r(password.c_str(), hash.c_str(), data.get());
  const bool usable = computed != nullptr && computed[0] != '*' && std::strlen(computed) == hash.size() && !hash.empty();
  const bool same = usable && CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(data.get(), sizeof(crypt_data));
  return same;
}

Credentials::Credentials(World world) : world_(world), at_once_(hashes_at_once) {
  for (std::size_t i = 0; i < key_.size(); i += 8) {
    const auto roll = world_.dice.roll();
    std::memcpy(key_.data() + i, &roll, 8);
  }
}

Credentials::Digest Credentials::digest(const Login& login, const std::string& hash) const {
  std::string text = login.user;
  text.append(1, '\0').append(hash).append(1, '\0').append(login.password);
  Digest result{};
  unsigned size = 0;
  const auto* made = HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data(), &size);
  ENSURE(made != nullptr && size == result.size());
  OPENSSL_cleanse(text.data(), text.size());
  return result;
}

bool Credentials::remembers(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = until_.find(digest);
  return found != until_.end() && world_.stopwatch.now() < found->second;
}

void Credentials::remember(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto now = world_.stopwatch.now();
  std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; });
  if (until_.size() >= most_remembered) until_.clear();
  until_[digest] = now + remembered_for;
}

std::size_t Credentials::hashed() const {
  const std::lock_guard lock(mutex_);
  return hashed_;
}

awaitable<const conf::User*> Credentials::check(std::shared_ptr<const conf::Config> config, Login login) {
  const auto found = config->users.find(login.user);
  const bool known = found != config->users.end();
  const std::string hash = known ? found->second.hash : config->users.empty() ? nobody : config->users.begin()->second.hash;
  const auto remembered = digest(login, hash);
  if (known && remembers(remembered)) co_return &found->second;
  MemoryGate::MemoryClaim turn(at_once_);
  co_await turn.grow(1);
  bool right = false;
  std::function<void()> job = [&right, &login, &hash] { right = password_matches(login.password, hash); };
  co_await world_.work.run(std::move(job));
  turn.shrink(0);
  OPENSSL_cleanse(login.password.data(), login.password.size());
  {
    const std::lock_guard lock(mutex_);
    ++hashed_;
  }
  if (!right || !known) co_return nullptr;
  remember(remembered);
  co_return &found->second;
}

}  // namespace mta
