/* SPDX-License-Identifier: Apache-2.0
 *
 * main() of the flavours without an engine: runs each file named, or all files of each folder
 * named, once. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static int run_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    return 1;
  }
  struct stat st;
  if (fstat(fileno(file), &st) != 0 || !S_ISREG(st.st_mode)) {
    fclose(file);
    return 0;
  }
  /* A buffer of the exact size: a tool that watches allocations sees the first byte read past the
   * end. */
  const size_t size = (size_t)st.st_size;
  uint8_t* data = malloc(size != 0 ? size : 1);
  const int whole = data != NULL && fread(data, 1, size, file) == size;
  fclose(file);
  if (!whole) {
    fprintf(stderr, "%s: cannot be read whole\n", path);
    free(data);
    return 1;
  }
  LLVMFuzzerTestOneInput(data, size);
  free(data);
  return 0;
}

static int run_path(const char* path) {
  DIR* folder = opendir(path);
  if (folder == NULL) return run_file(path);
  int failures = 0;
  for (struct dirent* entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    char inner[4096];
    const int length = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
    if (length < 0 || (size_t)length >= sizeof inner) {
      fprintf(stderr, "%s: path too long\n", path);
      failures++;
      continue;
    }
    failures += run_file(inner);
  }
  closedir(folder);
  return failures;
}

int main(int argc, char** argv) {
  int failures = 0;
  for (int i = 1; i < argc; i++) failures += run_path(argv[i]);
  return failures == 0 ? 0 : 1;
}
