// OpenSSL reads and keeps the certificates.
#include "workflows/mail/tls/trust_store.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "workflows/mail/tls/file_version.h"

namespace pawl::mail {
namespace {

std::string setting(const char* name, const char* otherwise) {
  const char* value = secure_getenv(name);
  return value ? value : otherwise;
}

// Of the places where OpenSSL looks by itself: a file, and directories between colons.
std::string system_version() {
  std::string version = file_version(setting(X509_get_default_cert_file_env(), X509_get_default_cert_file()));
  std::istringstream directories(setting(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()));
  for (std::string directory; std::getline(directories, directory, ':');) version += ", " + file_version(directory);
  return version;
}

std::string version_of(const std::string& ca_file) {
  return ca_file.empty() ? "system " + system_version() : ca_file + " " + file_version(ca_file);
}

// What OpenSSL met last, or the system before it.
std::string words_of(unsigned long error) {
  if (ERR_SYSTEM_ERROR(error)) return std::generic_category().message(ERR_GET_REASON(error));
  const char* const words = ERR_reason_error_string(error);
  return words ? words : "no reason is known";
}

TrustStore::Context read_certificates(const std::string& ca_file) {
  const TrustStore::Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) throw std::runtime_error("OpenSSL cannot be set up");
  ERR_clear_error();
  const int trusted = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                      : SSL_CTX_load_verify_file(context.get(), ca_file.c_str());
  if (trusted == 1) return context;
  const std::string why = words_of(ERR_peek_error());
  if (ca_file.empty()) throw std::runtime_error("cannot read the system's certificates: " + why);
  throw std::runtime_error("cannot read certificates from " + ca_file + ": " + why +
                           "; ca= in PAWL_MAIL takes a readable file of PEM certificates");
}

}  // namespace

// The version is taken before the files are read: what changes meanwhile is seen by the next login.
TrustStore::Context TrustStore::context(const std::string& ca_file) {
  const std::lock_guard lock(mutex_);
  std::string version = version_of(ca_file);
  if (context_ && version == version_) return context_;
  context_.reset();
  context_ = read_certificates(ca_file);
  version_ = std::move(version);
  return context_;
}

}  // namespace pawl::mail
