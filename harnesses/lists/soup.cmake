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

# The defects of a recipe that are within reach of a harness, as percuss_add_harness wants them.
function(percuss_known_defects trees harness result)
  cmake_path(GET trees FILENAME soup)
  file(READ ${PERCUSS_SOURCE_ROOT}/targets/soup/${soup}/recipe.json recipe)
  string(JSON count LENGTH "${recipe}" rediscovery)
  set(defects "[]")
  set(kept 0)
  foreach(i RANGE 1 ${count})
    math(EXPR index "${i}-1")
    string(JSON defect GET "${recipe}" rediscovery ${index})
    string(JSON only ERROR_VARIABLE any_harness GET "${defect}" harness)
    if(any_harness OR only STREQUAL harness)
      string(JSON id GET "${defect}" cve)
      string(JSON class GET "${defect}" class)
      string(JSON functions GET "${defect}" functions)
      string(JSON defects SET "${defects}" ${kept}
        "{ \"id\": \"${id}\", \"class\": \"${class}\", \"functions\": ${functions} }")
      math(EXPR kept "${kept}+1")
    endif()
  endforeach()
  set(${result} "${defects}" PARENT_SCOPE)
endfunction()

# percuss_add_soup_library(NAME TREES folder SOURCES files-in-the-tree... INCLUDES dirs-in-the-tree...
#                          OWN_SOURCES files... OWN_INCLUDES dirs... OPTIONS flags... LINK_OPTIONS flags...
#                          FLAVOURS names...)
# For code that takes long to compile and serves several harnesses: NAME_upstream and NAME_patched, for the LIBRARY of
# percuss_add_soup_pair.
function(percuss_add_soup_library name)
  cmake_parse_arguments(ARG "" "TREES"
    "SOURCES;INCLUDES;OWN_SOURCES;OWN_INCLUDES;OPTIONS;LINK_OPTIONS;FLAVOURS" ${ARGN})
  if(NOT PERCUSS_FLAVOUR IN_LIST ARG_FLAVOURS)
    return()
  endif()
  list(TRANSFORM ARG_OWN_SOURCES PREPEND ${PERCUSS_SOURCE_ROOT}/)
  list(TRANSFORM ARG_OWN_INCLUDES PREPEND ${PERCUSS_SOURCE_ROOT}/)
  foreach(tree upstream patched)
    list(TRANSFORM ARG_SOURCES PREPEND ${ARG_TREES}/${tree}/ OUTPUT_VARIABLE sources)
    list(TRANSFORM ARG_INCLUDES PREPEND ${ARG_TREES}/${tree}/ OUTPUT_VARIABLE includes)
    add_library(${name}_${tree} STATIC EXCLUDE_FROM_ALL ${sources} ${ARG_OWN_SOURCES})
    target_include_directories(${name}_${tree} SYSTEM PUBLIC ${ARG_OWN_INCLUDES} ${includes})
    target_compile_options(${name}_${tree} PRIVATE ${compile_flags} -w ${ARG_OPTIONS})
    target_link_options(${name}_${tree} INTERFACE ${ARG_LINK_OPTIONS})
  endforeach()
endfunction()

# percuss_add_soup_pair(NAME TREES folder DESCRIPTION text SOURCES files-in-the-tree... INCLUDES dirs-in-the-tree...
#                       OWN_SOURCES files... OWN_INCLUDES dirs... LIBRARY name-of-percuss_add_soup_library
#                       and the other arguments of percuss_add_harness)
# One call of percuss_add_harness per tree: NAME and NAME_patched. With a LIBRARY, SOURCES are the files under test in
# it, which it compiles.
function(percuss_add_soup_pair name)
  cmake_parse_arguments(ARG "" "TREES;DESCRIPTION;HARNESS;INTERFACE;LIBRARY;MODEL"
    "SOURCES;INCLUDES;OWN_SOURCES;OWN_INCLUDES;DEFINES;LIBS;FLAVOURS" ${ARGN})
  foreach(tree upstream patched)
    set(harness ${name})
    set(state "as released, with its published defects")
    percuss_known_defects(${ARG_TREES} ${name} defects)
    cmake_path(GET ARG_TREES FILENAME soup)
    set(recipe ${PERCUSS_SOURCE_ROOT}/targets/soup/${soup}/recipe.json)
    if(tree STREQUAL "patched")
      set(defects "")
      set(harness ${name}_patched)
      set(state "with the distribution's security patches")
    endif()
    list(TRANSFORM ARG_SOURCES PREPEND ${ARG_TREES}/${tree}/ OUTPUT_VARIABLE sources)
    list(TRANSFORM ARG_INCLUDES PREPEND ${ARG_TREES}/${tree}/ OUTPUT_VARIABLE includes)
    set(library "")
    set(compiled_here ${sources} ${ARG_OWN_SOURCES})
    if(ARG_LIBRARY)
      set(library ${ARG_LIBRARY}_${tree})
      set(compiled_here "")
    endif()
    percuss_add_harness(${harness}
      HARNESS ${ARG_HARNESS}
      MODEL "${ARG_MODEL}"
      SOURCES ${compiled_here}
      INCLUDES ${ARG_OWN_INCLUDES} ${includes}
      DEFINES ${ARG_DEFINES}
      OPTIONS -w
      LIBS ${library} ${ARG_LIBS}
      CORPUS ${name}
      INTERFACE ${ARG_INTERFACE}
      DESCRIPTION "${ARG_DESCRIPTION}, ${state}"
      KNOWN_DEFECTS "${defects}"
      SOUP ${recipe} ${tree}
      FLAVOURS ${ARG_FLAVOURS})
    if(ARG_LIBRARY AND PERCUSS_FLAVOUR STREQUAL "libfuzzer")
      percuss_write_index(${harness} ${ARG_HARNESS} ${name}
        INTERFACE ${ARG_INTERFACE} DESCRIPTION "${ARG_DESCRIPTION}, ${state}" KNOWN_DEFECTS "${defects}"
        SOURCES ${sources} DEFINES ${ARG_DEFINES} FLAVOURS ${ARG_FLAVOURS} SOUP ${recipe} ${tree})
    endif()
  endforeach()
endfunction()

if("lwip" IN_LIST PERCUSS_SOUP)
  percuss_fetch_soup(lwip)
  percuss_add_soup_pair(lwip_ppp_eap
    TREES ${lwip_trees}
    HARNESS lwip_ppp_eap_harness.c
    MODEL eap
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
    MODEL modbus_server
    SOURCES src/modbus.c src/modbus-data.c src/modbus-tcp.c
    INCLUDES src
    OWN_INCLUDES targets/soup/libmodbus/port ${CMAKE_CURRENT_BINARY_DIR}/libmodbus
    INTERFACE modbus-tcp
    DESCRIPTION "libmodbus 3.1.6, requests to a server")
  percuss_add_soup_pair(modbus_session
    TREES ${libmodbus_trees}
    HARNESS modbus_session_harness.c
    SOURCES src/modbus.c src/modbus-data.c src/modbus-tcp.c
    INCLUDES src
    OWN_INCLUDES targets/soup/libmodbus/port ${CMAKE_CURRENT_BINARY_DIR}/libmodbus
    LIBS percuss_session
    INTERFACE modbus-tcp
    DESCRIPTION "libmodbus 3.1.6, sessions with a server"
    FLAVOURS libfuzzer coverage)
endif()

# Opt-in: about half an hour of one core. What DCMTK's own configuration would find out stands in the port.
if("dcmtk" IN_LIST PERCUSS_SOUP)
  percuss_fetch_soup(dcmtk)
  set(dcmtk_flavours libfuzzer aflpp coverage)
  set(dcmtk_ofstd
    ofchrenc.cc ofcmdln.cc ofconapp.cc ofcond.cc ofconsol.cc ofdate.cc ofdatime.cc offile.cc offilsys.cc ofmath.cc
    ofrand.cc ofstd.cc ofthread.cc oftime.cc oftimer.cc ofuuid.cc)
  list(TRANSFORM dcmtk_ofstd PREPEND ofstd/libsrc/)
  set(dcmtk_oflog
    apndimpl.cc appender.cc config.cc consap.cc env.cc factory.cc fileap.cc fileinfo.cc filter.cc globinit.cc
    hierarchy.cc layout.cc lockfile.cc log4judp.cc logevent.cc logger.cc logimpl.cc loglevel.cc loglog.cc logmacro.cc
    mdc.cc ndc.cc nullap.cc objreg.cc oflog.cc patlay.cc pointer.cc property.cc rootlog.cc snprintf.cc sockbuff.cc
    socket.cc socketap.cc strhelp.cc syncprims.cc syslogap.cc threads.cc timehelp.cc tls.cc unixsock.cc)
  list(TRANSFORM dcmtk_oflog PREPEND oflog/libsrc/)
  set(dcmtk_dcmdata
    dcbytstr.cc dcchrstr.cc dccodec.cc dcdatset.cc dcdicent.cc dcdict.cc dcdictbi.cc dcdirrec.cc dcelem.cc dcerror.cc
    dcfilefo.cc dchashdi.cc dcistrma.cc dcistrmb.cc dcistrmf.cc dcistrms.cc dcitem.cc dcjson.cc dclist.cc dcmatch.cc
    dcmetinf.cc dcobject.cc dcostrma.cc dcostrmb.cc dcostrmf.cc dcostrms.cc dcpcache.cc dcpixel.cc dcpixseq.cc
    dcpxitem.cc dcrleccd.cc dcrlecp.cc dcrledrg.cc dcsequen.cc dcspchrs.cc dcstack.cc dcswap.cc dctag.cc dctagkey.cc
    dctypes.cc dcuid.cc dcvr.cc dcvrae.cc dcvras.cc dcvrat.cc dcvrcs.cc dcvrda.cc dcvrds.cc dcvrdt.cc dcvrfd.cc
    dcvrfl.cc dcvris.cc dcvrlo.cc dcvrlt.cc dcvrobow.cc dcvrod.cc dcvrof.cc dcvrol.cc dcvrov.cc dcvrpn.cc dcvrpobw.cc
    dcvrsh.cc dcvrsl.cc dcvrss.cc dcvrst.cc dcvrsv.cc dcvrtm.cc dcvruc.cc dcvrui.cc dcvrul.cc dcvrulup.cc dcvrur.cc
    dcvrus.cc dcvrut.cc dcvruv.cc dcwcache.cc dcxfer.cc vrscan.cc vrscanl.c)
  list(TRANSFORM dcmtk_dcmdata PREPEND dcmdata/libsrc/)
  set(dcmtk_dcmimgle
    dcmimage.cc dibaslut.cc didislut.cc didispfn.cc didocu.cc digsdfn.cc digsdlut.cc diimage.cc diinpx.cc diluptab.cc
    dimo1img.cc dimo2img.cc dimoimg.cc dimoimg3.cc dimoimg4.cc dimoimg5.cc dimomod.cc dimoopx.cc dimopx.cc diovdat.cc
    diovlay.cc diovlimg.cc diovpln.cc diutils.cc)
  list(TRANSFORM dcmtk_dcmimgle PREPEND dcmimgle/libsrc/)
  set(dcmtk_dcmnet cond.cc dimcmd.cc dimdump.cc dimse.cc diutil.cc)
  list(TRANSFORM dcmtk_dcmnet PREPEND dcmnet/libsrc/)
  percuss_add_soup_library(dcmtk
    TREES ${dcmtk_trees}
    SOURCES ${dcmtk_ofstd} ${dcmtk_oflog} ${dcmtk_dcmdata} ${dcmtk_dcmimgle} ${dcmtk_dcmnet}
    INCLUDES ofstd/include oflog/include dcmdata/include dcmimgle/include dcmnet/include dcmnet/libsrc
    OWN_SOURCES targets/soup/dcmtk/port/allocation_cap.cc
    OWN_INCLUDES targets/soup/dcmtk/port
    # The log's sources ask whether they are being built. UBSan is off: see the recipe's limits.
    OPTIONS -Doflog_EXPORTS -fno-sanitize=undefined
    LINK_OPTIONS -Wl,--wrap=_ZnamRKSt9nothrow_t
    FLAVOURS ${dcmtk_flavours})
  percuss_add_soup_pair(dcmtk_dimse
    TREES ${dcmtk_trees}
    LIBRARY dcmtk
    HARNESS dcmtk_dimse_harness.cc
    MODEL dcmtk_dimse
    SOURCES ${dcmtk_dcmdata} ${dcmtk_dcmnet}
    INTERFACE dicom
    DESCRIPTION "DCMTK 3.6.7, DIMSE messages of an association"
    FLAVOURS ${dcmtk_flavours})
  percuss_add_soup_pair(dcmtk_image
    TREES ${dcmtk_trees}
    LIBRARY dcmtk
    HARNESS dcmtk_image_harness.cc
    SOURCES ${dcmtk_dcmdata} ${dcmtk_dcmimgle}
    INTERFACE dicom-file
    DESCRIPTION "DCMTK 3.6.7, files rendered as monochrome images"
    FLAVOURS ${dcmtk_flavours})
endif()

# The server alone: its network and database code, over the distribution's libraries for the rest, which are not
# instrumented. That is some two minutes of one core where all of DCMTK would take twenty.
if("dcmqrscp" IN_LIST PERCUSS_SOUP)
  percuss_fetch_soup(dcmtk)
  find_library(PERCUSS_DCMDATA_LIBRARY dcmdata)
  find_library(PERCUSS_WRAP_LIBRARY wrap)
  if(NOT PERCUSS_DCMDATA_LIBRARY OR NOT PERCUSS_WRAP_LIBRARY)
    message(FATAL_ERROR
      "libdcmdata or libwrap is missing: install the packages libdcmtk-dev and libwrap0-dev, or leave dcmqrscp out of "
      "PERCUSS_SOUP")
  endif()
  set(dcmqrscp_dcmnet
    assoc.cc cond.cc dcasccff.cc dcasccfg.cc dccfenmp.cc dccfpcmp.cc dccfprmp.cc dccfrsmp.cc dccftsmp.cc dccfuidh.cc
    dcmlayer.cc dcmtrans.cc dcompat.cc dcuserid.cc dimcancl.cc dimcmd.cc dimdump.cc dimecho.cc dimfind.cc dimget.cc
    dimmove.cc dimse.cc dimstore.cc diutil.cc dul.cc dulconst.cc dulextra.cc dulfsm.cc dulparse.cc dulpres.cc dwrap.c
    extneg.cc helpers.cc lst.cc)
  list(TRANSFORM dcmqrscp_dcmnet PREPEND ${dcmtk_trees}/upstream/dcmnet/libsrc/)
  set(dcmqrscp_dcmqrdb
    dcmqrcbf.cc dcmqrcbg.cc dcmqrcbm.cc dcmqrcbs.cc dcmqrcnf.cc dcmqrdbi.cc dcmqrdbs.cc dcmqropt.cc dcmqrptb.cc
    dcmqrsrv.cc)
  list(TRANSFORM dcmqrscp_dcmqrdb PREPEND ${dcmtk_trees}/upstream/dcmqrdb/libsrc/)
  percuss_add_harness(dcmqrscp
    HARNESS dcmqrscp_harness.cc
    SOURCES ${dcmqrscp_dcmnet} ${dcmqrscp_dcmqrdb} harnesses/dicom_words.cc
            targets/soup/dcmtk/port/failed_association.cc
    INCLUDES ${dcmtk_trees}/upstream/dcmnet/include ${dcmtk_trees}/upstream/dcmqrdb/include
    OPTIONS -w -fno-sanitize=undefined
    LIBS percuss_session
      -Wl,--wrap=_Z22ASC_receiveAssociationP13T_ASC_NetworkPP17T_ASC_AssociationlPPvPmb16DUL_BLOCKOPTIONSi
      dcmdata oflog ofstd ${PERCUSS_WRAP_LIBRARY} pthread
    INTERFACE dicom
    DESCRIPTION "DCMTK 3.6.7, the archive server dcmqrscp, sessions of its clients, as released"
    SOUP ${PERCUSS_SOURCE_ROOT}/targets/soup/dcmtk/recipe.json upstream
    FLAVOURS libfuzzer coverage)
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
    SOUP ${PERCUSS_SOURCE_ROOT}/targets/soup/biosig/recipe.json as_delivered
    FLAVOURS libfuzzer benchmark)
endif()
