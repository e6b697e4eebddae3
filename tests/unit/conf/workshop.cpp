#include "tests/unit/conf/workshop.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace conf {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio fresh_bio() { return Bio(BIO_new(BIO_s_mem()), &BIO_free_all); }

std::string content(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem(EVP_PKEY* made) {
  const Key key(made, &EVP_PKEY_free);
  const Bio bio = fresh_bio();
  if (PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::runtime_error("no key");
  return content(bio);
}

std::vector<std::string> lines(const std::vector<Problem>& problems) {
  std::vector<std::string> made;
  for (const auto& problem : problems) made.push_back(problem.line());
  return made;
}

}  // namespace

const std::string least = "[[listener]]\naddress = \"127.0.0.1:0\"\n[[source]]\nname = \"ip-1\"\naddress = \"192.0.2.1\"\n";

Workshop::Workshop() {
  std::string name = testing::TempDir() + "conf-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory " + name);
  directory_ = name;
}

Workshop::~Workshop() { std::filesystem::remove_all(directory_); }

std::string Workshop::put(const std::string& name, const std::string& content, unsigned mode) {
  std::ofstream(path(name), std::ios::binary) << content;
  ::chmod(path(name).c_str(), mode);
  return path(name);
}

Loaded Workshop::load(const std::string& text) const { return load_text(text, "warmupd.toml", "mta1.example.com"); }

std::vector<std::string> Workshop::problems(const std::string& text) const {
  try {
    load(text);
  } catch (const ConfigError& error) {
    return lines(error.problems);
  }
  return {};
}

std::vector<std::string> Workshop::warnings(const std::string& text) const { return lines(load(text).warnings); }

std::string rsa_key(unsigned bits) { return pem(EVP_RSA_gen(bits)); }

std::string ed25519_key() { return pem(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

std::string certificate(const std::string& key_pem) {
  const Bio text(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())), &BIO_free_all);
  const Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  ASN1_TIME_set_string_X509(X509_getm_notBefore(made.get()), "20200101000000Z");
  ASN1_TIME_set_string_X509(X509_getm_notAfter(made.get()), "20491231235959Z");
  X509_set_pubkey(made.get(), key.get());
  const auto* name = reinterpret_cast<const unsigned char*>("mta1.example.com");
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC, name, -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  const Bio bio = fresh_bio();
  const bool written = X509_sign(made.get(), key.get(), EVP_sha256()) > 0 && PEM_write_bio_X509(bio.get(), made.get()) == 1;
  if (!written) throw std::runtime_error("no certificate");
  return content(bio);
}

}  // namespace conf
