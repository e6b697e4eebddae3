#include "mta/real/host.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/magic.h>
#include <net/if.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace mta::real {

std::string fully_qualified_host_name() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == '\0') return "localhost";
  std::string name = buffer.data();
  if (name.find('.') == std::string::npos) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_flags = AI_CANONNAME;
    if (getaddrinfo(name.c_str(), nullptr, &hints, &found) == 0) {
      if (found->ai_canonname != nullptr) name = found->ai_canonname;
      freeaddrinfo(found);
    }
  }
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

bool has_address(const std::string& address) {
  if (address.empty()) return true;
  boost::system::error_code fault;
  const auto wanted = boost::asio::ip::make_address(address, fault);
  if (fault) return false;
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket socket(context);
  const boost::asio::ip::tcp::endpoint at(wanted, 0);
  (void)socket.open(at.protocol(), fault);
  if (!fault) (void)socket.bind(at, fault);
  return !fault;
}

std::vector<std::string> addresses() {
  std::vector<std::string> found;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return found;
  for (const auto* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    std::array<char, NI_MAXHOST> text{};
    const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (getnameinfo(each->ifa_addr, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) continue;
    const std::string address = text.data();
    if (address.find('%') == std::string::npos) found.push_back(address);
  }
  freeifaddrs(first);
  std::stable_partition(found.begin(), found.end(),
                        [](const std::string& each) { return !each.starts_with("127.") && each != "::1"; });
  return found;
}

std::string outward_address(const std::string& family) {
  namespace ip = boost::asio::ip;
  boost::asio::io_context context;
  ip::udp::socket socket(context);
  // Of the ranges for documentation: connect(2) of a datagram socket asks the routes and sends nothing.
  const ip::udp::endpoint somewhere(ip::make_address(family == "ipv6" ? "2001:db8::1" : "192.0.2.1"), 9);
  boost::system::error_code fault;
  (void)socket.open(somewhere.protocol(), fault);
  if (!fault) (void)socket.connect(somewhere, fault);
  if (fault) return "";
  const auto local = socket.local_endpoint(fault);
  return fault ? "" : local.address().to_string();
}

int bind_error(const Endpoint& where) {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  tcp::acceptor acceptor(context);
  boost::system::error_code fault;
  const tcp::endpoint at(where.address, where.port);
  (void)acceptor.open(at.protocol(), fault);
  if (!fault && where.address.is_v6()) (void)acceptor.set_option(boost::asio::ip::v6_only(true), fault);
  if (!fault) (void)acceptor.set_option(tcp::acceptor::reuse_address(true), fault);
  if (!fault) (void)acceptor.bind(at, fault);
  return fault.value();
}

namespace {

// Inodes of the sockets that listen on the port, by /proc/net.
std::set<std::string> listening_sockets(std::uint16_t port) {
  std::set<std::string> inodes;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream row(line);
      std::string number, local, remote, state, inode;
      row >> number >> local >> remote >> state;
      for (int skipped = 0; skipped < 5; ++skipped) row >> inode;
      row >> inode;
      const auto colon = local.find(':');
      if (state != "0A" || colon == std::string::npos) continue;  // 0A: TCP_LISTEN
      if (std::stoul(local.substr(colon + 1), nullptr, 16) == port) inodes.insert("socket:[" + inode + "]");
    }
  }
  return inodes;
}

}  // namespace

bool listens_on(pid_t process, const Endpoint& where) {
  const auto sockets = listening_sockets(where.port);
  std::error_code fault;
  std::filesystem::directory_iterator open("/proc/" + std::to_string(process) + "/fd", fault);
  if (fault) return true;
  for (const auto& each : open) {
    const auto target = std::filesystem::read_symlink(each.path(), fault);
    if (!fault && sockets.contains(target.string())) return true;
  }
  return false;
}

namespace {

// The end of the links that begin at a path; empty when it is no link.
std::string end_of_links(const std::string& path) {
  constexpr int most = 40;  // as the kernel
  std::filesystem::path at = path;
  std::error_code none;
  for (int links = 0; links < most && std::filesystem::is_symlink(std::filesystem::symlink_status(at, none)); ++links)
    at = at.parent_path() / std::filesystem::read_symlink(at, none);
  return at == path ? "" : at.string();
}

}  // namespace

PathFacts look_at(const std::string& path) {
  PathFacts facts;
  struct stat seen {};
  if (::stat(path.c_str(), &seen) != 0) {
    facts.there = errno != ENOENT;
    facts.error = errno;
    if (!facts.there) facts.target = end_of_links(path);
    return facts;
  }
  facts.there = true;
  facts.mode = seen.st_mode;
  const int wanted = S_ISDIR(seen.st_mode) ? W_OK | X_OK : W_OK;
  if (::faccessat(AT_FDCWD, path.c_str(), wanted, AT_EACCESS) != 0) facts.error = errno;
  struct statfs disk {};
  const bool of_kernel = ::statfs(path.c_str(), &disk) == 0 && (disk.f_type == PROC_SUPER_MAGIC || disk.f_type == SYSFS_MAGIC);
  if (of_kernel && facts.error == 0) facts.error = EROFS;  // root may write there, but makes nothing
  return facts;
}

pid_t lock_holder(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
  struct flock asked {};
  asked.l_type = F_WRLCK;
  asked.l_whence = SEEK_SET;
  const int failed = ::fcntl(file, F_GETLK, &asked);
  ::close(file);
  if (failed != 0) return -1;
  if (asked.l_type == F_UNLCK) return 0;
  return asked.l_pid > 0 ? asked.l_pid : -1;
}

namespace {
// proc(5): /proc/net/unix has the flag __SO_ACCEPTCON where somebody listens, and the path last.
bool is_listened_at(const std::string& path) {
  std::ifstream sockets("/proc/net/unix");
  for (std::string line; std::getline(sockets, line);)
    if (line.ends_with(" " + path) && line.find(" 00010000 ") != std::string::npos) return true;
  return false;
}
}  // namespace

pid_t socket_owner(const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof at.sun_path) return 0;
  std::memcpy(static_cast<void*>(at.sun_path), path.data(), path.size());
  const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (client < 0) return 0;
  pid_t owner = 0;
  if (::connect(client, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) {
    ucred peer{};
    socklen_t size = sizeof peer;
    owner = ::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0 ? peer.pid : -1;
  } else if (errno == EAGAIN || (errno == EACCES && is_listened_at(path))) {
    owner = -1;
  }
  ::close(client);
  return owner;
}

std::string user_name() {
  const auto* row = getpwuid(geteuid());
  return row == nullptr ? std::to_string(geteuid()) : row->pw_name;
}

bool has_user(const std::string& name) { return getpwnam(name.c_str()) != nullptr; }

std::string act_as_owner_of(const std::string& folder) {
  struct stat seen {};
  if (geteuid() != 0 || ::stat(folder.c_str(), &seen) != 0 || seen.st_uid == 0) return "";
  ::setfsgid(seen.st_gid);
  ::setfsuid(seen.st_uid);
  const auto* row = getpwuid(seen.st_uid);
  return row == nullptr ? std::to_string(seen.st_uid) : row->pw_name;
}

}  // namespace mta::real
