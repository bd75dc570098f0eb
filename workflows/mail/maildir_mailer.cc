// Writes messages into a Maildir.
#include "workflows/mail/maildir_mailer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "workflows/mail/message/message_id.h"

namespace pawl::mail {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail("open", path);
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[noreturn]] static void fail(const char* operation, const fs::path& path) {
    throw std::system_error(errno, std::generic_category(), "cannot " + std::string(operation) + " " + path.string());
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

void write_synced(const fs::path& path, std::string_view bytes) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) Descriptor::fail("write", path);
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(file.get()) != 0) Descriptor::fail("sync", path);
}

void sync_directory(const fs::path& path) {
  const Descriptor directory(path, O_RDONLY | O_DIRECTORY);
  if (fsync(directory.get()) != 0) Descriptor::fail("sync", path);
}

void make_maildir(const fs::path& maildir) {
  for (const char* folder : {"tmp", "new", "cur"}) fs::create_directories(maildir / folder);
}

}  // namespace

MaildirMailer::MaildirMailer(fs::path maildir) : maildir_(std::move(maildir)) {}

std::vector<DeliveryReport> MaildirMailer::send(std::span<const Envelope> envelopes) {
  std::vector<DeliveryReport> reports;
  try {
    make_maildir(maildir_);
    for (const Envelope& envelope : envelopes) reports.push_back(store(envelope));
    sync_directory(maildir_ / "new");
  } catch (const std::system_error& error) {
    // Nothing counts as stored before its directory is synced, and storing it again is harmless.
    reports.assign(envelopes.size(), {Delivery::kRelayDown, error.what()});
  }
  return reports;
}

DeliveryReport MaildirMailer::store(const Envelope& envelope) const {
  const std::string name = name_digest(envelope.message_id) + ".pawl";
  write_synced(maildir_ / "tmp" / name, envelope.bytes);
  fs::rename(maildir_ / "tmp" / name, maildir_ / "new" / name);
  return {Delivery::kAccepted, "stored as new/" + name};
}

}  // namespace pawl::mail
