# SPDX-License-Identifier: Apache-2.0
# Builds harnesses/ once per flavour. A fuzz target needs another compiler than the command does, and another
# instrumentation per engine, so every flavour is a CMake project of its own over the same sources.
#
# Binaries land in <build>/harnesses/<harness>/<flavour>, described by <build>/harnesses/<harness>/harness.json.

include(ExternalProject)

set(PERCUSS_FLAVOURS libfuzzer aflpp aflpp_cmplog cost msan coverage benchmark)
set(PERCUSS_KNOWN_SOUP lwip libmodbus biosig dcmqrscp dcmtk)
set(PERCUSS_SOUP "lwip;libmodbus;biosig;dcmqrscp" CACHE STRING
  "Third-party targets to fetch and build (lwip;libmodbus;biosig;dcmqrscp;dcmtk), empty for none")
foreach(name IN LISTS PERCUSS_SOUP)
  if(NOT name IN_LIST PERCUSS_KNOWN_SOUP)
    list(JOIN PERCUSS_KNOWN_SOUP ", " known)
    message(FATAL_ERROR "PERCUSS_SOUP names '${name}', which is no third-party target here. There are: ${known}.")
  endif()
endforeach()
string(REPLACE ";" "|" soup_argument "${PERCUSS_SOUP}")

foreach(flavour IN LISTS PERCUSS_FLAVOURS)
  set(cc clang-14)
  set(cxx clang++-14)
  if(flavour MATCHES "^aflpp")
    set(cc afl-clang-fast)
    set(cxx afl-clang-fast++)
  endif()
  # Stack traces and coverage name the folder that a fuzz target was built in, so no other folder's objects may serve.
  set(environment --unset=CCACHE_BASEDIR --unset=CCACHE_NOHASHDIR AFL_QUIET=1)
  if(flavour STREQUAL "aflpp_cmplog")
    list(APPEND environment AFL_LLVM_CMPLOG=1)
  endif()
  ExternalProject_Add(harnesses_${flavour}
    SOURCE_DIR ${CMAKE_SOURCE_DIR}/harnesses
    BINARY_DIR ${CMAKE_BINARY_DIR}/harness-build/${flavour}
    LIST_SEPARATOR |
    CONFIGURE_COMMAND ${CMAKE_COMMAND} -E env ${environment}
      ${CMAKE_COMMAND} -G Ninja -S <SOURCE_DIR> -B <BINARY_DIR>
      -DCMAKE_C_COMPILER=${cc} -DCMAKE_CXX_COMPILER=${cxx}
      -DPERCUSS_FLAVOUR=${flavour}
      -DPERCUSS_SOURCE_ROOT=${CMAKE_SOURCE_DIR}
      -DPERCUSS_HARNESS_OUTPUT=${CMAKE_BINARY_DIR}/harnesses
      -DPERCUSS_SOUP_CACHE=${CMAKE_BINARY_DIR}/soup
      -DPERCUSS_SOUP=${soup_argument}
      -DPERCUSS_COMPILE_BLOCKS=${PERCUSS_COMPILE_BLOCKS}
    BUILD_COMMAND ${CMAKE_COMMAND} -E env ${environment} ${CMAKE_COMMAND} --build <BINARY_DIR>
    INSTALL_COMMAND ""
    BUILD_ALWAYS ON
    USES_TERMINAL_CONFIGURE ON
    USES_TERMINAL_BUILD ON)
endforeach()

# percuss's own readers as fuzz targets (harnesses/lists/own.cmake), for campaigns/self.json: some minutes of one core,
# and so on request only.
add_custom_target(harnesses_own)
foreach(flavour IN ITEMS libfuzzer aflpp)
  ExternalProject_Add_StepTargets(harnesses_${flavour} configure)
  add_custom_target(harnesses_own_${flavour}
    COMMAND ${CMAKE_COMMAND} -E env --unset=CCACHE_BASEDIR --unset=CCACHE_NOHASHDIR AFL_QUIET=1
      ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR}/harness-build/${flavour} --target own_harnesses
    USES_TERMINAL)
  add_dependencies(harnesses_own_${flavour} harnesses_${flavour}-configure)
  add_dependencies(harnesses_own harnesses_own_${flavour})
endforeach()
