// The certificates by which a relay's is verified: read once, and anew when their files have changed.
#pragma once

#include <memory>
#include <mutex>
#include <string>

struct ssl_ctx_st;

namespace pawl::mail {

/// To read a system's certificates takes tens of milliseconds, which no login should cost. Safe to call from any
/// thread; those who come while they are read wait for them.
class TrustStore {
 public:
  /// OpenSSL's SSL_CTX, for clients. It may be used from several threads.
  using Context = std::shared_ptr<ssl_ctx_st>;

  /// Trusts the PEM certificates in `ca_file` alone, or the system's where it is empty. Throws std::runtime_error that
  /// names the file and what is wrong with it; what was read from it before is then not used either.
  Context context(const std::string& ca_file);

 private:
  std::mutex mutex_;
  std::string version_;
  Context context_;
};

}  // namespace pawl::mail
