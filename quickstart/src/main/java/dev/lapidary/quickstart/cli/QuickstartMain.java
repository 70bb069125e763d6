package dev.lapidary.quickstart.cli;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.quickstart.Programs;
import dev.lapidary.quickstart.Quickstart;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bin/quickstart}. */
@Command(
    name = "quickstart",
    subcommands = {FashionImagesCommand.class, TransferCommand.class},
    description = "Fine-tune, export, quantize and serve on the shipped images, and compare.")
public final class QuickstartMain implements Callable<Integer> {
  /** Set by the launcher: the folder of bin/. */
  private static final String HOME = "lapidary.home";

  @Option(names = "--data", description = "folder with train/ and val/; default: the shipped one")
  private Path data = home().resolve("quickstart/data");

  @Option(names = "--epochs", description = "epochs after the head's, all layers unfrozen")
  private int epochs = 10;

  @Option(names = "--freeze-epochs", description = "epochs of the head alone")
  private int freezeEpochs = 3;

  @Option(names = "--lr", description = "learning rate")
  private double learningRate = 0.05;

  @Option(names = "--out", description = "folder for the results; must not exist")
  private Path out = free(Path.of("out"));

  @Spec private CommandSpec spec = CommandSpec.create();

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Returns the exit status. */
  public static int run(String... arguments) {
    return CommandTree.run(new QuickstartMain(), arguments);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter log = spec.commandLine().getErr();
    Path bin = home().resolve("bin");
    Programs programs = new Programs(name -> List.of(bin.resolve(name).toString()), log);
    Quickstart.Job job =
        new Quickstart.Job(
            data.resolve("train"),
            data.resolve("val"),
            "resnet20_cifar",
            data.resolve("resnet20_cifar-fashion-even.safetensors"),
            freezeEpochs,
            epochs,
            learningRate,
            out);
    spec.commandLine().getOut().print(new Quickstart(programs, log).run(job));
    spec.commandLine().getOut().flush();
    return 0;
  }

  /** Relative where that is shorter to read: most people stand in the project's folder. */
  static Path home() {
    Path home = Path.of(System.getProperty(HOME, ".")).toAbsolutePath().normalize();
    Path here = Path.of("").toAbsolutePath();
    return home.startsWith(here) ? here.relativize(home) : home;
  }

  /** out, or the first of out-2, out-3, ... that is free. */
  private static Path free(Path folder) {
    Path candidate = folder.resolve("quickstart");
    for (int i = 2; Files.exists(candidate); i++) {
      candidate = folder.resolve("quickstart-" + i);
    }
    return candidate;
  }
}
