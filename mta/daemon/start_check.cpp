#include "mta/daemon/start_check.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <filesystem>

#include "mta/daemon/rehearsal.h"
#include "mta/scheduler/identities.h"

namespace mta {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

std::string parent_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

std::string name_of(const PathState& state) {
  switch (state.kind) {
    case PathKind::none: return "nothing";
    case PathKind::dangling: return fmt::format("a link to {}, which is not there", state.target);
    case PathKind::folder: return "a folder";
    case PathKind::file: return "a file";
    case PathKind::socket: return "a socket";
    case PathKind::pipe: return "a pipe";
    case PathKind::device: return "a device";
    case PathKind::other: break;
  }
  return state.reason.empty() ? "something else" : fmt::format("something else ({})", state.reason);
}

// What the program itself was started with (/dev/stdout) may be a pipe: it is open already, and nothing waits for a reader.
bool is_own_pipe(const std::string& path, const PathState& state) {
  return state.kind == PathKind::pipe && path.starts_with("/dev/");
}

class Check {
 public:
  Check(const conf::Config& config, const HostView& host, CheckFor purpose) : config_(config), host_(host), purpose_(purpose) {}

  StartCheck made() {
    spool();
    for (const auto& listener : config_.listeners) port(listener);
    control_socket();
    appended("events.file", config_.events.file);
    appended("log.maillog", config_.log.maillog);
    for (const auto& source : config_.sources) source_address(source);
    return std::move(result_);
  }

 private:
  void obstacle(conf::Where where, int exit_code, std::string text) {
    result_.obstacles.push_back({{std::move(where), std::move(text)}, exit_code});
  }
  conf::Where file() const { return {config_.file, 0}; }
  std::string owner() const { return host_.has_service_user ? "warmupd" : host_.user; }
  std::string install(const std::string& folder, const char* mode) const {
    return fmt::format("install -d -m {} -o {} -g {} {}", mode, owner(), owner(), folder);
  }

  void spool() {
    const auto cannot = [this](const std::string& text) { obstacle(file(), EX_CANTCREAT, text); };
    if (host_.spool_in_use) {
      if (purpose_ == CheckFor::start) cannot(fmt::format("spool {} is in use by another process", config_.spool));
      return;
    }
    const auto state = host_.path(config_.spool);
    if (state.kind == PathKind::folder && state.usable) return spool_lock();
    if (state.kind == PathKind::folder) {
      return cannot(fmt::format("spool {}: the user {} cannot write there ({}); give it to that user: chown -R {} {}",
                                config_.spool, host_.user, state.reason, host_.user, config_.spool));
    }
    if (state.kind == PathKind::dangling) {
      return cannot(fmt::format("spool {}: expected a folder, found {}; remove the link, or make the folder: {}", config_.spool,
                                name_of(state), install(state.target, "700")));
    }
    if (state.kind != PathKind::none) {
      return cannot(
          fmt::format("spool {}: expected a folder, found {}; remove it or name another path", config_.spool, name_of(state)));
    }
    std::string folder = parent_of(config_.spool);
    while (host_.path(folder).kind == PathKind::none && folder != parent_of(folder)) folder = parent_of(folder);
    const auto above = host_.path(folder);
    if (above.kind == PathKind::folder && above.usable) return;  // it is made at the start
    cannot(fmt::format("spool {}: the folder is not there and the user {} cannot make it in {} ({}); make it: {}", config_.spool,
                       host_.user, folder, above.kind == PathKind::folder ? above.reason : "it is " + name_of(above),
                       install(config_.spool, "700")));
  }

  // What an earlier start as another user left there.
  void spool_lock() {
    const std::string path = config_.spool + "/LOCK";
    const auto state = host_.path(path);
    if (state.kind != PathKind::file || state.usable) return;
    obstacle(file(), EX_CANTCREAT,
             fmt::format("spool {}: the user {} cannot write {} ({}); give all of it to that user: chown -R {} {}", config_.spool,
                         host_.user, path, state.reason, host_.user, config_.spool));
  }

  void port(const conf::ListenerOptions& listener) {
    const auto endpoint = Endpoint::parse(listener.address);
    if (!endpoint || endpoint->port == 0) return;
    const auto cannot = [&](const std::string& text) {
      obstacle(listener.where, EX_UNAVAILABLE, fmt::format("listener.address: cannot listen on {}: {}", listener.address, text));
    };
    switch (host_.port(*endpoint)) {
      case PortState::free: return;
      case PortState::no_address:
        return cannot(fmt::format("this host has no address {}; it has {}. Write one of them, or \"{}:{}\" for all",
                                  endpoint->address.to_string(), joined(host_.addresses()),
                                  endpoint->address.is_v6() ? "[::]" : "0.0.0.0", endpoint->port));
      case PortState::no_right:
        return cannot(
            fmt::format("the user {} may not open a port below 1024; the systemd unit gives the right to do so, and so does "
                        "setcap cap_net_bind_service=+ep on the program; or take a port above 1023",
                        host_.user));
      case PortState::taken_by_daemon:
        if (purpose_ == CheckFor::start) cannot("a warmupd that runs already has it");
        return;
      case PortState::taken:
        return cannot(
            fmt::format("the port is in use by another program; `ss -ltnp 'sport = :{}'` names it. Stop that, or take "
                        "another port",
                        endpoint->port));
      case PortState::failed: return cannot("the system does not open such a socket");
    }
  }

  // What is to be made is not there: its folder must be.
  bool folder_is_ready(const char* key, const std::string& path) {
    const auto folder = parent_of(path);
    const auto state = host_.path(folder);
    if (state.kind == PathKind::folder && state.usable) return true;
    if (state.kind == PathKind::none) {
      obstacle(file(), EX_CANTCREAT,
               fmt::format("{} {}: the folder {} is not there; make it: {}", key, path, folder, install(folder, "750")));
    } else if (state.kind != PathKind::folder) {
      obstacle(
          file(), EX_CANTCREAT,
          fmt::format("{} {}: {} is not a folder, but {}; remove that or name another path", key, path, folder, name_of(state)));
    } else {
      obstacle(file(), EX_CANTCREAT,
               fmt::format("{} {}: the user {} cannot make a file in {} ({}); give it to that user: chown {} {}", key, path,
                           host_.user, folder, state.reason, host_.user, folder));
    }
    return false;
  }

  void control_socket() {
    const auto& path = config_.control.socket;
    constexpr std::size_t longest = 107;  // sun_path of unix(7)
    if (path.size() > longest) {
      return obstacle(file(), EX_CANTCREAT,
                      fmt::format("control.socket {}: the path is longer than {} octets; take a shorter one", path, longest));
    }
    if (host_.socket_answered) {
      if (purpose_ == CheckFor::start || !host_.socket_is_daemons) {
        obstacle(file(), EX_UNAVAILABLE,
                 fmt::format("control.socket {}: another warmupd answers there; each needs a socket of its own", path));
      }
      return;
    }
    const auto state = host_.path(path);
    if (state.kind != PathKind::none && state.kind != PathKind::socket) {
      return obstacle(
          file(), EX_CANTCREAT,
          fmt::format("control.socket {}: something that is no socket is in the way, {}; remove it or name another path", path,
                      name_of(state)));
    }
    folder_is_ready("control.socket", path);
  }

  // Lines that are added to it would spoil it.
  bool has_another_use(const std::string& key, const std::string& path) {
    const auto same = [&](const std::string& other) {
      return !other.empty() && !path.starts_with("/dev/") &&
             std::filesystem::path(path).lexically_normal() == std::filesystem::path(other).lexically_normal();
    };
    const std::string use = same(config_.file)                                  ? "the configuration"
                            : same(config_.control.socket)                      ? "control.socket"
                            : key != "events.file" && same(config_.events.file) ? "events.file"
                                                                                : "";
    if (use.empty()) return false;
    obstacle(file(), EX_CANTCREAT, fmt::format("{} {}: that is {} too; name a file of its own", key, path, use));
    return true;
  }

  void appended(const char* key, const std::string& path) {
    if (path.empty() || has_another_use(key, path)) return;
    const auto state = host_.path(path);
    const bool takes_text = state.kind == PathKind::file || state.kind == PathKind::device || is_own_pipe(path, state);
    if (state.kind == PathKind::none) {
      folder_is_ready(key, path);
    } else if (state.kind == PathKind::dangling) {
      folder_is_ready(key, state.target);  // the file is made where the link points
    } else if (!takes_text) {
      obstacle(file(), EX_CANTCREAT,
               fmt::format("{} {}: expected a file, found {}; remove it or name another path", key, path, name_of(state)));
    } else if (!state.usable) {
      obstacle(file(), EX_CANTCREAT,
               fmt::format("{} {}: the user {} cannot write it ({}); give it to that user: chown {} {}", key, path, host_.user,
                           state.reason, host_.user, path));
    }
  }

  // A warning: the address may come later, and mail by other sources need not wait for it.
  void source_address(const conf::Source& source) {
    if (source.is_smarthost()) return;
    if (source.address.empty()) {
      const auto chosen = host_.outward(source.family);
      const auto text =
          chosen.empty()
              ? fmt::format("has no route to the Internet by {}", source.family)
              : fmt::format("is {0} here now; write address = \"{0}\", because a warm-up belongs to its address", chosen);
      result_.notes.push_back({source.where, fmt::format("source.address: the kernel's choice for {} {}", source.name, text)});
      return;
    }
    const auto here = host_.addresses();
    if (std::find(here.begin(), here.end(), source.address) != here.end()) return;
    if (host_.port({asio::ip::make_address(source.address), 0}) == PortState::free) return;  // an address that no interface lists
    result_.warnings.push_back(
        {source.where,
         fmt::format("source.address: this host has no address {}, so nothing can leave by {}; it has {}. Mail waits "
                     "until the address is there",
                     source.address, source.name, joined(here))});
  }

  const conf::Config& config_;
  const HostView& host_;
  CheckFor purpose_;
  StartCheck result_;
};

}  // namespace

int StartCheck::exit_code() const { return obstacles.empty() ? EX_OK : obstacles.front().exit_code; }

StartCheck check_start(const conf::Config& config, const HostView& host, CheckFor purpose) {
  return Check(config, host, purpose).made();
}

void check_spool(const conf::Config& config, const queue::Store& store, StartCheck& check) {
  try {
    static_cast<void>(rehearsal_of(store, config));
  } catch (const conf::ConfigError& error) {
    for (const auto& problem : error.problems) check.obstacles.push_back({problem, EX_CONFIG});
  }
  const Identities identities(store);
  for (auto& text : identities.changes(config, store)) check.warnings.push_back({{config.file, 0}, std::move(text)});
  for (auto& text : identities.idle_was(config, store)) check.notes.push_back({{config.file, 0}, std::move(text)});
}

}  // namespace mta
