// Every failure the engine tells apart, as a flat family of exceptions.
#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pawl::engine {

/// The root of the family. `what()` names the operation, the subject and what to do next.
class Error : public std::runtime_error {
 public:
  /// `code`: what programs compare beside the words, as a relay's status or an SQLSTATE; empty: there is none.
  explicit Error(const std::string& what, std::string code = {}) : std::runtime_error(what), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

/// The code of an exception that has one; else empty.
inline std::string code_of(const std::exception& error) {
  const auto* ours = dynamic_cast<const Error*>(&error);
  return ours ? ours->code() : std::string();
}

/// Trying again cannot help: bad payload, refused recipient. Thrown by a step or a workflow it fails that item or run
/// with the reason; every other exception counts as transient.
class PermanentError : public Error {
  using Error::Error;
};

/// A payload that cannot be a workflow's input: what() has every problem of it, with semicolons between them.
class PayloadRefused : public PermanentError {
 public:
  /// There is at least one.
  explicit PayloadRefused(std::vector<std::string> problems)
      : PermanentError(joined(problems)), problems_(std::move(problems)) {}
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  static std::string joined(const std::vector<std::string>& problems) {
    std::string all;
    for (const std::string& problem : problems) all.append(all.empty() ? "" : "; ").append(problem);
    return all;
  }

  std::vector<std::string> problems_;
};

/// Whom an error of a service concerns, as far as the error tells.
enum class Concerns {
  kEverybody,  ///< The service as a whole.
  kPresumed,   ///< The service as a whole, unless it does for others what it refuses here: a disk said to be full.
  kUnclear,    ///< Perhaps only what this call was about: one tenant's rows that are denied, or take too long.
};

/// A service did not do what it was asked for.
class ServiceError : public Error {
 public:
  explicit ServiceError(const std::string& what, Concerns concerns = Concerns::kEverybody)
      : Error(what), concerns_(concerns) {}
  Concerns concerns() const { return concerns_; }

 private:
  Concerns concerns_;
};

/// A whole service cannot be reached (Postgres down, relay refuses every login): opens the step's circuit, which
/// pauses executions and burns no attempt. Where it is unclear whom it concerns, the runtime finds out first.
class UnavailableError : public ServiceError {
  using ServiceError::ServiceError;
};

/// Another worker owns our events now, or our epoch is gone: every effect must stop and the worker start over.
class LeaseLostError : public Error {
  using Error::Error;
};

/// A store or service cannot be used as it is (locked, foreign, corrupt, not migrated, a privilege missing): an
/// operator has to act first. Thrown by a step it opens the step's circuit, as UnavailableError does.
class RefusedError : public ServiceError {
  using ServiceError::ServiceError;
};

/// Another worker runs on a copy of this checkpoint store, and has registered since: of the two, one has to go on
/// alone.
class StoreCopiedError : public RefusedError {
 public:
  StoreCopiedError(const std::string& what, std::int64_t epoch) : RefusedError(what), epoch_(epoch) {}
  /// The other's.
  std::int64_t epoch() const { return epoch_; }

 private:
  std::int64_t epoch_;
};

/// A call of a step, of the outbox or of the store never came back. Its thread can neither be stopped nor joined, so
/// only the end of the process helps; the deliveries of its events then find out which of them it is.
class HungError : public Error {
  using Error::Error;
};

/// An operator has cancelled the run. Thrown by its first await of which something had not settled when that was seen:
/// what had not is never tried again, and whoever awaits it later is told the same. That it did not settle does not say
/// that it did not happen: an attempt may have had its effect and lost its answer. A workflow may catch this to make
/// good what it has done, or may have: steps that it starts from there on execute as ever. Whatever it then does, its
/// run ends cancelled.
class Cancelled : public Error {
  using Error::Error;
};

/// The same step and key twice in one run, or a workflow that awaits what it did not start.
class WorkflowBug : public Error {
  using Error::Error;
};

}  // namespace pawl::engine
