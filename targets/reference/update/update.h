/* SPDX-License-Identifier: Apache-2.0
 *
 * Firmware updates: checks a signed container and writes its image to flash.
 *
 *   container   header (24), manifest, signature (64), payload; integers are little-endian
 *   header      "MUPD", format 1, kind, flags (2), manifest bytes (4), payload bytes (4),
 *               container bytes (4), CRC-32 of the 20 bytes before
 *   manifest    type (1), length (2), value; ends with a type 0; no type twice
 *   signature   Ed25519 over header and manifest; the manifest holds the SHA-256 of the payload
 *   payload     with UPD_FLAG_PATCHES the patch table: bytes of the table (4), number (4), then per
 *               patch image offset (4), length (2), bytes; after it the blocks of the image
 *   block       stored bytes (2), method (1: 0 plain, 1 packed), 0; gives up to UPD_BLOCK_BYTES
 *   packed      0nnnnnnn: n+1 literal bytes follow; 1nnnnnnn, distance (2): copy n+3 bytes
 *
 * An update is installed only if its signature is genuine, it is made for this family, its version
 * is greater than the installed one (major, then minor, then patch), and its security counter is
 * not smaller. Cryptography is the driver's (hal). Not reentrant. Every block from hal.alloc is
 * released before upd_install returns. */
#ifndef TARGETS_REFERENCE_UPDATE_UPDATE_H_
#define TARGETS_REFERENCE_UPDATE_UPDATE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UPD_HEADER_BYTES 24u
#define UPD_SIGNATURE_BYTES 64u
#define UPD_HASH_BYTES 32u
#define UPD_BLOCK_BYTES 1024u
#define UPD_IMAGE_BYTES_MAX 65536u
#define UPD_FLAG_PATCHES 1u

enum upd_kind { UPD_APPLICATION = 1, UPD_BOOTLOADER = 2, UPD_RESOURCES = 3 };

enum upd_type {
  UPD_TYPE_END = 0,
  UPD_TYPE_VERSION = 1,  /* major, minor, patch: 2 bytes each */
  UPD_TYPE_FAMILIES = 2, /* device families, 2 bytes each */
  UPD_TYPE_HASH = 3,     /* SHA-256 of the payload */
  UPD_TYPE_SIZE = 4,     /* bytes of the image */
  UPD_TYPE_COUNTER = 5,  /* security counter */
  UPD_TYPE_NOTES = 6,    /* text for the display */
};

enum upd_result {
  UPD_INSTALLED,
  UPD_BAD_HEADER,
  UPD_BAD_SIGNATURE,
  UPD_BAD_MANIFEST,
  UPD_WRONG_FAMILY,
  UPD_OLD_VERSION,
  UPD_BAD_HASH,
  UPD_BAD_PAYLOAD,
  UPD_NO_MEMORY,
};

struct upd_hal {
  void* (*alloc)(size_t size);
  void (*release)(void* block);
  void (*sha256)(void* context, const uint8_t* bytes, size_t length, uint8_t out[UPD_HASH_BYTES]);
  bool (*ed25519_verify)(void* context, const uint8_t signature[UPD_SIGNATURE_BYTES],
                         const uint8_t* message, size_t length);
  void (*show_notes)(void* context, const char* text);
  void (*flash_write)(void* context, uint32_t offset, const uint8_t* bytes, size_t length);
  void (*flash_commit)(void* context); /* the staged image boots from now on */
  void* context;
};

struct upd_version {
  uint16_t major, minor, patch;
};

struct upd_device {
  struct upd_hal hal;
  uint16_t family;
  struct upd_version installed;
  uint32_t security_counter;
};

/* Checks and installs; on UPD_INSTALLED the device's version and counter are the container's. */
enum upd_result upd_install(struct upd_device* device, const uint8_t* container, size_t length);

uint32_t upd_crc32(const uint8_t* bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif /* TARGETS_REFERENCE_UPDATE_UPDATE_H_ */
