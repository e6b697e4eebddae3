// tests/unit/mta/real/certificate.h — certificates made on the spot.
//
// What      A directory of its own with a key and a certificate for some names, signed by itself or by another one.
// Units     Valid from an hour ago, for a day; or expired.
// Promise   The files vanish with the object.
// Errors    Aborts the test program.
// Source    RFC 5280.
// Not here  what is done with them.
#pragma once

#include <filesystem>
#include <string>

namespace mta::real {

class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

enum class Age { fresh, expired };

class Certificate {
 public:
  explicit Certificate(const std::string& host, Age age = Age::fresh);  // signed by itself
  std::string certificate() const { return directory_.file("certificate.pem"); }
  std::string key() const { return directory_.file("key.pem"); }

 private:
  ScratchDirectory directory_;
};

}  // namespace mta::real
