package dev.lapidary.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.quickstart.data.FashionImages;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Does transfer learning pay? A network that was pretrained on other classes against the same
 * network from random weights: the same few images of new classes, the same recipe, each side with
 * the best of the same learning rates, over several seeds, on a test set that nothing was chosen
 * by.
 *
 * @param trainer the program
 */
public record TransferComparison(Path trainer, PrintWriter log) {
  static final int CLASSES = 5;
  static final int TEST_PER_CLASS = 1000;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * @param from folder of Fashion-MNIST's files
   * @param weights pretrained on the other classes, of {@code arch}
   * @param imagesPerClass to train on; as many others choose the epoch and the rate
   * @param jobs runs at a time, each on one thread
   * @param out folder of the images and runs; what is finished there is not done again
   */
  public record Setting(
      Path from,
      String arch,
      Path weights,
      int imagesPerClass,
      int seeds,
      List<Double> rates,
      int epochs,
      int batchSize,
      int jobs,
      Path out) {
    public Setting {
      rates = List.copyOf(rates);
      if (seeds < 2 || seeds > SeedMean.MAX || rates.isEmpty() || jobs < 1) {
        throw Failure.badInput(
            "expected 2 to %d seeds, a rate and a job; found %d seeds, rates %s, %d jobs",
            SeedMean.MAX, seeds, rates, jobs);
      }
    }
  }

  /** A finished run. */
  private record Run(
      TransferTable.Side side, double rate, int seed, Path folder, double validation) {}

  /**
   * Runs everything and returns the table.
   *
   * @throws Failure (exit 3) if the intervals overlap; the message holds the table
   */
  public String run(Setting setting) throws IOException, InterruptedException {
    Path test = images(setting);
    List<Run> runs = inParallel(setting.jobs(), training(setting));
    List<TransferTable.Result> results = new ArrayList<>();
    for (TransferTable.Side side : TransferTable.Side.values()) {
      results.add(result(setting, side, runs, test));
    }
    String table = TransferTable.of(setting, results);
    if (!results.get(0).test().isAbove(results.get(1).test())) {
      log.print(table);
      log.flush();
      throw Failure.gate("transfer is not better than training from scratch: intervals overlap");
    }
    return table;
  }

  /** Cuts the images of each seed, and all test images; returns the folder of those. */
  private static Path images(Setting setting) throws IOException {
    for (int seed = 1; seed <= setting.seeds(); seed++) {
      Path folder = data(setting, seed);
      if (!Files.exists(folder)) {
        FashionImages.writeSample(
            setting.from(),
            folder,
            FashionImages.Half.TRANSFER,
            seed,
            setting.imagesPerClass(),
            setting.imagesPerClass());
      }
    }
    Path all = setting.out().resolve("test");
    if (!Files.exists(all)) {
      FashionImages.write(setting.from(), all, FashionImages.Half.TRANSFER, 0, TEST_PER_CLASS);
    }
    return all.resolve("val");
  }

  private static Path data(Setting setting, int seed) {
    return setting.out().resolve("images-" + seed);
  }

  private List<Callable<Run>> training(Setting setting) {
    List<Callable<Run>> work = new ArrayList<>();
    for (int seed = 1; seed <= setting.seeds(); seed++) {
      for (double rate : setting.rates()) {
        for (TransferTable.Side side : TransferTable.Side.values()) {
          int number = seed;
          work.add(() -> train(setting, side, rate, number));
        }
      }
    }
    return work;
  }

  private Run train(Setting setting, TransferTable.Side side, double rate, int seed)
      throws IOException, InterruptedException {
    String name = "%s-%d-%s".formatted(side.name().toLowerCase(Locale.ROOT), seed, rate);
    Path folder = setting.out().resolve("runs").resolve(name);
    if (!Files.isRegularFile(folder.resolve("model.pt"))) {
      List<String> options = new ArrayList<>();
      options.add(Files.exists(folder.resolve("run.yaml")) ? "resume" : "run");
      if (options.get(0).equals("resume")) {
        options.add(folder.toString());
      } else {
        options.addAll(options(setting, side, rate, seed, folder));
      }
      call(folder, options);
    }
    double validation = bestValidation(folder);
    log.printf(Locale.ROOT, "%s: validation accuracy %.4f%n", name, validation);
    log.flush();
    return new Run(side, rate, seed, folder, validation);
  }

  private static List<String> options(
      Setting setting, TransferTable.Side side, double rate, int seed, Path folder) {
    Path images = data(setting, seed);
    List<String> options =
        new ArrayList<>(
            List.of(
                "--data=" + images.resolve("train"),
                "--val=" + images.resolve("val"),
                "--arch=" + setting.arch(),
                "--epochs=" + setting.epochs(),
                "--batch-size=" + setting.batchSize(),
                "--lr=" + rate,
                "--seed=" + seed,
                "--threads=1",
                "--out=" + folder));
    if (side == TransferTable.Side.TRANSFER) {
      options.add("--weights=" + setting.weights());
    }
    return options;
  }

  private TransferTable.Result result(
      Setting setting, TransferTable.Side side, List<Run> runs, Path test)
      throws InterruptedException {
    List<Double> validation =
        setting.rates().stream()
            .map(
                rate ->
                    runs.stream()
                        .filter(run -> run.side() == side && run.rate() == rate)
                        .mapToDouble(Run::validation)
                        .average()
                        .orElseThrow())
            .toList();
    double rate = setting.rates().get(validation.indexOf(Collections.max(validation)));
    List<Callable<Double>> work = new ArrayList<>();
    runs.stream()
        .filter(run -> run.side() == side && run.rate() == rate)
        .forEach(run -> work.add(() -> testAccuracy(run.folder(), test)));
    return new TransferTable.Result(
        side, validation, rate, SeedMean.of(inParallel(setting.jobs(), work)));
  }

  private double testAccuracy(Path run, Path test) throws IOException, InterruptedException {
    Path answer =
        call(
            run.resolveSibling(run.getFileName() + ".test"),
            List.of("evaluate", run.toString(), "--data=" + test, "--threads=1", "--json"));
    return number(JSON.readTree(Files.readString(answer)), "accuracy", answer);
  }

  private static double bestValidation(Path run) throws IOException {
    Path metrics = run.resolve("metrics.jsonl");
    double best = 0;
    for (String line : Files.readAllLines(metrics)) {
      best = Math.max(best, number(JSON.readTree(line), "val_accuracy", metrics));
    }
    return best;
  }

  private static double number(JsonNode node, String field, Path file) {
    if (!node.path(field).isNumber()) {
      throw Failure.failed("[%s] expected a number %s in %s", file, field, node);
    }
    return node.path(field).asDouble();
  }

  /** Runs trainer; returns the file of what it said on stdout. */
  private Path call(Path location, List<String> options) throws IOException, InterruptedException {
    Files.createDirectories(location.toAbsolutePath().getParent());
    File messages = new File(location + ".log");
    File answer = new File(location + ".json");
    List<String> command = new ArrayList<>(List.of(trainer.toString()));
    command.addAll(options);
    Process process =
        new ProcessBuilder(command).redirectError(messages).redirectOutput(answer).start();
    process.getOutputStream().close();
    int status = process.waitFor();
    if (status != 0) {
      List<String> lines = Files.readAllLines(messages.toPath(), UTF_8);
      throw Failure.failed(
          "trainer %s ended with %d: %s; all of it is in %s",
          options.get(0), status, lines.isEmpty() ? "" : lines.get(lines.size() - 1), messages);
    }
    return answer.toPath();
  }

  private static <T> List<T> inParallel(int jobs, List<Callable<T>> work)
      throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(jobs);
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> one : pool.invokeAll(work)) {
        results.add(one.get());
      }
      return results;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Failure failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }
}
