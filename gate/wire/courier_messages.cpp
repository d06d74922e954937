// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/courier_messages.h"

#include "gate/wire/message_fields.h"

namespace modgate {
namespace {

/// The specification allows 63 lines (https://c2sp.org/tlog-witness).
constexpr std::size_t kMostProofLines = 63;
constexpr std::size_t kWitnessItems = 3;

std::string pack_witnesses(const std::vector<CourierWitness>& witnesses) {
  std::vector<std::string> packed;
  packed.reserve(witnesses.size());
  for (const CourierWitness& witness : witnesses) {
    packed.push_back(pack({witness.name, witness.url, witness.key}));
  }
  return pack(packed);
}

Result<std::string> kind_of(std::string_view message) {
  auto fields = Fields::decode(message, kCourierBytes, kRecorderFields);
  if (!fields) return fields.error();
  const std::string* const what = fields->find("what");
  if (what == nullptr) return malformed("it does not say what it is");
  return *what;
}

Result<ToCourier> read_witnesses(FieldReader& reader) {
  CourierWitnesses read;
  for (const std::string& packed : reader.list("witnesses", kMostWitnesses)) {
    auto items = unpack(packed, kWitnessItems);
    if (!items || items->size() != kWitnessItems) {
      reader.spoil("witnesses");
      break;
    }
    read.witnesses.push_back({(*items)[0], (*items)[1], (*items)[2]});
  }
  if (auto sound = reader.finish(); !sound) return sound.error();
  return ToCourier(std::move(read));
}

Result<ToCourier> read_submit(FieldReader& reader) {
  CourierSubmit read;
  read.witness = reader.text("witness");
  read.url = reader.text("url");
  read.old_size = reader.number("old_size", kLongestTime);
  read.size = reader.number("size", kLongestTime);
  read.proof = reader.list("proof", kMostProofLines);
  read.checkpoint = reader.text("checkpoint");
  if (auto sound = reader.finish(); !sound) return sound.error();
  return ToCourier(std::move(read));
}

Result<FromCourier> read_next(FieldReader& reader) {
  CourierNext read;
  read.witness = reader.text("witness");
  read.accepted = reader.number("accepted", kLongestTime);
  if (auto sound = reader.finish(); !sound) return sound.error();
  return FromCourier(std::move(read));
}

Result<FromCourier> read_cosigned(FieldReader& reader) {
  CourierCosigned read;
  read.witness = reader.text("witness");
  read.size = reader.number("size", kLongestTime);
  read.signatures = reader.text("signatures");
  if (auto sound = reader.finish(); !sound) return sound.error();
  return FromCourier(std::move(read));
}

}  // namespace

std::string CourierSubmit::body() const {
  std::string text = "old " + std::to_string(old_size) + '\n';
  for (const std::string& line : proof) text += line + '\n';
  return text + '\n' + checkpoint;
}

Result<std::string> encode_to_courier(const ToCourier& message) {
  if (const auto* const submit = std::get_if<CourierSubmit>(&message)) {
    return FieldWriter("submit")
        .text("witness", submit->witness)
        .text("url", submit->url)
        .number("old_size", submit->old_size)
        .number("size", submit->size)
        .text("proof", pack(submit->proof))
        .text("checkpoint", submit->checkpoint)
        .bounded(kCourierBytes);
  }
  return FieldWriter("witnesses")
      .text("witnesses", pack_witnesses(std::get<CourierWitnesses>(message).witnesses))
      .bounded(kCourierBytes);
}

Result<std::string> encode_from_courier(const FromCourier& message) {
  if (const auto* const next = std::get_if<CourierNext>(&message)) {
    return FieldWriter("next")
        .text("witness", next->witness)
        .number("accepted", next->accepted)
        .bounded(kCourierBytes);
  }
  const auto& cosigned = std::get<CourierCosigned>(message);
  return FieldWriter("cosigned")
      .text("witness", cosigned.witness)
      .number("size", cosigned.size)
      .text("signatures", cosigned.signatures)
      .bounded(kCourierBytes);
}

Result<ToCourier> decode_to_courier(std::string_view message) {
  auto kind = kind_of(message);
  if (!kind) return kind.error();
  auto reader = FieldReader::open(message, *kind, kCourierBytes);
  if (!reader) return reader.error();
  if (*kind == "witnesses") return read_witnesses(*reader);
  if (*kind == "submit") return read_submit(*reader);
  return malformed("unknown");
}

Result<FromCourier> decode_from_courier(std::string_view message) {
  auto kind = kind_of(message);
  if (!kind) return kind.error();
  auto reader = FieldReader::open(message, *kind, kCourierBytes);
  if (!reader) return reader.error();
  if (*kind == "next") return read_next(*reader);
  if (*kind == "cosigned") return read_cosigned(*reader);
  return malformed("unknown");
}

}  // namespace modgate
