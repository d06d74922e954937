// SPDX-License-Identifier: Apache-2.0
#include "gate/review/sqlite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace modgate {
namespace {

/// Another review of the same user that builds the index is waited for no longer.
constexpr int kPatienceMs = 200;

Error failed(sqlite3* database) {
  return {Outcome::failed, std::string("the index: ") + sqlite3_errmsg(database),
          sqlite3_extended_errcode(database)};
}

Status check_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  struct stat state = {};
  if (!file || ::fstat(file.get(), &state) != 0) {
    return Error{Outcome::failed, path + ": " + std::strerror(errno), errno};
  }
  if (!S_ISREG(state.st_mode) || state.st_uid != ::geteuid() || (state.st_mode & 0077U) != 0) {
    return Error{Outcome::failed, path + " is no file of this user alone"};
  }
  return Done{};
}

}  // namespace

void SqlStatement::bind(int at, std::int64_t number) {
  const int result = sqlite3_bind_int64(statement_.get(), at, number);
  if (result != SQLITE_OK) bound_ = result;
}

void SqlStatement::bind(int at, std::string_view text) {
  const int result =
      sqlite3_bind_text64(statement_.get(), at, text.data(), text.size(), nullptr, SQLITE_UTF8);
  if (result != SQLITE_OK) bound_ = result;
}

Result<bool> SqlStatement::step() {
  if (bound_ != SQLITE_OK) return failed(database_);
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) {
    Error error = failed(database_);
    reset();
    return error;
  }
  reset();
  return false;
}

Status SqlStatement::run() {
  auto row = step();
  if (!row) return row.error();
  if (*row) reset();
  return Done{};
}

void SqlStatement::reset() noexcept {
  // Its result repeats what step() said.
  static_cast<void>(sqlite3_reset(statement_.get()));
}

std::int64_t SqlStatement::number(int column) const noexcept {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqlStatement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (bytes == nullptr || size <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

Result<SqlDatabase> SqlDatabase::open(const std::string& path) {
  if (auto sound = check_file(path); !sound) return sound.error();
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nullptr);
  SqlDatabase database(opened);
  if (result != SQLITE_OK) return failed(opened);
  int unused = 0;
  for (const int setting : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
                            SQLITE_DBCONFIG_TRUSTED_SCHEMA}) {
    if (sqlite3_db_config(opened, setting, 0, &unused) != SQLITE_OK) return failed(opened);
  }
  if (sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, &unused) != SQLITE_OK ||
      sqlite3_busy_timeout(opened, kPatienceMs) != SQLITE_OK) {
    return failed(opened);
  }
  return database;
}

Status SqlDatabase::run(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failed(database_.get());
  }
  return Done{};
}

Result<SqlStatement> SqlDatabase::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr) != SQLITE_OK) {
    return failed(database_.get());
  }
  return SqlStatement(database_.get(), statement);
}

}  // namespace modgate
