// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/checkpoint.h"

#include "catch.h"
#include "gate/evidence/cosignature.h"
#include "unit/evidence/notes.h"

using namespace modgate;

namespace {

constexpr std::uint64_t kTime = 1679315147;

Checkpoint sample() {
  Checkpoint checkpoint{"modgate/host/1", 17, {}};
  checkpoint.root.fill(0xa5);
  return checkpoint;
}

VerifierKey log_key() {
  return {"modgate/host/1", SignatureType::ed25519, notes::key('l').public_key()};
}

VerifierKey witness_key() {
  return {"witness.example.com/w1", SignatureType::cosignature, notes::key('w').public_key()};
}

}  // namespace

TEST_CASE("a public log's checkpoint verifies with its key and its witness's") {
  const auto read = parse_signed_checkpoint(notes::kPublicCheckpoint);
  REQUIRE(read);
  CHECK(read->checkpoint.size == 1432088532);
  CHECK(read->note.signatures.size() == 4);
  CHECK(verify_checkpoint(*read, *parse_verifier_key(notes::kPublicLogKey)));
  const auto witness = parse_witness_key(notes::kPublicWitnessKey);
  REQUIRE(witness);
  const auto time = find_cosignature(read->note, *witness);
  REQUIRE(time);
  CHECK(*time == 0x6a122120);
  CHECK_FALSE(verify_checkpoint(*read, *parse_verifier_key(notes::kSpecKey)));
  CHECK_FALSE(find_cosignature(read->note, witness_key()));

  SignedCheckpoint other = *read;
  other.note.text[other.note.text.find("1432")] = '2';
  CHECK_FALSE(verify_checkpoint(other, *parse_verifier_key(notes::kPublicLogKey)));
  CHECK_FALSE(find_cosignature(other.note, *witness));
}

TEST_CASE("a checkpoint is three lines and comes back from them") {
  CHECK(checkpoint_text(sample()) ==
        "modgate/host/1\n17\npaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n");
  CHECK(*parse_checkpoint(checkpoint_text(sample())) == sample());
  const std::string root = "paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=";
  CHECK(parse_checkpoint("log\n0\n" + root + "\n"));
  CHECK(parse_checkpoint("log\n9223372036854775807\n" + root + "\n"));
  for (const std::string& wrong : std::vector<std::string>{
           std::string(), std::string("log\n7\n"), "log\n7\n" + root, "log\n07\n" + root + "\n",
           "log\n-7\n" + root + "\n", "log\n+7\n" + root + "\n", "log\n\n" + root + "\n",
           "log\n7 \n" + root + "\n", "log\n9223372036854775808\n" + root + "\n",
           "log\n99999999999999999999\n" + root + "\n", "\n7\n" + root + "\n",
           "l og\n7\n" + root + "\n", "log\n7\npaWl\n", "log\n7\n" + root + "\nmore\n",
           "log\n7\n" + root + "\n\n"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_checkpoint(wrong));
  }
}

TEST_CASE("a log signs its own checkpoints") {
  const auto made = sign_checkpoint(sample(), notes::key('l'));
  REQUIRE(made);
  const auto read = parse_signed_checkpoint(format_note(made->note));
  REQUIRE(read);
  CHECK(read->checkpoint == sample());
  CHECK(verify_checkpoint(*read, log_key()));

  VerifierKey other_key = log_key();
  other_key.public_key = notes::key('m').public_key();
  CHECK_FALSE(verify_checkpoint(*read, other_key));

  // The right key under another log's name vouches for nothing.
  SignedCheckpoint foreign = *read;
  foreign.note.text = checkpoint_text({"modgate/other/1", 17, sample().root});
  foreign.checkpoint.origin = "modgate/other/1";
  foreign.note.signatures = {*sign_note(foreign.note.text, "modgate/host/1", notes::key('l'))};
  CHECK_FALSE(verify_checkpoint(foreign, log_key()));
}

TEST_CASE("a witness signs the time and the whole text") {
  CHECK(cosigned_message(kTime,
                         "example.com/behind-the-sofa\n20852163\n"
                         "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n") ==
        "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n");
  const std::string text = checkpoint_text(sample());
  const auto made = cosign(text, kTime, "witness.example.com/w1", notes::key('w'));
  REQUIRE(made);
  CHECK(*verify_cosignature(text, *made, witness_key()) == kTime);
  CHECK(*parse_signature(format_signature(*made)) == *made);
  CHECK_FALSE(cosign(text, 1ULL << 63U, "w", notes::key('w')));
}

TEST_CASE("no bit of a cosignature can be changed, nor what it is said of") {
  const std::string text = checkpoint_text(sample());
  const NoteSignature made = *cosign(text, kTime, "witness.example.com/w1", notes::key('w'));
  for (std::size_t at = 0; at < made.bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      NoteSignature changed = made;
      changed.bytes[at] =
          static_cast<char>(static_cast<unsigned char>(changed.bytes[at]) ^ (1U << bit));
      CHECK_FALSE(verify_cosignature(text, changed, witness_key()));
    }
  }
  Checkpoint other = sample();
  other.size = 18;
  CHECK_FALSE(verify_cosignature(checkpoint_text(other), made, witness_key()));
  NoteSignature shorter = made;
  shorter.bytes.pop_back();
  CHECK_FALSE(verify_cosignature(text, shorter, witness_key()));
  NoteSignature renamed = made;
  renamed.name = "witness.example.com/w2";
  CHECK_FALSE(verify_cosignature(text, renamed, witness_key()));
}

TEST_CASE("an ordinary signature of the witness's key is no cosignature, and the reverse") {
  const std::string text = checkpoint_text(sample());
  Note note{text, {*sign_note(text, witness_key().name, notes::key('w'))}};
  CHECK_FALSE(find_cosignature(note, witness_key()));
  VerifierKey as_signer = witness_key();
  as_signer.type = SignatureType::ed25519;
  CHECK(verify_note(note, as_signer));
  note.signatures = {*cosign(text, kTime, witness_key().name, notes::key('w'))};
  CHECK_FALSE(verify_note(note, as_signer));
  CHECK(find_cosignature(note, witness_key()));
}

TEST_CASE("of a witness's cosignatures the newest counts, and a wrong one spoils all") {
  const std::string text = checkpoint_text(sample());
  Note note{text, {}};
  for (const std::uint64_t time : {kTime, kTime + 9, kTime + 3}) {
    note.signatures.push_back(*cosign(text, time, witness_key().name, notes::key('w')));
  }
  CHECK(*find_cosignature(note, witness_key()) == kTime + 9);
  note.signatures[2].bytes[20] = static_cast<char>(note.signatures[2].bytes[20] ^ 1);
  CHECK_FALSE(find_cosignature(note, witness_key()));
}
