#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

#include "conf/draft.h"

namespace conf {
namespace {

template <auto free>
struct Free {
  template <typename Thing>
  void operator()(Thing* thing) const {
    free(thing);
  }
};
using PemText = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

PemText over(const std::string& pem) { return PemText(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

int no_passphrase(char*, int, int, void*) { return 0; }  // otherwise OpenSSL asks on the terminal

}  // namespace

std::string certificate_fault(const std::string& certificate_pem, const std::string& key_pem) {
  const PemText certificate_text = over(certificate_pem), key_text = over(key_pem);
  const Certificate certificate(PEM_read_bio_X509(certificate_text.get(), nullptr, no_passphrase, nullptr));
  const PrivateKey key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_passphrase, nullptr));
  const bool fit = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!certificate) return "the certificate is not PEM (-----BEGIN CERTIFICATE-----)";
  if (!key) return "the private key is not PEM without a passphrase (-----BEGIN PRIVATE KEY-----)";
  return fit ? "" : "the private key is not the one of the certificate";
}

}  // namespace conf
