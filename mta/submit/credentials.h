// mta/submit/credentials.h — is this the user's password?
//
// What      Checks passwords against crypt(3) hashes of the users file, off the io threads, and remembers for a short time what was right.
// Units     –
// Promise   Few hashes run at once, however many ask. An unknown user costs as much as a wrong password. The memory holds a keyed digest
//           of user, password and the very hash it was checked against: a changed users file makes it worthless. Thread-safe.
// Errors    None: what cannot be checked is not right.
// Source    crypt(3) of libxcrypt (yescrypt and older methods); RFC 4954 §9.
// Not here  the SASL exchange (sasl.h), how often somebody may try (server_session.h).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "conf/config.h"
#include "mta/doors/world.h"
#include "mta/submit/memory_gate.h"

namespace mta {

struct Login {
  std::string user, password;
};

class Credentials {
 public:
  explicit Credentials(World);

  // The user's row inside `config`, or nullptr.
  awaitable<const conf::User*> check(std::shared_ptr<const conf::Config> config, Login login);
  std::size_t hashed() const;  // how many hashes were computed

 private:
  using Digest = std::array<unsigned char, 32>;
  using Time = std::chrono::steady_clock::time_point;
  Digest digest(const Login&, const std::string& hash) const;
  bool remembers(const Digest&);
  void remember(const Digest&);

  World world_;
  std::array<unsigned char, 32> key_{};
  mutable std::mutex mutex_;
  std::map<Digest, Time> until_;
  std::size_t hashed_ = 0;
  MemoryGate at_once_;
};

// crypt(3) of `password` gives `hash`. Slow on purpose.
bool password_matches(const std::string& password, const std::string& hash);

}  // namespace mta
