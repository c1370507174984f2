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

# percuss_library(NAME SOURCES... [LINK libraries...]): a static library of ours.
function(percuss_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC percuss_compile ${ARG_LINK})
endfunction()

# percuss_test(NAME SOURCES... [LINK libraries...]): one test program, one ctest entry per test.
function(percuss_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE percuss_compile ${ARG_LINK} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()
