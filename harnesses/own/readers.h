/* SPDX-License-Identifier: Apache-2.0
 *
 * percuss's own readers of data that may be hostile, each behind one function from bytes to one
 * call of its public entry point. True: the reader took the input without an objection. What a
 * reader wants as files lies in a folder of this process's own (input_files.h).
 *
 * Inputs of several files have a NUL byte between them. Not thread-safe.
 */
#ifndef PERCUSS_HARNESSES_OWN_READERS_H_
#define PERCUSS_HARNESSES_OWN_READERS_H_

#include <string_view>

namespace percuss::own {

/* The campaign file, beside a program "mylib_fuzzer", a folder "seeds" and a "words.dict". */
bool CampaignFile(std::string_view bytes);
/* sightings.jsonl of a work folder. */
bool JournalFile(std::string_view bytes);
/* The description of an emulated board. */
bool BoardFile(std::string_view bytes);
/* A protocol's description, what each of those that it uses says, and an input, which is dissected,
 * dumped, reduced and changed along it. */
bool ModelFile(std::string_view bytes);
/* 'T': a session's text. Else a session's bytes behind the first: as text and back. */
bool SessionFile(std::string_view bytes);
/* A firmware image, program or library: what is asked of it before and while it runs. */
bool ElfFile(std::string_view bytes);

/* A firmware image in any format, for rehosting without a configuration. */
bool FirmwareImage(std::string_view bytes);
/* fuzzware's config.yml, and a percuss.rehost.v1, beside an image "fw.bin". */
bool FuzzwareConfiguration(std::string_view bytes);
bool RehostDescription(std::string_view bytes);
/* A machine for the fast core, without the checksum at its end. */
bool MachineFile(std::string_view bytes);
/* A device's registers in CMSIS-SVD. */
bool DeviceDescription(std::string_view bytes);
/* The same of a machine, whose code is searched for basic blocks. Property: what is found is in
 * order, apart and where the image has bytes. */
bool BlocksOfCode(std::string_view bytes);
/* An input of firmware as streams, and of messages on two lines at 0x40004000 and 0x40005000.
 * Property: what was read is written and read again as it was, and a run takes all of it. */
bool InputAsStreams(std::string_view bytes);

/* 'Z': the rest is a package's zip. 'F': names and contents of its files by turns, put into a zip
 * in the one form, so that changed bytes get past its checksums. */
bool Package(std::string_view bytes);
/* 'R': a file of records and its head. 'P': payloads of records, signed here; in them "@K" stands
 * for the key and "@P" for the digest of the record before. */
bool Records(std::string_view bytes);
/* What lies beside a package. 'T': a time stamp; 'C': further signatures; 'K': a trust file. */
bool BesidePackage(std::string_view bytes);

/* The validation files, in the order of kValidationKinds; an empty one is not there. */
bool ValidationFiles(std::string_view bytes);
/* A bill of materials of any kind. */
bool BillOfMaterials(std::string_view bytes);
/* A feed of advisories, as a document or as a zip of them. */
bool AdvisoryFeed(std::string_view bytes);
/* ReqIF, plain or zipped. */
bool Reqif(std::string_view bytes);
/* Other sources of an import. 'C': CSV; 'D': a Doorstop document; 'M': the map of fields. */
bool ImportSource(std::string_view bytes);

}  // namespace percuss::own

#endif /* PERCUSS_HARNESSES_OWN_READERS_H_ */
