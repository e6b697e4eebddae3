// tests/unit/conf/workshop.h — the bench of the configuration tests.
//
// What      A directory of its own, files put into it, keys and certificates made for it, and configurations loaded from text.
// Units     –
// Promise   Everything is gone afterwards. Nothing outside the directory is needed but the shipped tables.
// Errors    A failed set-up throws.
// Source    –
// Not here  what is tested.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "conf/load.h"

namespace conf {

// The least that loads: a listener and a source. Comes after what a test writes, so its lines begin at 1.
extern const std::string least;

class Workshop : public testing::Test {
 protected:
  Workshop();
  ~Workshop() override;

  std::string put(const std::string& name, const std::string& content, unsigned mode = 0600);  // returns the path
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  Loaded load(const std::string& text) const;                        // "warmupd.toml", on host mta1.example.com
  std::vector<std::string> problems(const std::string& text) const;  // lines; empty when it loads
  std::vector<std::string> warnings(const std::string& text) const;

 private:
  std::string directory_;
};

std::string rsa_key(unsigned bits);                   // PEM
std::string ed25519_key();                            // PEM
std::string certificate(const std::string& key_pem);  // self-signed, PEM

}  // namespace conf
