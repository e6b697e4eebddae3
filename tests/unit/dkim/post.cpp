#include "post.h"

#include <gtest/gtest.h>

#include <cstring>

#include "dkim/opendkim.h"

namespace dkim::test {

namespace {

const std::vector<KeyOptions>* published = nullptr;

DKIM_CBSTAT look_up(DKIM*, DKIM_SIGINFO* signature, unsigned char* answer, std::size_t room) {
  const std::string domain = reinterpret_cast<const char*>(dkim_sig_getdomain(signature));
  const std::string selector = reinterpret_cast<const char*>(dkim_sig_getselector(signature));
  for (const KeyOptions& key : *published) {
    if (key.domain != domain || key.selector != selector) continue;
    const KeyFacts facts = inspect(key.pem);
    const std::string record =
        std::string("v=DKIM1; k=") + (facts.type == KeyType::rsa ? "rsa" : "ed25519") + "; p=" + facts.public_base64;
    std::strncpy(reinterpret_cast<char*>(answer), record.c_str(), room);
    return DKIM_CBSTAT_CONTINUE;
  }
  return DKIM_CBSTAT_NOTFOUND;
}

std::vector<std::string> split_fields(const std::string& head) {
  std::vector<std::string> fields;
  for (std::size_t at = 0; at < head.size();) {
    std::size_t end = head.find("\r\n", at);
    while (end + 2 < head.size() && (head[end + 2] == ' ' || head[end + 2] == '\t')) end = head.find("\r\n", end + 2);
    fields.push_back(head.substr(at, end - at));
    at = end + 2;
  }
  return fields;
}

}  // namespace

std::vector<std::string> verdicts(const std::string& message, const std::vector<KeyOptions>& keys) {
  published = &keys;
  DKIM_LIB* library = dkim_init(nullptr, nullptr);
  dkim_set_key_lookup(library, look_up);
  DKIM_STAT status = DKIM_STAT_OK;
  static constexpr unsigned char id[] = "test";
  DKIM* handle = dkim_verify(library, id, nullptr, &status);
  const auto end = message.find("\r\n\r\n");
  std::string body = message.substr(end + 4);
  for (std::string& field : split_fields(message.substr(0, end + 2)))
    dkim_header(handle, reinterpret_cast<unsigned char*>(field.data()), field.size());
  dkim_eoh(handle);
  if (!body.empty()) dkim_body(handle, reinterpret_cast<unsigned char*>(body.data()), body.size());
  dkim_eom(handle, nullptr);
  DKIM_SIGINFO** signatures = nullptr;
  int count = 0;
  std::vector<std::string> result;
  if (dkim_getsiglist(handle, &signatures, &count) == DKIM_STAT_OK) {
    for (int i = 0; i < count; ++i) {
      dkim_sig_process(handle, signatures[i]);
      const bool passed = DKIM_SIG_CHECK(signatures[i]);
      result.push_back(std::string(reinterpret_cast<char*>(dkim_sig_getalgorithm(signatures[i]))) + (passed ? " pass" : " fail"));
    }
  }
  dkim_free(handle);
  dkim_close(library);
  return result;
}

}  // namespace dkim::test
