package dev.lapidary.benchmarks;

import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Trains ResNet-20 on Fashion-MNIST at 16 pixels: one machine, and four workers that meet after
 * each, each 4th and each 16th step, for equal epochs, and prints the accuracy on the 10,000 test
 * images beside one machine's interval. Arguments: the folder of the IDX files, training images
 * (10000), epochs (4), outer rates as LR:MOMENTUM (1:0), steps between meetings as H or as H:AFTER,
 * the part of the steps before which gradients are averaged (1,4,16,16:0.5).
 */
public final class RoundsBench {
  private static final Pattern TEST =
      Pattern.compile("test accuracy (\\S+) on \\d+ images, 95 % interval (\\S+) to (\\S+)");

  private RoundsBench() {}

  /**
   * @param low of the 95 % interval
   */
  private record Accuracy(double value, double low, double high) {}

  public static void main(String[] arguments) throws IOException {
    Path source = Path.of(arguments[0]);
    int images = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10_000;
    int epochs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 4;
    List<String> outer = List.of((arguments.length > 3 ? arguments[3] : "1:0").split(":"));
    String meetings = arguments.length > 4 ? arguments[4] : "1,4,16,16:0.5";
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    try (ScratchFolder scratch = ScratchFolder.create("rounds")) {
      Path folder = scratch.path();
      part(source, folder.resolve("data"), images);
      Accuracy one = train(folder, "one", epochs, 128, "{world-size: 1}");
      out.printf(
          Locale.ROOT,
          "one machine          %.4f, 95 %% interval %.4f to %.4f%n",
          one.value(),
          one.low(),
          one.high());
      for (String steps : meetings.split(",")) {
        List<String> local = List.of((steps + ":0").split(":"));
        String rounds =
            "{world-size: 4, local-steps: %s, local-steps-after: %s, outer-lr: %s, outer-momentum: %s}"
                .formatted(local.get(0), local.get(1), outer.get(0), outer.get(1));
        Accuracy four = train(folder, "local-" + steps.replace(':', '-'), epochs, 32, rounds);
        boolean within = four.value() >= one.low();
        out.printf(
            Locale.ROOT,
            "4 workers, H = %-8s %.4f, %s%n",
            steps,
            four.value(),
            within ? "within that interval or above" : "below that interval");
      }
    }
  }

  private static Accuracy train(Path folder, String name, int epochs, int batch, String rounds)
      throws IOException {
    RunConfig config =
        RunYaml.read(
            """
            seed: 1
            device: cpu
            data: {train: "%1$s", test: "%1$s", val-split: 0.05}
            model: {arch: resnet20_cifar, input-size: 16}
            rounds: %2$s
            checkpoints: {deliver: last}
            stages:
              - {name: all, epochs: %3$d, batch-size: %4$d, lr: 0.1, weight-decay: 5e-4, augment: hflip,
                 schedule: {warmup: 0.5}}
            """
                .formatted(folder.resolve("data"), rounds, epochs, batch),
            "benchmark");
    StringWriter said = new StringWriter();
    Runs.start(
        folder.resolve(name), config, new Progress(new PrintWriter(said), false), () -> false);
    Matcher found = TEST.matcher(said.toString());
    if (!found.find()) {
      throw new IOException("no test accuracy in: " + said);
    }
    return new Accuracy(number(found.group(1)), number(found.group(2)), number(found.group(3)));
  }

  private static double number(String text) {
    return Double.parseDouble(text.strip());
  }

  /** The first of the training images, and all others. */
  private static void part(Path source, Path target, int images) throws IOException {
    Files.createDirectories(target);
    for (String name : List.of("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")) {
      Files.copy(source.resolve(name), target.resolve(name));
    }
    head(source, target, "train-images-idx3-ubyte.gz", images, 28 * 28);
    head(source, target, "train-labels-idx1-ubyte.gz", images, 1);
  }

  private static void head(Path source, Path target, String name, int images, int bytes)
      throws IOException {
    try (DataInputStream in =
            new DataInputStream(new GZIPInputStream(Files.newInputStream(source.resolve(name))));
        DataOutputStream out =
            new DataOutputStream(
                new GZIPOutputStream(Files.newOutputStream(target.resolve(name))))) {
      out.writeInt(in.readInt()); // magic
      in.readInt();
      out.writeInt(images);
      out.write(in.readNBytes(bytes > 1 ? 8 : 0)); // rows and columns
      out.write(in.readNBytes(images * bytes));
    }
  }
}
