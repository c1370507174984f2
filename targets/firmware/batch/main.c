/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include "targets/firmware/batch/batch.h"
#include "targets/firmware/reference/firmware.h"

static bool read_all(uint8_t* bytes, size_t count) {
  while (count != 0) {
    const size_t taken = batch_read(bytes, count);
    if (taken == 0) return false;
    bytes += taken;
    count -= taken;
  }
  return true;
}

int main(void) {
  static const uint8_t mark[] = "\n==== end of input\n";
  uint8_t head[4];
  batch_begin();
  while (read_all(head, sizeof head)) {
    uint32_t left =
        head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 24;
    app_open();
    while (left != 0) {
      static uint8_t bytes[64];
      const size_t count = left < sizeof bytes ? left : sizeof bytes;
      if (!read_all(bytes, count)) break;
      app_receive(bytes, count);
      left -= (uint32_t)count;
    }
    app_close();
    line_write(mark, sizeof mark - 1);
  }
  batch_end();
  return 0;
}
