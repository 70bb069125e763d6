package dev.lapidary.quickstart.cli;

import dev.lapidary.quickstart.data.FashionImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "fashion-images",
    description = "Cut Fashion-MNIST's IDX files into the image folders of the quickstart.")
final class FashionImagesCommand implements Callable<Integer> {
  @Option(names = "--from", description = "folder of the four IDX .gz files")
  private Path from = Path.of("/usr/share/datasets/fashion-mnist");

  @Option(names = "--half", description = "which classes: ${COMPLETION-CANDIDATES}")
  private FashionImages.Half half = FashionImages.Half.TRANSFER;

  @Option(names = "--train-per-class", description = "images a class from the train file")
  private int trainPerClass = 100;

  @Option(names = "--val-per-class", description = "images a class from the test file")
  private int valPerClass = 200;

  @Option(names = "--out", required = true, description = "folder to write; must not exist")
  private Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    FashionImages.write(from, out, half, trainPerClass, valPerClass);
    return 0;
  }
}
