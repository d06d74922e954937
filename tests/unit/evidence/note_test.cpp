// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/note.h"

#include "catch.h"
#include "gate/evidence/base64.h"
#include "unit/evidence/notes.h"

using namespace modgate;

namespace {

/// A note signed by two, with a text that holds an empty line.
std::string note_of_two() {
  Note note{"first\n\nsecond\n", {}};
  for (const std::string seed : {"a", "b"}) {
    note.signatures.push_back(
        *sign_note(note.text, "key/" + seed, notes::key(static_cast<unsigned char>(seed.front()))));
  }
  return format_note(note);
}

VerifierKey verifier(unsigned char seed) {
  return {"key/" + std::string(1, static_cast<char>(seed)), SignatureType::ed25519,
          notes::key(seed).public_key()};
}

}  // namespace

TEST_CASE("base64 has one spelling for each text") {
  for (const std::string& bytes :
       {std::string(), std::string("f"), std::string("fo"), std::string("foo"),
        std::string("\0\xff\x80", 3), std::string(100, '\xfb')}) {
    CHECK(decode_base64(encode_base64(bytes)) == bytes);
  }
  CHECK(encode_base64("foobar") == "Zm9vYmFy");
  CHECK(encode_base64("fooba") == "Zm9vYmE=");
  CHECK(encode_base64("foob") == "Zm9vYg==");
  for (const char* wrong : {"Zg", "Zg=", "Z", "Zg==\n", " Zg==", "Zh==", "Zm9=", "Zg=a",
                            "====", "Zm9v=", "Zm9-", "Zm9_", "Zm\0v", "=", "Z==="}) {
    CAPTURE(wrong);
    CHECK_FALSE(decode_base64(wrong));
  }
}

TEST_CASE("the note of the specification verifies with its key") {
  const auto key = parse_verifier_key(notes::kSpecKey);
  REQUIRE(key);
  CHECK(key->name == "example.com/foo");
  CHECK(key->id() == 0x530d903a);
  CHECK(key->text() == notes::kSpecKey);
  const auto note = parse_note(notes::kSpecNote);
  REQUIRE(note);
  CHECK(note->text == "This is an example message.\n");
  CHECK(verify_note(*note, *key));
  CHECK(format_note(*note) == notes::kSpecNote);
}

TEST_CASE("the notes of Go's module checksum database verify and are made alike") {
  const auto peter = parse_verifier_key(notes::kPeterKey);
  const auto enoch = parse_verifier_key(notes::kEnochKey);
  REQUIRE((peter && enoch));
  const auto both =
      parse_note(notes::kGoText + '\n' + notes::kPeterSignature + notes::kEnochSignature);
  REQUIRE(both);
  CHECK(verify_note(*both, *peter));
  CHECK(verify_note(*both, *enoch));
  const auto one = parse_note(notes::kGoText + '\n' + notes::kPeterSignature);
  CHECK(verify_note(*one, *peter));
  CHECK_FALSE(verify_note(*one, *enoch));

  // PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz
  const std::string seed = decode_base64("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")->substr(1);
  const std::string frame("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16);
  const auto signer =
      SigningKey::from_pem("-----BEGIN PRIVATE KEY-----\n" + encode_base64(frame + seed) +
                           "\n-----END PRIVATE KEY-----\n");
  REQUIRE(signer);
  CHECK(signer->public_key() == peter->public_key);
  CHECK(format_signature(*sign_note(notes::kGoText, "PeterNeumann", *signer)) ==
        notes::kPeterSignature);
}

TEST_CASE("no single bit of a note can be changed") {
  const std::string whole = note_of_two();
  REQUIRE(parse_note(whole));
  CHECK(parse_note(whole)->text == "first\n\nsecond\n");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
      const auto note = parse_note(changed);
      CAPTURE(at, bit);
      CHECK_FALSE((note && verify_note(*note, verifier('a')) && verify_note(*note, verifier('b'))));
    }
  }
}

TEST_CASE("a note bears at least one right signature of the key, and no wrong one") {
  Note note = *parse_note(note_of_two());
  CHECK(verify_note(note, verifier('a')));
  CHECK_FALSE(verify_note(note, verifier('c')));
  VerifierKey renamed = verifier('a');
  renamed.name = "key/b";
  CHECK_FALSE(verify_note(note, renamed));
  VerifierKey witness = verifier('a');
  witness.type = SignatureType::cosignature;
  CHECK_FALSE(verify_note(note, witness));
  NoteSignature wrong = note.signatures[0];
  wrong.bytes[0] = static_cast<char>(wrong.bytes[0] ^ 1);
  note.signatures.push_back(wrong);
  CHECK_FALSE(verify_note(note, verifier('a')));
  CHECK(verify_note(note, verifier('b')));
}

TEST_CASE("what is no note is refused") {
  const std::string line = notes::kPeterSignature;
  for (const std::string& wrong : std::vector<std::string>{
           std::string(),
           std::string("\n"),
           std::string("text\n\n"),
           "text" + line,
           "text\n" + line,
           "text\n\n" + line.substr(0, line.size() - 1),
           "text\n\n" + line + "\n",
           "text\n\n" + line + "rest",
           "text\n\n- PeterNeumann x08gow==\n",
           std::string("text\n\n\u2014 PeterNeumann x08gow==\n"),
           std::string("text\n\n\u2014 Peter Neumann x08goww=\n"),
           std::string("text\n\n\u2014 Peter+Neumann x08goww=\n"),
           std::string("text\n\n\u2014  x08goww=\n"),
           std::string("text\n\n\u2014 PeterNeumann x08goww\n"),
           std::string("te\txt\n\n") + line,
           std::string("te\0xt\n\n", 7) + line,
           std::string("te\xffxt\n\n") + line,
           "text\r\n\r\n" + line,
           std::string(kNoteBytes, 'a') + "\n\n" + line,
       }) {
    CAPTURE(wrong.substr(0, 100));
    CHECK_FALSE(parse_note(wrong));
  }
}

TEST_CASE("a note may bear 32 signatures, and not one more") {
  std::string note = notes::kGoText + '\n';
  for (std::size_t count = 0; count < kNoteSignatures; ++count) note += notes::kPeterSignature;
  CHECK(parse_note(note));
  CHECK_FALSE(parse_note(note + notes::kPeterSignature));
}

TEST_CASE("verifier keys are read strictly") {
  CHECK(parse_verifier_key(notes::kPublicWitnessKey)->type == SignatureType::cosignature);
  CHECK(parse_verifier_key(notes::kPublicWitnessKey)->text() == notes::kPublicWitnessKey);
  for (const std::string& wrong : std::vector<std::string>{
           std::string(),
           std::string("example.com/foo"),
           std::string("example.com/foo+530d903a"),
           std::string("example.com/fob+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("example.com/foo+30d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2l"),
           std::string("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           notes::kSpecKey + "\n",
           notes::kSpecKey + "AAAA",
       }) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_verifier_key(wrong));
  }
}

TEST_CASE("a witness's key counts under either type, its own id only under one") {
  const auto published = parse_witness_key(notes::kPublicWitnessKey);
  REQUIRE(published);
  VerifierKey other_type = *published;
  other_type.type = SignatureType::ed25519;
  CHECK(*parse_witness_key(other_type.text()) == *published);
  std::string misspelt = notes::kPublicWitnessKey;
  misspelt[misspelt.find("+da77") + 1] = 'e';
  CHECK_FALSE(parse_witness_key(misspelt));
}

TEST_CASE("a signing key survives its file, and nothing else is one") {
  const auto made = SigningKey::generate();
  REQUIRE(made);
  std::string pem;
  REQUIRE(made->to_pem([&](std::string_view text) -> Status {
    pem = text;
    return Done{};
  }));
  CHECK(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  const auto again = SigningKey::from_pem(pem);
  REQUIRE(again);
  CHECK(again->public_key() == made->public_key());
  const auto signature = again->sign("text");
  REQUIRE(signature);
  CHECK(verifies_ed25519(made->public_key(), "text", *signature));
  CHECK_FALSE(verifies_ed25519(made->public_key(), "test", *signature));
  CHECK_FALSE(verifies_ed25519(made->public_key(), "text", signature->substr(1)));
  CHECK_FALSE(verifies_ed25519(notes::key('x').public_key(), "text", *signature));
  CHECK(SigningKey::generate()->public_key() != made->public_key());

  const std::string ec =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VuBCIEIFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
      "-----END PRIVATE KEY-----\n";
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
  for (const std::string& wrong : {std::string(), std::string("key"), pem.substr(0, 60), ec,
                                   encrypted, std::string(kSigningKeyBytes + 1, 'a')}) {
    CHECK_FALSE(SigningKey::from_pem(wrong));
  }
}
