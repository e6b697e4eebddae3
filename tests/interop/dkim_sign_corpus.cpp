// Signs every message of a folder with an RSA and an Ed25519 key, as intake would, and writes what delivery would send.
//   dkim_sign_corpus active|inactive CORPUS SIGNED RSA.pem ED25519.pem
// The first argument is what the key cache has to be in this executable. SIGNED/dns.txt gets "name TAB record" for the verifiers.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "dkim/signer.h"

namespace {

namespace fs = std::filesystem;
constexpr std::chrono::sys_seconds signing_time{std::chrono::seconds{1'700'000'000}};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return text.str();
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

// `message` with the signatures in front and its last line ended.
std::string signed_message(const dkim::Signer& signer, std::string message) {
  if (message.find("\r\n\r\n") == std::string::npos) throw std::runtime_error("no empty line after the header");
  const auto signature = signer.begin(signer.keys_for("example.com"), signing_time);
  std::size_t at = 0;
  while (!std::string_view(message).substr(at).starts_with("\r\n")) {
    std::size_t end = message.find("\r\n", at);
    while (message[end + 2] == ' ' || message[end + 2] == '\t') end = message.find("\r\n", end + 2);
    signature->header(std::string_view(message).substr(at, end - at));
    at = end + 2;
  }
  const std::string_view body = std::string_view(message).substr(at + 2);
  signature->body(body.substr(0, body.size() / 3));  // in two unequal parts
  signature->body(body.substr(body.size() / 3));
  const std::string lines = signature->finish();
  if (!message.ends_with("\r\n")) message += "\r\n";
  return lines + message;
}

std::string record(const std::string& selector, const std::string& pem) {
  const dkim::KeyFacts facts = dkim::inspect(pem);
  return fmt::format("{}._domainkey.example.com\tv=DKIM1; k={}; p={}\n", selector,
                     facts.type == dkim::KeyType::rsa ? "rsa" : "ed25519", facts.public_base64);
}

int run(const std::vector<std::string>& words) {
  if (words.size() != 5) {
    std::cerr << "usage: dkim_sign_corpus active|inactive CORPUS SIGNED RSA.pem ED25519.pem\n";
    return 64;
  }
  const std::string cache = dkim::key_cache_active() ? "active" : "inactive";
  if (cache != words[0]) {
    std::cerr << "the key cache is " << cache << ", expected " << words[0] << "\n";
    return 1;
  }
  const fs::path corpus = words[1], result = words[2];
  const std::string rsa = read(words[3]), ed = read(words[4]);
  fs::remove_all(result);
  fs::create_directories(result);
  const dkim::Signer signer({{"example.com", "rsa", true, rsa, words[3]}, {"example.com", "ed", true, ed, words[4]}});
  write(result / "dns.txt", record("rsa", rsa) + record("ed", ed));
  int count = 0;
  for (const auto& entry : fs::directory_iterator(corpus)) {
    write(result / entry.path().filename(), signed_message(signer, read(entry.path())));
    ++count;
  }
  std::cout << count << " messages signed, dkim key cache: " << cache << "\n";
  return count > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run({words + 1, words + count});
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
