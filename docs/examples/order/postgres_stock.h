// The stock in Postgres, in a table of the shop's own.
#pragma once

#include <pawl/storage/postgres/epoch.h>
#include <pawl/storage/postgres/pool.h>

#include "stock.h"

namespace shop {

/// Writes while the worker's lease lasts, and throws LeaseLostError once it does not.
class PostgresStock final : public Stock {
 public:
  PostgresStock(const pawl::storage::PostgresAddress& address, const pawl::storage::Epoch& epoch);
  bool reserve(const std::string& effects_id, const Line& line) override;
  void release(const std::string& effects_id, const std::vector<Line>& lines) override;

  /// Asks for nothing. Throws RefusedError when the database lacks, or denies, what it needs.
  void check_access();

 private:
  pawl::storage::Rows run(const std::string& operation, const std::string& sql, std::vector<std::string> parameters);

  pawl::storage::PostgresPool pool_;
  const pawl::storage::Epoch& epoch_;
};

}  // namespace shop
