/* SPDX-License-Identifier: Apache-2.0
 *
 * Where inputs lie for readers that take paths: a folder of this process's own, in memory where the
 * host has such a place, deleted when the process ends, or else when the next one begins. Not
 * thread-safe.
 */
#ifndef PERCUSS_HARNESSES_OWN_INPUT_FILES_H_
#define PERCUSS_HARNESSES_OWN_INPUT_FILES_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace percuss::own {

const std::filesystem::path& InputFolder();

/* Writes a file of the folder in place of what was there; its path. Ends the process when that
 * fails: nothing that it said of the input would be true. */
std::filesystem::path PutFile(const std::string& name, std::string_view bytes);
void RemoveFile(const std::string& name);

/* What stands between NUL bytes; at least one part, perhaps empty. */
std::vector<std::string_view> Parts(std::string_view bytes);

}  // namespace percuss::own

#endif /* PERCUSS_HARNESSES_OWN_INPUT_FILES_H_ */
