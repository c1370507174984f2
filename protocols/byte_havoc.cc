// SPDX-License-Identifier: Apache-2.0
#include "protocols/byte_havoc.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "protocols/codings.h"

namespace percuss::protocols {

size_t ByteHavoc::Change(uint8_t* bytes, size_t size, size_t most) {
  const uint64_t times = 1ULL << random_.Below(4);
  for (uint64_t i = 0; i < times; ++i) size = Once({bytes, most}, size);
  return size;
}

size_t ByteHavoc::Once(std::span<uint8_t> buffer, size_t size) {
  if (size == 0) {
    if (!buffer.empty()) buffer[0] = static_cast<uint8_t>(random_.Next() >> 24);
    return std::min<size_t>(buffer.size(), 1);
  }
  static constexpr std::array<uint8_t, 8> kEdges = {0, 1, 0x7f, 0x80, 0xff, 0x20, 0x0d, 0xfe};
  const size_t at = random_.Below(size);
  const size_t count = 1 + random_.Below(std::min<size_t>(size - at, 32));
  const size_t room = buffer.size() - size;
  switch (random_.Below(8)) {
    case 0:
      buffer[at] ^= static_cast<uint8_t>(1U << random_.Below(8));
      break;
    case 1:
      buffer[at] = kEdges[random_.Below(kEdges.size())];
      break;
    case 2:
      buffer[at] = static_cast<uint8_t>(buffer[at] + random_.Below(33) - 16);
      break;
    case 3:
      buffer[at] = static_cast<uint8_t>(random_.Next() >> 24);
      break;
    case 4:
      std::memmove(&buffer[at], &buffer[at + count], size - at - count);
      return size - count;
    case 5: {
      const size_t added = std::min(count, room);
      std::memmove(&buffer[at + added], &buffer[at], size - at);
      return size + added;
    }
    case 6: {
      const size_t to = random_.Below(size - count + 1);
      std::memmove(&buffer[to], &buffer[at], count);
      break;
    }
    default: {
      if (words_.empty()) break;
      const Bytes& word = random_.Of(words_);
      if (random_.OneIn(2) && word.size() <= room) {
        std::memmove(&buffer[at + word.size()], &buffer[at], size - at);
        std::copy(word.begin(), word.end(), &buffer[at]);
        return size + word.size();
      }
      std::copy_n(word.begin(), std::min(word.size(), size - at), &buffer[at]);
      break;
    }
  }
  return size;
}

std::vector<Bytes> WordsOf(const Model& model) {
  std::set<Bytes> words;
  const auto number = [&](uint64_t value, const Field& field) {
    if (field.kind != Kind::kInteger) return;
    Bytes bytes(field.width);
    WriteInteger(value, field.big_endian, bytes);
    words.insert(std::move(bytes));
  };
  for (const Structure& structure : model.structures) {
    for (const Field& field : structure.fields) {
      if (!field.literal.empty() && field.kind == Kind::kLiteral) words.insert(field.literal);
      words.insert(field.delimiters.begin(), field.delimiters.end());
      words.insert(field.words.begin(), field.words.end());
      for (const Case& branch : field.cases) words.insert(branch.texts.begin(), branch.texts.end());
      if (field.enumeration == kNothing) continue;
      for (const auto& [value, name] :
           model.enumerations[static_cast<size_t>(field.enumeration)].values) {
        number(value, field);
      }
    }
  }
  words.erase(Bytes());
  return {words.begin(), words.end()};
}

}  // namespace percuss::protocols
