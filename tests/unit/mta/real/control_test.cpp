// The control socket: questions and answers, and what stands in its way.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "certificate.h"
#include "mta/real/control_client.h"
#include "mta/real/control_socket.h"
#include "mta/real/http_target.h"
#include "mta/real/world.h"

namespace mta::real {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

awaitable<HttpReply> repeat(HttpRequest request) {
  if (request.path == "/bug") throw std::runtime_error("the shelf is empty");
  std::string text = request.method + ' ' + request.path;
  for (const auto& [key, value] : request.query) text += ' ' + key + '=' + value;
  co_return HttpReply{200, "text/plain", text + ' ' + request.body};
}

// A raw end, for what no proper client would send.
class RawClient {
 public:
  explicit RawClient(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { ::close(socket_); }
  std::string ask(const std::string& text) {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    char answer[4096];
    const ssize_t got = ::recv(socket_, answer, sizeof answer, 0);
    return {answer, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

 private:
  int socket_;
};

class Control : public ::testing::Test {
 protected:
  static std::string complaint(const std::function<void()>& action) {
    try {
      action();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "no complaint";
  }
  ScratchDirectory directory;
  std::string path = directory.file("control.sock");
  RealWorld real{{.threads = 1, .dns_servers = {"127.0.0.1:1"}, .dns_timeout = 1s, .trust_ad = false, .ca_file = ""}};
  Executor home = real.world().threads.scheduler();
};

TEST_F(Control, AQuestionIsAnswered) {
  const ControlSocket socket(home, path, repeat);
  const auto reply = ControlClient(path).ask(
      {.method = "POST", .path = "/v1/queue", .query = {{"domain", "a&b=c d+é"}, {"x", ""}}, .body = "{}"});
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "text/plain");
  EXPECT_EQ(reply.body, "POST /v1/queue domain=a&b=c d+é x= {}");
}

TEST_F(Control, AConversationGoesOn) {
  const ControlSocket socket(home, path, repeat);
  RawClient client(path);
  EXPECT_THAT(client.ask("GET /one HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("GET /one"));
  EXPECT_THAT(client.ask("GET /two HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("GET /two"));
}

TEST_F(Control, AHandlerThatThrowsIsAnsweredWithTheText) {
  const ControlSocket socket(home, path, repeat);
  const auto reply = ControlClient(path).ask({.method = "GET", .path = "/bug", .query = {}, .body = ""});
  EXPECT_EQ(reply.status, 500U);
  EXPECT_THAT(reply.body, HasSubstr(R"("detail":"the shelf is empty")"));
}

TEST_F(Control, WhatIsNoHttpIsRefused) {
  const ControlSocket socket(home, path, repeat);
  EXPECT_THAT(RawClient(path).ask("EHLO a.test\r\n\r\n"), HasSubstr("400 Bad Request"));
  EXPECT_THAT(RawClient(path).ask("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("not a request target"));
}

TEST_F(Control, BodiesAndHeadersAreBounded) {
  const ControlSocket socket(home, path, repeat);
  EXPECT_THAT(RawClient(path).ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n"), HasSubstr("413"));
  EXPECT_THAT(RawClient(path).ask("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x')), HasSubstr("431"));
  const std::string big(1U << 20U, 'x');
  EXPECT_EQ(ControlClient(path).ask({.method = "POST", .path = "/", .query = {}, .body = big}).body.size(), big.size() + 7);
  EXPECT_EQ(ControlClient(path).ask({.method = "POST", .path = "/", .query = {}, .body = big + "x"}).status, 413U);
}

TEST_F(Control, TheFileIsForOwnerAndGroupAndGoesWithTheSocket) {
  {
    const ControlSocket socket(home, path, repeat);
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0660U);
  }
  real.stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Control, AStaleFileIsReplacedButNotALivingOne) {
  {
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(dead);
  }
  const ControlSocket socket(home, path, repeat);
  EXPECT_EQ(complaint([&] { const ControlSocket second(home, path, repeat); }),
            "control socket " + path + ": another warmupd answers there");
  EXPECT_EQ(ControlClient(path).ask({}).status, 200U);
}

TEST_F(Control, SomethingElseInTheWayIsLeftAlone) {
  std::ofstream(path) << "precious";
  EXPECT_THAT(complaint([&] { const ControlSocket socket(home, path, repeat); }),
              HasSubstr("a file that is not a socket is in the way"));
  EXPECT_TRUE(std::filesystem::exists(path));
  const std::string long_path = directory.file(std::string(120, 'x'));
  EXPECT_THAT(complaint([&] { const ControlSocket socket(home, long_path, repeat); }), HasSubstr("longer than 107"));
}

TEST_F(Control, WithoutADaemonTheClientSaysWhatToLookAt) {
  EXPECT_EQ(complaint([&] { ControlClient(path).ask({}); }),
            "control socket " + path + ": there is no such socket; is warmupd running?");
}

TEST_F(Control, ADaemonThatIsSilentIsGivenUp) {
  const int deaf = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(deaf, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(deaf, 1), 0);
  EXPECT_THAT(complaint([&] { ControlClient(path, 30ms).ask({}); }), HasSubstr("did not answer in time"));
  ::close(deaf);
}

TEST(Targets, AreSplitAndJoined) {
  HttpRequest request;
  EXPECT_TRUE(split_target("/a%2Fb?x=1&y=%26+z&x=2&flag", request));
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query, (std::map<std::string, std::string>{{"flag", ""}, {"x", "2"}, {"y", "& z"}}));
  HttpRequest again;
  EXPECT_TRUE(split_target(join_target(request), again));
  EXPECT_EQ(again.query, request.query);
  for (const char* broken : {"", "a", "/%", "/%2", "/%2x", "/%00", "/?a=%g1"})
    EXPECT_FALSE(split_target(broken, request)) << broken;
}

}  // namespace
}  // namespace mta::real
