package dev.lapidary.quickstart.cli;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.quickstart.Programs;
import dev.lapidary.quickstart.Quickstart;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bin/quickstart}. */
@Command(
    name = "quickstart",
    subcommands = {FashionImagesCommand.class, TransferCommand.class},
    description = "Fine-tune, export, quantize and serve on the shipped images, and compare.")
public final class QuickstartMain extends ProgramCommand {
  /** Set by the launcher: the folder of bin/. */
  private static final String HOME = "lapidary.home";

  @Option(names = "--data", description = "folder with train/ and val/; default: the shipped one")
  private Optional<Path> data = Optional.empty();

  @Option(names = "--epochs", description = "epochs after the head's, all layers unfrozen")
  private int epochs = 10;

  @Option(names = "--freeze-epochs", description = "epochs of the head alone")
  private int freezeEpochs = 3;

  @Option(names = "--lr", description = "learning rate")
  private double learningRate = 0.05;

  @Option(
      names = "--out",
      description =
          "folder for the results; must not exist; default: out/quickstart, or the first of"
              + " out/quickstart-2, out/quickstart-3, ... that is free")
  private Optional<Path> out = Optional.empty();

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Returns the exit status. */
  public static int run(String... arguments) {
    return CommandTree.run(new QuickstartMain(), arguments);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter log = err();
    Path bin = home().resolve("bin");
    Programs programs = new Programs(name -> List.of(bin.resolve(name).toString()), log);
    Path images = data.orElseGet(() -> home().resolve("quickstart/data"));
    Quickstart.Job job =
        new Quickstart.Job(
            images.resolve("train"),
            images.resolve("val"),
            "resnet20_cifar",
            images.resolve("resnet20_cifar-fashion-even.safetensors"),
            freezeEpochs,
            epochs,
            learningRate,
            out.orElseGet(() -> free(Path.of("out"))));
    out().print(new Quickstart(programs, log).run(job));
    out().flush();
    return 0;
  }

  /** Relative where that is shorter to read: most people stand in the project's folder. */
  static Path home() {
    Path home = Path.of(System.getProperty(HOME, ".")).toAbsolutePath().normalize();
    Path here = Path.of("").toAbsolutePath();
    return home.startsWith(here) ? here.relativize(home) : home;
  }

  /** {@code quickstart} in it, or the first of quickstart-2, quickstart-3, ... that is free. */
  private static Path free(Path folder) {
    Path candidate = folder.resolve("quickstart");
    for (int i = 2; Files.exists(candidate); i++) {
      candidate = folder.resolve("quickstart-" + i);
    }
    return candidate;
  }
}
