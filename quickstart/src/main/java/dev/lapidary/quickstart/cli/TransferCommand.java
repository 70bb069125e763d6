package dev.lapidary.quickstart.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.quickstart.TransferComparison;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bin/quickstart transfer}. */
@Command(
    name = "transfer",
    description = {
      "Compares transfer learning with training from scratch on few images of unseen classes, over"
          + " seeds, each side with the best of the same learning rates; prints the table, and exits"
          + " with 3 if the intervals overlap. Interrupted, it goes on where it was."
    })
final class TransferCommand extends ProgramCommand {
  @Option(names = "--from", description = "folder of Fashion-MNIST's four IDX .gz files")
  private Path from = Path.of("/usr/share/datasets/fashion-mnist");

  @Option(names = "--weights", description = "pretrained on the other five classes")
  private Path weights =
      QuickstartMain.home().resolve("quickstart/data/resnet20_cifar-fashion-even.safetensors");

  @Option(names = "--images-per-class", description = "to train on; as many choose the rate")
  private int imagesPerClass = 20;

  @Option(names = "--seeds", description = "of images and runs: 1, 2, ...")
  private int seeds = 10;

  @Option(names = "--rates", split = ",", description = "learning rates that both sides try")
  private List<Double> rates = List.of(0.003, 0.01, 0.03, 0.1, 0.3);

  @Option(names = "--epochs", description = "of both sides")
  private int epochs = 30;

  @Option(names = "--batch-size", description = "of both sides")
  private int batchSize = 16;

  @Option(names = "--jobs", description = "runs at a time, one thread each")
  private int jobs = Runtime.getRuntime().availableProcessors();

  @Option(names = "--out", description = "folder of images and runs")
  private Path out = Path.of("out/transfer");

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path trainer = QuickstartMain.home().resolve("bin/trainer");
    TransferComparison.Setting setting =
        new TransferComparison.Setting(
            from,
            "resnet20_cifar",
            weights,
            imagesPerClass,
            seeds,
            rates,
            epochs,
            batchSize,
            jobs,
            out);
    TransferComparison comparison = new TransferComparison(trainer, err());
    out().print(comparison.run(setting));
    out().flush();
    return 0;
  }
}
