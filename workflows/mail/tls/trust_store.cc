// OpenSSL reads and keeps the certificates.
#include "workflows/mail/tls/trust_store.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "storage/files/named_file.h"
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

constexpr std::size_t kCertificatesMax = 16 * 1024 * 1024;

[[noreturn]] void refuse_certificates(const std::string& ca_file, const std::string& why) {
  throw std::runtime_error("cannot read certificates from " + ca_file + ": " + why +
                           "; ca= in PAWL_MAIL takes a readable file of PEM certificates");
}

std::string pem_of(const std::string& ca_file) try {
  return storage::whole_file(ca_file, kCertificatesMax);
} catch (const storage::UnusableFile& error) {
  refuse_certificates(ca_file, error.what());
}

struct FreeInfos {
  void operator()(STACK_OF(X509_INFO) * infos) const { sk_X509_INFO_pop_free(infos, X509_INFO_free); }
};

// Read by pawl and not by OpenSSL, which would wait for the writer of a pipe. Certificates and lists of revoked ones
// count; false if there are none, or one of them is damaged.
bool trusts(const TrustStore::Context& context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bytes(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                        BIO_free);
  const std::unique_ptr<STACK_OF(X509_INFO), FreeInfos> infos(
      bytes ? PEM_X509_INFO_read_bio(bytes.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!infos) return false;
  X509_STORE* const store = SSL_CTX_get_cert_store(context.get());
  int taken = 0;
  for (int i = 0; i < sk_X509_INFO_num(infos.get()); ++i) {
    const X509_INFO* const info = sk_X509_INFO_value(infos.get(), i);
    if (info->x509) taken += X509_STORE_add_cert(store, info->x509);
    if (info->crl) taken += X509_STORE_add_crl(store, info->crl);
  }
  if (taken == 0) ERR_raise(ERR_LIB_X509, X509_R_NO_CERTIFICATE_OR_CRL_FOUND);
  return taken > 0;
}

// OpenSSL reads the file at once, and those in the folders as they are needed.
bool trusts_system(const TrustStore::Context& context) try {
  storage::require_regular_if_there(setting(X509_get_default_cert_file_env(), X509_get_default_cert_file()));
  return SSL_CTX_set_default_verify_paths(context.get()) == 1;
} catch (const storage::UnusableFile& error) {
  throw std::runtime_error(std::string("cannot read the system's certificates: SSL_CERT_FILE: ") + error.what());
}

TrustStore::Context read_certificates(const std::string& ca_file) {
  const TrustStore::Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) throw std::runtime_error("OpenSSL cannot be set up");
  ERR_clear_error();
  if (ca_file.empty() ? trusts_system(context) : trusts(context, pem_of(ca_file))) return context;
  const std::string why = words_of(ERR_peek_error());
  if (ca_file.empty()) throw std::runtime_error("cannot read the system's certificates: " + why);
  refuse_certificates(ca_file, why);
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
