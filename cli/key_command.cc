// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/signer.h"
#include "reports/envelope/key.h"

namespace percuss::cli {
namespace {

struct KeyArguments {
  std::string name = "default";
  std::string folder;
  std::string file;
  std::string save;
};

void Show(const reports::PublicKey& key, const std::string& file, CommandContext& context) {
  if (context.json) {
    PrintJson({{"name", key.name}, {"key_id", key.Id()}, {"public", key.Base64()}, {"file", file}});
    return;
  }
  fmt::print("name:   {}\nkey id: {}\npublic: {}\nfile:   {}\n", key.name, key.Id(), key.Base64(),
             file);
}

void NewKey(const KeyArguments& arguments, CommandContext& context) {
  std::filesystem::path folder = arguments.folder;
  if (folder.empty()) {
    const auto standard = reports::DefaultKeyFolder();
    if (!standard) return ReportError(standard.error(), context);
    folder = *standard;
  }
  const auto key = reports::KeyPair::New(arguments.name);
  if (!key) return ReportError(key.error(), context);
  if (const auto saved = key->Save(folder); !saved) return ReportError(saved.error(), context);
  Show(key->Public(), (folder / (arguments.name + ".key")).string(), context);
}

// With --save, for those who check signatures.
void Share(const reports::PublicKey& key, const std::string& file, const KeyArguments& arguments,
           CommandContext& context) {
  if (!arguments.save.empty()) {
    const auto saved = reports::SavePublicKey(key, arguments.save);
    if (!saved) return ReportError(saved.error(), context);
  }
  Show(key, arguments.save.empty() ? file : arguments.save, context);
}

void ShowKey(const KeyArguments& arguments, CommandContext& context) {
  if (arguments.file.rfind("pkcs11:", 0) == 0) {
    const auto signer = LoadSigner(arguments.file);
    if (!signer) return ReportError(signer.error(), context);
    return Share((*signer)->Public(), arguments.file, arguments, context);
  }
  std::filesystem::path file = arguments.file;
  if (file.empty()) {
    const auto standard = reports::DefaultKeyFile();
    if (!standard) return ReportError(standard.error(), context);
    file = *standard;
  }
  auto key = reports::LoadPublicKey(file);
  if (!key) return ReportError(key.error(), context);
  Share(*key, file.string(), arguments, context);
}

}  // namespace

void AddKeyCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<KeyArguments>();
  CLI::App* key = app.add_subcommand("key", "Make and show the keys that sign packages");
  key->require_subcommand(1);
  key->footer("Example:\n  percuss key new\n  percuss key show");
  CLI::App* fresh = AddCommand(*key, context, "new",
                               "Make an Ed25519 key pair: NAME.key (secret, stays with you) and "
                               "NAME.pub (for whoever checks)",
                               "percuss key new --name release --folder keys");
  fresh->add_option("--name", arguments->name, "Name of the key")->capture_default_str();
  fresh->add_option("--folder", arguments->folder, "Where to put it (default: ~/.config/percuss)");
  fresh->callback([arguments, &context] { NewKey(*arguments, context); });
  CLI::App* show = AddCommand(*key, context, "show", "Show the public half of a key",
                              "percuss key show keys/release.pub");
  show->add_option("FILE", arguments->file,
                   "A .key or .pub file, or pkcs11:... for a key on a token (default: the default "
                   "key)")
      ->check(KeyMustExist());
  show->add_option("--save", arguments->save,
                   "Write the public half to this .pub file, for whoever checks");
  show->callback([arguments, &context] { ShowKey(*arguments, context); });
}

}  // namespace percuss::cli
