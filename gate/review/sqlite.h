// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// One prepared statement. Errors are Outcome::failed; `code` is SQLite's.
class SqlStatement {
 public:
  SqlStatement() = default;
  SqlStatement(sqlite3* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}

  /// Binds the parameter `?at`, from 1. `text` must live until the statement is done.
  void bind(int at, std::int64_t number);
  void bind(int at, std::string_view text);

  /// True where there is a row. The statement begins anew after the last one.
  Result<bool> step();
  /// step() of what gives no rows.
  Status run();
  /// Ends early.
  void reset() noexcept;

  [[nodiscard]] std::int64_t number(int column) const noexcept;
  [[nodiscard]] std::string text(int column) const;

 private:
  sqlite3* database_ = nullptr;
  CHandle<sqlite3_stmt, sqlite3_finalize> statement_;
  int bound_ = SQLITE_OK;
};

/// A database file of this process's own user.
class SqlDatabase {
 public:
  /// Opens `path`, which is made with mode 0600 where it is missing. Refuses one that is not a
  /// regular file of this user alone, and symbolic links. What the file holds can run no code:
  /// neither triggers, views nor extensions have any effect.
  static Result<SqlDatabase> open(const std::string& path);

  Status run(const char* sql);
  Result<SqlStatement> prepare(const char* sql);

 private:
  explicit SqlDatabase(sqlite3* database) : database_(database) {}

  CHandle<sqlite3, sqlite3_close> database_;
};

}  // namespace modgate
