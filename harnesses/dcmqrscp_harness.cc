// SPDX-License-Identifier: Apache-2.0
//
// DCMTK's archive server dcmqrscp, as its program starts it with --single-process: associations,
// verification, storage, queries and retrieval (DICOM PS3.4 annexes A to C, PS3.7, PS3.8).
//
// Input: sessions of clients (harnesses/sdk/session/session_frames.h), a PDU or more in each
// message. The server's database and files are in memory, and empty when an input begins. Two
// application entities over the same files: ARCHIVE takes and gives images, READONLY only gives;
// either lets any peer in. Images would be moved to MODALITY, which nobody can connect to.
#include <sys/stat.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdict.h"
#include "dcmtk/dcmnet/assoc.h"
#include "dcmtk/dcmnet/dcasccfg.h"
#include "dcmtk/dcmnet/dul.h"
#include "dcmtk/dcmqrdb/dcmqrcnf.h"
#include "dcmtk/dcmqrdb/dcmqrdbi.h"
#include "dcmtk/dcmqrdb/dcmqropt.h"
#include "dcmtk/dcmqrdb/dcmqrsrv.h"
#include "dcmtk/oflog/oflog.h"
#include "harnesses/dicom_words.h"
#include "harnesses/sdk/percuss_harness.h"
#include "harnesses/sdk/session/session.h"

// Leaks: the process of an association would end with it. Memory: as the session's cap, for the
// libraries that are not compiled here.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=64";
}

namespace {

[[noreturn]] void GiveUp(const char* what) {
  fprintf(stderr, "dcmqrscp: %s\n", what);
  abort();
}

std::string WriteConfiguration(const std::string& folder) {
  const std::string path = folder + "/dcmqrscp.cfg";
  FILE* file = fopen(path.c_str(), "w");
  if (file == nullptr) GiveUp("the configuration cannot be written");
  fprintf(file,
          "NetworkTCPPort = 104\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
          "HostTable BEGIN\nmodality = (MODALITY, localhost, 11112)\nHostTable END\n"
          "VendorTable BEGIN\n\"Modality\" = modality\nVendorTable END\n"
          "AETable BEGIN\n"
          "ARCHIVE %s RW (9, 1024mb) ANY\nREADONLY %s R (9, 1024mb) ANY\n"
          "AETable END\n",
          folder.c_str(), folder.c_str());
  fclose(file);
  return path;
}

struct Server {
  DcmQueryRetrieveConfig config;
  DcmQueryRetrieveOptions options;
  DcmAssociationConfiguration associations;
  std::unique_ptr<DcmQueryRetrieveIndexDatabaseHandleFactory> databases;
  std::unique_ptr<DcmQueryRetrieveSCP> scp;
};

Server* Start() {
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  dcmDisableGethostbyaddr.set(OFTrue);
  if (!dcmDataDict.isDictionaryLoaded()) GiveUp("there is no data dictionary");
  auto* server = new Server;
  const std::string path = WriteConfiguration(percuss_session_folder());
  if (server->config.init(path.c_str()) == 0) GiveUp("the configuration cannot be read");
  server->options.singleProcess_ = OFTrue;
  server->options.maxPDU_ = server->config.getMaxPDUSize();
  if (ASC_initializeNetwork(NET_ACCEPTORREQUESTOR, server->config.getNetworkTCPPort(),
                            server->options.acse_timeout_, &server->options.net_)
          .bad()) {
    GiveUp("the network cannot be initialised");
  }
  server->databases = std::make_unique<DcmQueryRetrieveIndexDatabaseHandleFactory>(&server->config);
  server->scp = std::make_unique<DcmQueryRetrieveSCP>(server->config, server->options,
                                                      *server->databases, server->associations);
  return server;
}

unsigned associated_connection;  // one behind the connection with an association, 0: none

void Look(const percuss_exchange* exchange) {
  DicomPdu pdu{};
  const uint8_t* at = exchange->request;
  size_t left = exchange->request_bytes;
  std::string request = left == 0 ? "" : "other";
  if (DicomNextPdu(&at, &left, &pdu)) request = DicomPduWord(pdu);
  const char* first = request.empty() ? nullptr : request.c_str();
  at = exchange->reply;
  left = exchange->reply_bytes;
  if (left == 0 && first != nullptr) percuss_session_step(exchange->connection, first, "nothing");
  while (DicomNextPdu(&at, &left, &pdu)) {
    if (pdu.type == kDicomAssociateAc) associated_connection = exchange->connection + 1;
    PERCUSS_PROPERTY(pdu.type != kDicomData || associated_connection == exchange->connection + 1,
                     "DICOM-UNASSOCIATED",
                     "a service was rendered on a connection without an association");
    if (pdu.holds_command || pdu.type != kDicomData) {
      percuss_session_step(exchange->connection, first, DicomPduWord(pdu).c_str());
      first = nullptr;
    }
  }
}

Server* TheServer() {
  static Server* const server = Start();
  return server;
}

}  // namespace

// Before the first input, whose time it would be: reading the data dictionary takes longest.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  TheServer();
  return 0;
}

PERCUSS_HARNESS(dcmqrscp, 1) {
  Server* const server = TheServer();
  percuss_session_empty_folder();
  associated_connection = 0;
  percuss_session_begin(data, size, Look);
  while (percuss_session_waiting() != 0) server->scp->waitForAssociation(server->options.net_);
  percuss_session_end();
  return 0;
}
