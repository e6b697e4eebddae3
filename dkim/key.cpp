#include "dkim/key.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <vector>

namespace dkim {

namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

int no_passphrase(char*, int, int, void*) { return -1; }  // without a callback OpenSSL would ask on the terminal

std::string base64(const unsigned char* octets, std::size_t count) {
  std::string text((count + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), octets, static_cast<int>(count));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// Why a text gave no private key.
std::string what_else(const std::string& pem) {
  const auto has = [&](const char* mark) { return pem.find(mark) != std::string::npos; };
  if (pem.find_first_not_of(" \t\r\n") == std::string::npos) return "the key file is empty";
  if (!has("-----BEGIN ")) return "not a PEM file: expected a line \"-----BEGIN PRIVATE KEY-----\"";
  if (has("BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED"))
    return "the private key is encrypted; a daemon cannot ask for the passphrase: store the key without one (openssl pkey -in … "
           "-out …)";
  if (has("BEGIN OPENSSH PRIVATE KEY")) return "an OpenSSH key; expected a PEM private key (openssl genpkey -algorithm …)";
  if (has(" PRIVATE KEY-----")) return "the private key is damaged: OpenSSL cannot read it";
  if (has("PUBLIC KEY-----")) return "a public key; expected the private key (the public one belongs in DNS)";
  if (has("BEGIN CERTIFICATE")) return "a certificate; expected a private key";
  if (has("BEGIN EC PARAMETERS")) return "parameters of an elliptic curve; expected an RSA or Ed25519 private key";
  return "a PEM file without a private key; expected a line \"-----BEGIN PRIVATE KEY-----\"";
}

ParsedKey read(const std::string& pem) {
  const Bio text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  ParsedKey key(text ? PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr) : nullptr);
  ERR_clear_error();
  return key;
}

KeyType type_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: {
      // RFC 8301 §3.2: signers use at least 1024 bits.
      const int bits = EVP_PKEY_get_bits(key);
      if (bits < 1024) throw KeyError(fmt::format("an RSA key of {} bits; expected at least 1024 (2048 is customary)", bits));
      return KeyType::rsa;
    }
    case EVP_PKEY_ED25519: return KeyType::ed25519;  // RFC 8463 §3
    case EVP_PKEY_EC: throw KeyError("an elliptic curve (ECDSA) key; DKIM knows RSA and Ed25519");
    case EVP_PKEY_RSA_PSS: throw KeyError("an RSA-PSS key; DKIM wants a plain RSA key (PKCS #1 v1.5 signatures)");
    default: {
      const char* name = EVP_PKEY_get0_type_name(key);
      throw KeyError(fmt::format("a key of type {}; DKIM knows RSA and Ed25519", name == nullptr ? "unknown" : name));
    }
  }
}

// Signs a text and verifies it: finds a file whose private and public numbers do not belong together.
bool halves_agree(EVP_PKEY* key, KeyType type) {
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MD_CTX, FreeContext> sign(EVP_MD_CTX_new()), verify(EVP_MD_CTX_new());
  const EVP_MD* digest = type == KeyType::rsa ? EVP_sha256() : nullptr;
  const std::array<unsigned char, 4> text{'D', 'K', 'I', 'M'};
  std::vector<unsigned char> signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t length = signature.size();
  const bool agreed = EVP_DigestSignInit(sign.get(), nullptr, digest, nullptr, key) == 1 &&
                      EVP_DigestSign(sign.get(), signature.data(), &length, text.data(), text.size()) == 1 &&
                      EVP_DigestVerifyInit(verify.get(), nullptr, digest, nullptr, key) == 1 &&
                      EVP_DigestVerify(verify.get(), signature.data(), length, text.data(), text.size()) == 1;
  ERR_clear_error();
  return agreed;
}

struct CheckedKey {
  ParsedKey key;
  KeyType type;
};

CheckedKey read_checked(const std::string& pem) {
  ParsedKey key = read(pem);
  if (!key) throw KeyError(what_else(pem));
  const KeyType type = type_of(key.get());
  if (!halves_agree(key.get(), type)) throw KeyError("the private and the public part of the key do not belong together");
  return {std::move(key), type};
}

std::string public_base64(EVP_PKEY* key, KeyType type) {
  if (type == KeyType::ed25519) {  // RFC 8463 §4.2: the 32 octets, not wrapped in ASN.1
    std::array<unsigned char, 32> raw{};
    std::size_t length = raw.size();
    if (EVP_PKEY_get_raw_public_key(key, raw.data(), &length) != 1) throw KeyError("the public key cannot be derived");
    return base64(raw.data(), length);
  }
  unsigned char* der = nullptr;  // RFC 6376 §3.6.1 as everybody publishes it: a SubjectPublicKeyInfo
  const int length = i2d_PUBKEY(key, &der);
  if (length <= 0) throw KeyError("the public key cannot be derived");
  std::string text = base64(der, static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return text;
}

std::string as_pkcs8(EVP_PKEY* key) {
  const Bio text(BIO_new(BIO_s_mem()));
  if (!text || PEM_write_bio_PKCS8PrivateKey(text.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw KeyError("the key cannot be written as PKCS #8");
  char* octets = nullptr;
  const long length = BIO_get_mem_data(text.get(), &octets);
  return {octets, static_cast<std::size_t>(length)};
}

// A name as it stands in d= and s= (RFC 6376 §3.5): letters, digits, hyphens, underscores, in labels.
void check_name(const std::string& name, const char* role) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  const bool labels =
      !name.empty() && name.size() <= 253 && name.front() != '.' && name.back() != '.' && name.find("..") == std::string::npos;
  if (!plain || !labels)
    throw KeyError(
        fmt::format("{} \"{}\": expected a DNS name in ASCII (international names as xn--…), no dot at either end", role, name));
}

}  // namespace

KeyFacts inspect(const std::string& pem) {
  const CheckedKey read = read_checked(pem);
  const auto bits = read.type == KeyType::rsa ? static_cast<unsigned>(EVP_PKEY_get_bits(read.key.get())) : 256U;
  return {read.type, bits, public_base64(read.key.get(), read.type)};
}

Key checked(const KeyOptions& options) {
  try {
    check_name(options.domain, "domain");
    check_name(options.selector, "selector");
    CheckedKey read = read_checked(options.pem);
    Key key{options.domain, options.selector, options.subdomains, read.type, as_pkcs8(read.key.get())};
    for (char& c : key.domain)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return key;
  } catch (const KeyError& error) {
    const std::string where = options.file.empty() ? "" : " (" + options.file + ")";
    throw KeyError(fmt::format("DKIM key {}/{}{}: {}", options.domain, options.selector, where, error.what()));
  }
}

ParsedKey parse_checked(const std::string& pem) { return read(pem); }

}  // namespace dkim
