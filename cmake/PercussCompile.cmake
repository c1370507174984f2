# SPDX-License-Identifier: Apache-2.0
# How our own code is compiled, and the two functions that every folder uses.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(PERCUSS_CCACHE ccache)
if(PERCUSS_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${PERCUSS_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PERCUSS_CCACHE})
endif()

add_library(percuss_compile INTERFACE)
target_compile_options(percuss_compile INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-align -Wundef -Werror)
target_include_directories(percuss_compile INTERFACE ${CMAKE_SOURCE_DIR})
if(PERCUSS_SANITIZE)
  target_compile_options(percuss_compile INTERFACE
    -fsanitize=${PERCUSS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(percuss_compile INTERFACE -fsanitize=${PERCUSS_SANITIZE})
endif()

# Half of the time of a file without optimisation goes into the headers that nearly all of them read. The build that is
# shipped reads them anew for each file, so that a forgotten include is seen. Clang takes such headers only for files
# that are position-independent in the same way: once for libraries, once for programs.
function(percuss_precompile_headers name)
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/headers_of_most.cc)
  target_link_libraries(${name} PRIVATE percuss_compile fmt::fmt nlohmann_json::nlohmann_json GTest::gmock)
  target_precompile_headers(${name} PRIVATE
    <algorithm> <filesystem> <fmt/format.h> <functional> <map> <memory> <nlohmann/json.hpp> <optional> <set> <string>
    <string_view> <utility> <vector> ${ARGN})
  target_compile_options(${name} PRIVATE -Xclang -fno-pch-timestamp)
endfunction()

if(PERCUSS_PRECOMPILE)
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/headers_of_most.cc CONTENT "")
  percuss_precompile_headers(percuss_library_headers)
  percuss_precompile_headers(percuss_test_headers <gmock/gmock.h>)
  set_target_properties(percuss_test_headers PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(percuss_test_headers PRIVATE -fPIE)
endif()

function(percuss_take_headers name headers)
  if(PERCUSS_PRECOMPILE)
    target_precompile_headers(${name} REUSE_FROM ${headers})
    list(FILTER ARGN INCLUDE REGEX "[.]c$")
    set_source_files_properties(${ARGN} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()

# percuss_library(NAME SOURCES... [LINK libraries...]): a static library of ours.
function(percuss_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC percuss_compile ${ARG_LINK})
  percuss_take_headers(${name} percuss_library_headers ${ARG_SOURCES})
endfunction()

# percuss_test(NAME SOURCES... [LINK libraries...]): one test program, one ctest entry per test.
function(percuss_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE percuss_compile ${ARG_LINK} GTest::gmock GTest::gtest_main)
  percuss_take_headers(${name} percuss_test_headers ${ARG_SOURCES})
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()
