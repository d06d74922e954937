// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/parse_moment.h"

#include <chrono>
#include <sstream>

namespace modgate {
namespace {

std::int64_t seconds_of(const toml::date& date) {
  const std::chrono::year_month_day civil{
      std::chrono::year(date.year), std::chrono::month(date.month), std::chrono::day(date.day)};
  return std::chrono::seconds(std::chrono::sys_days(civil).time_since_epoch()).count();
}

std::int64_t seconds_of(const toml::time& time) {
  return std::int64_t{time.hour} * 3600 + std::int64_t{time.minute} * 60 + time.second;
}

template <class T>
std::string written(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

}  // namespace

std::optional<Moment> parse_moment(TableReader& reader, std::string_view key,
                                   DateMeans date_means) {
  const toml::node* node = reader.take(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* date = node->as_date()) {
    const std::int64_t begin = seconds_of(date->get());
    constexpr std::int64_t kDay = std::int64_t{24} * 3600;
    return Moment{date_means == DateMeans::its_end ? begin + kDay : begin, true,
                  written(date->get())};
  }
  if (const auto* point = node->as_date_time()) {
    const toml::date_time& value = point->get();
    Moment moment{seconds_of(value.date) + seconds_of(value.time), true, written(value)};
    if (value.offset) {
      moment.local = false;
      moment.seconds -= std::int64_t{value.offset->minutes} * 60;
    }
    return moment;
  }
  reader.problems().error(node->source().begin,
                          '\'' + std::string(key) +
                              "' is a date without quotes, such as 2027-01-31 "
                              "or 2027-01-31T18:00:00");
  return std::nullopt;
}

}  // namespace modgate
