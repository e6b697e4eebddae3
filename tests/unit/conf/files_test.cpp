// The files that a configuration names: keys, certificates, users, provider tables.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/conf/workshop.h"

namespace conf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

class DkimKeys : public Workshop {
 protected:
  static std::string key(const std::string& domain, const std::string& selector, const std::string& file) {
    return "[[dkim.key]]\ndomain = \"" + domain + "\"\nselector = \"" + selector + "\"\nfile = \"" + file + "\"\n";
  }
};

TEST_F(DkimKeys, AreReadAndKept) {
  const auto pem = rsa_key(2048);
  const auto loaded =
      load(key("Example.com", "s1", put("rsa.pem", pem)) + key("example.com", "e1", put("ed.pem", ed25519_key())) + least);
  ASSERT_EQ(loaded.config.dkim_keys.size(), 2U);
  EXPECT_EQ(loaded.config.dkim_keys[0].domain, "example.com");
  EXPECT_EQ(loaded.config.dkim_keys[0].pem, pem);
  EXPECT_TRUE(loaded.config.dkim_keys[0].subdomains);
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST_F(DkimKeys, ThatAreNoneAreRefusedAtTheirLine) {
  const auto file = put("bad.pem", "not a key\n");
  const auto found = problems(key("example.com", "s1", file) + least);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], StartsWith("warmupd.toml:4: dkim.key.file: " + file + ": "));
  EXPECT_THAT(problems(key("example.com", "s1", path("none.pem")) + least),
              ElementsAre("warmupd.toml:4: dkim.key.file: cannot read " + path("none.pem") + ": No such file or directory"));
}

TEST_F(DkimKeys, ThatAreNoFilesAreNamedAsWhatTheyAre) {
  const auto said = [&](const std::string& name) { return problems(key("example.com", "s1", path(name)) + least); };
  const auto fault = [&](const std::string& name, const std::string& reason) {
    return "warmupd.toml:4: dkim.key.file: cannot read " + path(name) + ": " + reason;
  };
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(said("pipe"), ElementsAre(fault("pipe", "expected a file, found a pipe")));
  ASSERT_EQ(::mkdir(path("folder").c_str(), 0700), 0);
  EXPECT_THAT(said("folder"), ElementsAre(fault("folder", "expected a file, found a folder")));
  ASSERT_EQ(::symlink("/nowhere", path("link").c_str()), 0);
  EXPECT_THAT(said("link"), ElementsAre(fault("link", "it is a link to /nowhere, which is not there")));
}

TEST_F(DkimKeys, ThatAreShortOrExposedDrawWarnings) {
  const auto file = put("short.pem", rsa_key(1024), 0644);
  EXPECT_THAT(warnings(key("example.com", "s1", file) + least),
              ElementsAre("warmupd.toml:4: dkim.key.file: " + file + " can be read by everybody on this host; chmod o-rwx it",
                          "warmupd.toml:4: dkim.key.file: " + file + " is an RSA key of 1024 bits; 2048 are wanted today"));
}

TEST_F(DkimKeys, AreOneASelectorAndSignOneAType) {
  const auto file = put("ed.pem", ed25519_key());
  EXPECT_THAT(problems(key("example.com", "s1", file) + key("example.com", "s1", file) + least),
              ElementsAre("warmupd.toml:7: dkim.key.selector: \"s1\" of example.com is taken already, at warmupd.toml:1"));
  EXPECT_THAT(
      warnings(key("example.com", "s1", file) + key("example.com", "s2", file) + least),
      ElementsAre("warmupd.toml:8: dkim.key.file: example.com already has an Ed25519 key, which signs; this one does not"));
}

class Certificates : public Workshop {
 protected:
  static std::string tls(const std::string& certificate, const std::string& key) {
    return "[tls]\ncertificate = \"" + certificate + "\"\nprivate_key = \"" + key + "\"\n";
  }
};

TEST_F(Certificates, BelongToTheirKey) {
  const auto own = rsa_key(2048), other = ed25519_key();
  const auto pem = put("cert.pem", certificate(own)), key = put("key.pem", own), wrong = put("other.pem", other);
  EXPECT_THAT(problems(tls(pem, key) + "[[listener]]\naddress = \"127.0.0.1:465\"\ntls = \"implicit\"\n" + least), IsEmpty());
  EXPECT_THAT(problems(tls(pem, wrong) + least), ElementsAre("warmupd.toml:2: tls.certificate: " + pem + " with " + wrong +
                                                             ": the private key is not the one of the certificate"));
  EXPECT_THAT(problems(tls(key, key) + least), ElementsAre("warmupd.toml:2: tls.certificate: " + key + " with " + key +
                                                           ": the certificate is not PEM (-----BEGIN CERTIFICATE-----)"));
  EXPECT_THAT(problems(tls(pem, pem) + least),
              ElementsAre("warmupd.toml:2: tls.certificate: " + pem + " with " + pem +
                          ": the private key is not PEM without a passphrase (-----BEGIN PRIVATE KEY-----)"));
}

TEST_F(Certificates, AreNotHalfGiven) {
  EXPECT_THAT(
      problems("[tls]\ncertificate = \"/x\"\n" + least),
      ElementsAre("warmupd.toml:1: tls.private_key: certificate and private_key belong together; private_key is not given"));
}

TEST_F(Certificates, AreNeededForImplicitTlsOnly) {
  EXPECT_THAT(
      problems("[[listener]]\naddress = \"127.0.0.1:465\"\ntls = \"implicit\"\n" + least),
      ElementsAre("warmupd.toml:3: listener.tls: \"implicit\" needs a certificate; set certificate and private_key in [tls]"));
  EXPECT_THAT(problems("[[listener]]\naddress = \"127.0.0.1:587\"\ntls = \"starttls\"\n" + least), IsEmpty());
}

class Users : public Workshop {
 protected:
  std::vector<std::string> of(const std::string& content) {
    return problems("[auth]\nusers = \"" + put("users", content) + "\"\n" + least);
  }
};

TEST_F(Users, AreReadWithTheirDomainsAndClass) {
  const auto file =
      put("users",
          "# who may "
          "send\n\nshop:$6$salt$hash:Example.com,example.org:bulk\nmon:$y$j9T$abc$def\nany:$2b$10$abcdefg::transactional\n");
  const auto config = load("[auth]\nusers = \"" + file + "\"\n" + least).config;
  ASSERT_EQ(config.users.size(), 3U);
  EXPECT_EQ(config.users.at("shop").hash, "$6$salt$hash");
  EXPECT_THAT(config.users.at("shop").from_domains, ElementsAre("example.com", "example.org"));
  EXPECT_EQ(config.users.at("shop").mail_class, "bulk");
  EXPECT_THAT(config.users.at("mon").from_domains, IsEmpty());
  EXPECT_EQ(config.users.at("any").mail_class, "transactional");
}

TEST_F(Users, MistakesHaveTheLineOfTheUsersFile) {
  const auto found = of("shop\n# fine\nbob:hunter2\nann:$6$salt$hash:exa mple\nann:$6$salt$hash::news\n");
  const auto file = path("users");
  EXPECT_THAT(
      found, ElementsAre(file + ":1: expected name:hash[:from-domain,…[:class]], found 1 fields",
                         file + ":3: the password of \"bob\" is no crypt(5) hash like \"$y$…\"; `warmupctl passwd bob` makes one",
                         file + ":4: from-domain of \"ann\": expected a domain like \"example.com\", found \"exa mple\"",
                         file + ":5: there is a user \"ann\" already",
                         file + ":5: class of \"ann\": there is no class \"news\", only \"transactional\" or \"bulk\""));
}

TEST_F(Users, ThatMayBeReadByOthersDrawAWarning) {
  const auto file = put("users", "ann:$6$salt$hash\n", 0644);
  EXPECT_THAT(warnings("[auth]\nusers = \"" + file + "\"\n" + least),
              ElementsAre("warmupd.toml:2: auth.users: " + file + " can be read by everybody on this host; chmod o-rwx it"));
}

TEST_F(Users, AreNeededWhereAuthIsRequired) {
  const auto none = path("none");
  EXPECT_THAT(
      problems("[auth]\nusers = \"" + none + "\"\n[[listener]]\naddress = \"127.0.0.1:25\"\nauth = \"required\"\n" + least),
      ElementsAre("warmupd.toml:5: listener.auth: \"required\", but " + none +
                  " names no user; `warmupctl passwd NAME` adds one"));
  EXPECT_THAT(warnings("[auth]\nusers = \"" + none + "\"\n" + least),
              ElementsAre("warmupd.toml:2: auth.users: " + none +
                          " does not exist, so no user can log in; `warmupctl passwd NAME` makes it"));
}

class Listeners : public Workshop {};

TEST_F(Listeners, HaveAnAddressOfTheirOwn) {
  const std::string one = "[[listener]]\naddress = \"127.0.0.1:587\"\n";
  EXPECT_THAT(problems(one + one + least),
              ElementsAre("warmupd.toml:4: listener.address: 127.0.0.1:587 is taken already, at warmupd.toml:1"));
  EXPECT_THAT(problems("[[listener]]\naddress = \"localhost:587\"\n" + least),
              ElementsAre("warmupd.toml:2: listener.address: expected an address and port like \"127.0.0.1:587\" or "
                          "\"[::1]:587\", found \"localhost:587\""));
  EXPECT_THAT(problems("[[listener]]\nclass = \"bulk\"\n" + least),
              ElementsAre("warmupd.toml:1: listener.address is missing, for example address = \"127.0.0.1:587\""));
}

TEST_F(Listeners, ReferToAClass) {
  EXPECT_THAT(problems("[[listener]]\naddress = \"127.0.0.1:587\"\nclass = \"bulky\"\n" + least),
              ElementsAre("warmupd.toml:3: listener.class: there is no class \"bulky\", did you mean \"bulk\"?"));
}

TEST_F(Listeners, ThatAreOpenRelaysDrawAWarning) {
  EXPECT_THAT(warnings("[[listener]]\naddress = \"0.0.0.0:25\"\nrelay_from = [\"0.0.0.0/0\"]\n" + least),
              ElementsAre("warmupd.toml:3: listener.relay_from: \"0.0.0.0/0\" lets the whole world relay through 0.0.0.0:25"));
}

TEST_F(Listeners, RelayForLoopbackUnlessTold) {
  const auto config = load(least).config;
  ASSERT_EQ(config.listeners[0].relay_from.size(), 2U);
  EXPECT_TRUE(config.listeners[0].relay_from[0].contains("127.0.0.1"));
  EXPECT_TRUE(config.listeners[0].relay_from[1].contains("::1"));
  EXPECT_THAT(load("[[listener]]\naddress = \"127.0.0.1:25\"\nrelay_from = []\n" + least).config.listeners[0].relay_from,
              IsEmpty());
}

class ProviderTables : public Workshop {};

TEST_F(ProviderTables, KeysGivenReplaceOnlyThose) {
  const auto before = load(least).config,
             after = load("[[provider]]\nname = \"google\"\nconnections = 3\nrate = \"60/min\"\n" + least).config;
  ASSERT_NE(before.provider("google"), nullptr);
  EXPECT_EQ(after.provider("google")->connections, 3U);
  EXPECT_DOUBLE_EQ(after.provider("google")->rate, 1);
  EXPECT_EQ(after.provider("google")->mx, before.provider("google")->mx);
  EXPECT_EQ(after.providers.size(), before.providers.size());
}

TEST_F(ProviderTables, OnesOwnComeBeforeTheShipped) {
  const auto config = load(
                          "[[provider]]\nname = \"town\"\nmx = [\"*.Town.example\"]\n[[provider]]\nname = \"harbour\"\nmx = "
                          "[\"mx.harbour.example\"]\n" +
                          least)
                          .config;
  EXPECT_EQ(config.providers[0].name, "town");
  EXPECT_THAT(config.providers[0].mx, ElementsAre("*.town.example"));
  EXPECT_EQ(config.providers[0].connections, 20U);
  EXPECT_EQ(config.providers[1].name, "harbour");
}

TEST_F(ProviderTables, MistakesHaveTheirLine) {
  EXPECT_THAT(problems("[[provider]]\nname = \"town\"\n" + least),
              ElementsAre("warmupd.toml:1: provider.mx is missing, for example mx = [\"*.example.com\"]"));
  EXPECT_THAT(problems("[[provider]]\nname = \"yahoo\"\ncool = \"5h\"\n" + least),
              ElementsAre("warmupd.toml:3: provider.cool: cool_longest, 4h, is below cool, 5h"));
  EXPECT_THAT(problems("[[provider]]\nname = \"google\"\ncool_longest = \"9m\"\n" + least),
              ElementsAre("warmupd.toml:3: provider.cool_longest: cool_longest, 9m, is below cool, 10m"));
  EXPECT_THAT(problems("[[provider]]\nname = \"yahoo\"\nreopen = \"all\"\ncool_factor = 0.5\n" + least),
              testing::UnorderedElementsAre("warmupd.toml:3: provider.reopen: expected \"double\" or \"one\", found \"all\"",
                                            "warmupd.toml:4: provider.cool_factor: expected a number from 1 to 100, found 0.5"));
  EXPECT_THAT(problems("[[provider]]\nname = \"google\"\n[[provider]]\nname = \"google\"\n" + least),
              ElementsAre("warmupd.toml:4: provider.name: \"google\" is given twice"));
  EXPECT_THAT(problems("[providers]\nfile = \"" + path("none") + "\"\n" + least),
              ElementsAre("warmupd.toml:2: providers.file: cannot read " + path("none") + ": No such file or directory"));
}

class Places : public Workshop {};

TEST_F(Places, RelativePathsBeginAtTheConfiguration) {
  put("key.pem", ed25519_key());
  const auto file =
      put("w.toml", "spool = \"spool\"\n[[dkim.key]]\ndomain = \"example.com\"\nselector = \"s\"\nfile = \"key.pem\"\n" + least);
  const auto config = load_file(file, "mta1.example.com").config;
  EXPECT_EQ(config.spool, path("spool"));
  EXPECT_EQ(config.dkim_keys[0].file, path("key.pem"));
  EXPECT_EQ(config.file, file);
}

}  // namespace
}  // namespace conf
