package dev.lapidary.distribution;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.cli.ExporterMain;
import dev.lapidary.quickstart.cli.QuickstartMain;
import dev.lapidary.serve.cli.ServeMain;
import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import picocli.AutoComplete;
import picocli.CommandLine;

/**
 * Makes {@code distribution/target/lapidary-VERSION.tar.gz} and {@code .zip} of a built tree. Equal
 * trees give equal archives: entries in order, no clock, no owner.
 */
public record DistributionMain(Path home, String version, String platform) {
  private static final List<String> PROGRAMS =
      List.of("trainer", "exporter", "serve", "quickstart");

  /**
   * @param arguments the project's folder, its version, ONNX Runtime's word for this platform
   */
  public static void main(String... arguments) throws IOException {
    new DistributionMain(Path.of(arguments[0]), arguments[1], arguments[2]).run();
  }

  private void run() throws IOException {
    FileTree tree = new FileTree();
    tree.addAll("", home.resolve("distribution/src/main/dist"));
    tree.add("bin/options", home.resolve("bin/options"));
    for (String program : PROGRAMS) {
      tree.addProgram("bin/" + program, Files.readAllBytes(home.resolve("bin/" + program)));
      windows(tree, program);
    }
    tree.add("LICENSE", home.resolve("LICENSE"));
    tree.add("README.md", home.resolve("README.md"));
    tree.addAll("docs/", home.resolve("docs"));
    tree.addAll("quickstart/data/", home.resolve("quickstart/data"));
    tree.add("VERSION", (version + "\n" + platform + "\n").getBytes(UTF_8));
    libraries(tree);
    commands(tree);
    Path target = home.resolve("distribution/target");
    String name = "lapidary-" + version;
    for (Path archive :
        List.of(
            Archives.tarGz(tree.files(), name, target.resolve(name + ".tar.gz")),
            Archives.zip(tree.files(), name, target.resolve(name + ".zip")))) {
      System.err.printf(
          "%s: %.1f MB, with the native libraries of %s alone%n",
          home.relativize(archive), Files.size(archive) / 1e6, platform);
    }
  }

  private void libraries(FileTree tree) throws IOException {
    Libraries libraries = new Libraries(home, version, platform);
    for (String program : PROGRAMS) {
      libraries.add(tree, program);
    }
    libraries.add(tree, "pytorch"); // what serve --engine pytorch needs beside its own
    Path natives = home.resolve("exporter/target/natives/ai/onnxruntime/native/" + platform);
    tree.addAll("natives/", natives);
    tree.add(
        "licenses/THIRD-PARTY.txt", home.resolve("distribution/target/licences/THIRD-PARTY.txt"));
    licencesOfNatives(tree);
  }

  /** Of jars of native libraries that hold none: a folder each, called by artifact and version. */
  private void licencesOfNatives(FileTree tree) throws IOException {
    try (Stream<Path> folders = Files.list(home.resolve("distribution/src/main/licences"))) {
      for (Path folder : folders.toList()) {
        String name = String.valueOf(folder.getFileName());
        if (tree.files().keySet().stream().noneMatch(file -> file.startsWith("lib/" + name))) {
          throw Failure.failed(
              "[%s] no such library is in the archive, expected the licences of its version",
              home.relativize(folder));
        }
        tree.addAll("licenses/" + name + "/", folder);
      }
    }
  }

  private static void commands(FileTree tree) {
    TreeMap<String, CommandLine> lines = new TreeMap<>();
    lines.put("trainer", CommandTree.commandLine(new TrainerMain()));
    lines.put("exporter", CommandTree.commandLine(new ExporterMain()));
    lines.put("serve", CommandTree.commandLine(new ServeMain()));
    lines.put("quickstart", CommandTree.commandLine(new QuickstartMain()));
    lines.forEach(
        (name, line) -> {
          // The one script is for bash, and for zsh through its bashcompinit.
          String script = AutoComplete.bash(name, line);
          tree.add("completion/bash/" + name, script.getBytes(UTF_8));
          tree.add("completion/zsh/" + name + ".zsh", script.getBytes(UTF_8));
          tree.add("completion/fish/" + name + ".fish", FishCompletion.of(line).getBytes(UTF_8));
          for (ManualPage page : ManualPage.of(line)) {
            tree.add("man/man1/" + page.name() + ".1", page.text().getBytes(UTF_8));
          }
        });
  }

  /** Two words each: cmd needs the extension, PowerShell prefers its own. */
  private static void windows(FileTree tree, String program) {
    // Not by "call", which doubles carets and reads percent signs once more.
    String cmd =
        String.join(
            "\r\n",
            "@setlocal",
            "@set \"LAPIDARY_NAME=" + program + "\"",
            "@set \"LAPIDARY_MAIN=" + mainClass(program) + "\"",
            "@\"%~dp0launch.cmd\" %*",
            "");
    String ps1 = "& \"$PSScriptRoot\\" + program + ".cmd\" @args\r\nexit $LASTEXITCODE\r\n";
    tree.add("bin/" + program + ".cmd", cmd.getBytes(UTF_8));
    tree.add("bin/" + program + ".ps1", ps1.getBytes(UTF_8));
  }

  private static String mainClass(String program) {
    return Stream.of(TrainerMain.class, ExporterMain.class, ServeMain.class, QuickstartMain.class)
        .map(Class::getName)
        .filter(name -> name.startsWith("dev.lapidary." + program + "."))
        .findFirst()
        .orElseThrow();
  }
}
