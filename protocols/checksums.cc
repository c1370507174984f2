// SPDX-License-Identifier: Apache-2.0
#include "protocols/checksums.h"

#include <array>
#include <numeric>

namespace percuss::protocols {
namespace {

using Input = std::span<const uint8_t>;

// Parameters as the catalogue has them; `polynomial` is written reversed where bits are reflected.
template <unsigned kBits, uint64_t kPolynomial, uint64_t kInitial, bool kReflected, uint64_t kOut>
uint64_t Crc(Input bytes) {
  constexpr uint64_t kMask = kBits == 64 ? ~0ULL : (1ULL << kBits) - 1;
  constexpr uint64_t kTop = 1ULL << (kBits - 1);
  uint64_t crc = kInitial;
  for (const uint8_t byte : bytes) {
    crc ^= kReflected ? byte : static_cast<uint64_t>(byte) << (kBits - 8);
    for (int bit = 0; bit < 8; ++bit) {
      if constexpr (kReflected) {
        crc = (crc & 1) != 0 ? crc >> 1 ^ kPolynomial : crc >> 1;
      } else {
        crc = (crc & kTop) != 0 ? crc << 1 ^ kPolynomial : crc << 1;
      }
    }
    crc &= kMask;
  }
  return crc ^ kOut;
}

uint64_t Sum(Input bytes) { return std::accumulate(bytes.begin(), bytes.end(), uint64_t{0}); }

uint64_t Sum8(Input bytes) { return Sum(bytes) & 0xff; }
uint64_t Sum16(Input bytes) { return Sum(bytes) & 0xffff; }
uint64_t NegatedSum8(Input bytes) { return (0x100 - (Sum(bytes) & 0xff)) & 0xff; }

uint64_t Xor8(Input bytes) {
  uint64_t all = 0;
  for (const uint8_t byte : bytes) all ^= byte;
  return all;
}

constexpr std::array kChecksums = {
    Checksum{"sum8", Sum8},
    Checksum{"sum16", Sum16},
    Checksum{"negated_sum8", NegatedSum8},
    Checksum{"xor8", Xor8},
    Checksum{"crc8_smbus", Crc<8, 0x07, 0, false, 0>},
    Checksum{"crc16_ibm_3740", Crc<16, 0x1021, 0xffff, false, 0>},
    Checksum{"crc16_xmodem", Crc<16, 0x1021, 0, false, 0>},
    Checksum{"crc16_kermit", Crc<16, 0x8408, 0, true, 0>},
    Checksum{"crc16_ibm_sdlc", Crc<16, 0x8408, 0xffff, true, 0xffff>},
    Checksum{"crc16_mcrf4xx", Crc<16, 0x8408, 0xffff, true, 0>},
    Checksum{"crc16_modbus", Crc<16, 0xa001, 0xffff, true, 0>},
    Checksum{"crc16_arc", Crc<16, 0xa001, 0, true, 0>},
    Checksum{"crc32_iso_hdlc", Crc<32, 0xedb88320, 0xffffffff, true, 0xffffffff>},
    Checksum{"crc32_iscsi", Crc<32, 0x82f63b78, 0xffffffff, true, 0xffffffff>},
    Checksum{"crc32_mpeg_2", Crc<32, 0x04c11db7, 0xffffffff, false, 0>},
};

}  // namespace

std::span<const Checksum> Checksums() { return kChecksums; }

}  // namespace percuss::protocols
