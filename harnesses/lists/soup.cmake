# SPDX-License-Identifier: Apache-2.0
# Third-party software of medical devices. Each target stands twice: as released, with its published defects, and with
# the distribution's security patches. Recipes: targets/soup/<name>/recipe.json.

# Sets ${name}_trees to the folder with upstream/ and patched/.
function(percuss_fetch_soup name)
  set(recipe ${PERCUSS_SOURCE_ROOT}/targets/soup/${name}/recipe.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${recipe})
  execute_process(
    COMMAND ${PERCUSS_SOURCE_ROOT}/scripts/fetch-soup.sh ${name} ${PERCUSS_SOUP_CACHE}
    RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "The sources of ${name} are not there; the lines above say why.")
  endif()
  set(${name}_trees ${PERCUSS_SOUP_CACHE}/${name} PARENT_SCOPE)
endfunction()

# percuss_add_soup_pair(NAME TREES folder DESCRIPTION text SOURCES files-in-the-tree... INCLUDES dirs-in-the-tree...
#                       OWN_SOURCES files... OWN_INCLUDES dirs... and the other arguments of percuss_add_harness)
# One call of percuss_add_harness per tree: NAME and NAME_patched.
function(percuss_add_soup_pair name)
  cmake_parse_arguments(ARG "" "TREES;DESCRIPTION;HARNESS;INTERFACE"
    "SOURCES;INCLUDES;OWN_SOURCES;OWN_INCLUDES;DEFINES;LIBS" ${ARGN})
  foreach(tree upstream patched)
    set(harness ${name})
    set(state "as released, with its published defects")
    if(tree STREQUAL "patched")
      set(harness ${name}_patched)
      set(state "with the distribution's security patches")
    endif()
    list(TRANSFORM ARG_SOURCES PREPEND ${ARG_TREES}/${tree}/ OUTPUT_VARIABLE sources)
    list(TRANSFORM ARG_INCLUDES PREPEND ${ARG_TREES}/${tree}/ OUTPUT_VARIABLE includes)
    percuss_add_harness(${harness}
      HARNESS ${ARG_HARNESS}
      SOURCES ${sources} ${ARG_OWN_SOURCES}
      INCLUDES ${ARG_OWN_INCLUDES} ${includes}
      DEFINES ${ARG_DEFINES}
      OPTIONS -w
      LIBS ${ARG_LIBS}
      CORPUS ${name}
      INTERFACE ${ARG_INTERFACE}
      DESCRIPTION "${ARG_DESCRIPTION}, ${state}")
  endforeach()
endfunction()

if("lwip" IN_LIST PERCUSS_SOUP)
  percuss_fetch_soup(lwip)
  percuss_add_soup_pair(lwip_ppp_eap
    TREES ${lwip_trees}
    HARNESS lwip_ppp_eap_harness.c
    SOURCES
      src/core/def.c src/core/inet_chksum.c src/core/init.c src/core/ip.c src/core/mem.c src/core/memp.c
      src/core/netif.c src/core/pbuf.c
      src/core/ipv4/ip4.c src/core/ipv4/ip4_addr.c src/core/ipv4/ip4_frag.c
      src/netif/ppp/auth.c src/netif/ppp/eap.c src/netif/ppp/fsm.c src/netif/ppp/ipcp.c src/netif/ppp/lcp.c
      src/netif/ppp/magic.c src/netif/ppp/ppp.c src/netif/ppp/pppos.c
      src/netif/ppp/polarssl/md5.c
    INCLUDES src/include
    OWN_SOURCES targets/soup/lwip/port/log.c
    OWN_INCLUDES targets/soup/lwip/port
    INTERFACE ppp
    DESCRIPTION "lwIP 2.1.3, EAP packets of a PPP link")
endif()

if("libmodbus" IN_LIST PERCUSS_SOUP)
  percuss_fetch_soup(libmodbus)
  set(LIBMODBUS_VERSION_MAJOR 3)
  set(LIBMODBUS_VERSION_MINOR 1)
  set(LIBMODBUS_VERSION_MICRO 6)
  set(LIBMODBUS_VERSION 3.1.6)
  configure_file(${libmodbus_trees}/upstream/src/modbus-version.h.in
    ${CMAKE_CURRENT_BINARY_DIR}/libmodbus/modbus-version.h @ONLY)
  percuss_add_soup_pair(modbus_server
    TREES ${libmodbus_trees}
    HARNESS modbus_server_harness.c
    SOURCES src/modbus.c src/modbus-data.c src/modbus-tcp.c
    INCLUDES src
    OWN_INCLUDES targets/soup/libmodbus/port ${CMAKE_CURRENT_BINARY_DIR}/libmodbus
    INTERFACE modbus-tcp
    DESCRIPTION "libmodbus 3.1.6, requests to a server")
endif()

# As delivered: the packaged binary, which has no coverage for AFL++ or llvm-cov to see.
if("biosig" IN_LIST PERCUSS_SOUP)
  find_library(PERCUSS_BIOSIG_LIBRARY biosig)
  find_path(PERCUSS_BIOSIG_INCLUDE biosig.h)
  if(NOT PERCUSS_BIOSIG_LIBRARY OR NOT PERCUSS_BIOSIG_INCLUDE)
    message(FATAL_ERROR "libbiosig is missing: install the package libbiosig-dev, or leave biosig out of PERCUSS_SOUP")
  endif()
  percuss_add_harness(biosig_load
    HARNESS biosig_load_harness.c
    SOURCES harnesses/biosig_load_feedback.c
    INCLUDES ${PERCUSS_BIOSIG_INCLUDE}
    LIBS ${PERCUSS_BIOSIG_LIBRARY}
    INTERFACE file
    DESCRIPTION "libbiosig 2.5.0 as packaged, without source, ECG and EEG files"
    FLAVOURS libfuzzer benchmark)
endif()
