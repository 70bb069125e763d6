package dev.lapidary.trainer.run.probe;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.cli.ResidentMemory;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.data.TrainingData;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.network.Network;
import dev.lapidary.trainer.run.network.StopRequest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Finds the largest batch size that fits, for stages that leave it open. Each size is tried by real
 * steps in a process of its own ({@link ProbeStep}), so that the run's own state is never touched:
 * on the CPU it fits if that process's peak of resident memory, and the images that the run holds
 * beside it, stay within the budget; on a GPU if it does not run out of memory.
 */
public final class BatchSizeProbe {
  private static final int LARGEST = 1024;

  /** Batches that a loader has in work, ready, in use or to be filled again. */
  private static final int BATCHES_HELD = 5;

  /** A run's classes that a step alone does not need: loaders, logs, checkpoints, report. */
  private static final long RUN_BYTES = 32 << 20;

  private static final double MARGIN = 0.8;

  /** Beyond this much of the budget a size is not even tried. */
  private static final double FAR = 1.3;

  /** The search ends where the distance to what does not fit is such a part of what does. */
  private static final int FINENESS = 8;

  private static final long POLL_MILLIS = 5;

  private final RunConfig config;
  private final Task task;
  private final Path folder;
  private final BooleanSupplier stop;
  private final long budget;
  private final long cached;
  private final long bytesAnImage;

  private BatchSizeProbe(
      RunConfig config, TrainingData data, Preprocessing rule, Path folder, BooleanSupplier stop) {
    this.config = config;
    this.task = data.learned().images().task();
    this.folder = folder;
    this.stop = stop;
    this.budget = budgetBytes(config);
    this.cached = cachedBytes(config, data);
    this.bytesAnImage = 4L * rule.inputLength();
  }

  /**
   * @param stop asked while a size is tried
   * @throws Failure (exit 2) if not even one image fits, (exit 1) if a process fails otherwise
   */
  public static RunConfig resolve(
      RunConfig config, Network network, TrainingData data, Progress progress, BooleanSupplier stop)
      throws IOException {
    if (config.stages().stream().noneMatch(stage -> stage.batchSize() == StageConfig.AUTO)) {
      return config;
    }
    Path folder = Files.createTempDirectory("lapidary-probe");
    Path yaml = folder.resolve(ProbeStep.CONFIG);
    Path labels = folder.resolve(ProbeStep.LABELS);
    try {
      Files.writeString(yaml, RunYaml.write(config));
      Files.write(labels, data.learned().images().labels());
      BatchSizeProbe probe =
          new BatchSizeProbe(config, data, network.preprocessing(), folder, stop);
      int limit = Math.min(data.learned().images().size(), LARGEST);
      List<StageConfig> stages = new ArrayList<>();
      for (int i = 0; i < config.stages().size(); i++) {
        StageConfig stage = config.stages().get(i);
        boolean open = stage.batchSize() == StageConfig.AUTO;
        stages.add(open ? stage.withBatchSize(probe.largest(i, limit, progress)) : stage);
      }
      return config.withStages(stages);
    } finally {
      Files.deleteIfExists(labels);
      Files.deleteIfExists(yaml);
      Files.deleteIfExists(folder);
    }
  }

  /** Doubles until a size does not fit, then halves the distance. */
  private int largest(int stage, int limit, Progress progress) throws IOException {
    NavigableMap<Integer, Long> peaks = new TreeMap<>();
    int fits = 0;
    int fails = limit + 1;
    int size = 1;
    while (fails - fits > Math.max(1, fails > limit ? 0 : fits / FINENESS)) {
      OptionalLong peak = isFar(peaks, size) ? OptionalLong.empty() : peakBytes(stage, size);
      if (peak.isPresent()) {
        peaks.put(size, peak.getAsLong());
        fits = size;
      } else {
        fails = size;
      }
      size = fails > limit ? Math.min(limit, 2 * fits) : (fits + fails) / 2;
    }
    String name = config.stages().get(stage).name();
    if (fits == 0) {
      throw Failure.badInput(
          "stage %s: not even a batch of one image fits in %s; raise --memory, or take a smaller"
              + " network or input",
          name, room());
    }
    long measured = peaks.getOrDefault(fits, 0L) >> 20;
    progress.say(
        "stage %s: batch size %d fits in %s%s"
            .formatted(name, fits, room(), onGpu() ? "" : " (%d MB measured)".formatted(measured)));
    return fits;
  }

  private String room() {
    return onGpu() ? "the memory of " + config.device() : (budget >> 20) + " MB";
  }

  private boolean onGpu() {
    return config.device().startsWith("cuda");
  }

  /** Whether the line through the last two sizes lies far above the budget there. */
  private boolean isFar(NavigableMap<Integer, Long> peaks, int size) {
    if (onGpu() || peaks.size() < 2) {
      return false;
    }
    int last = peaks.lastKey();
    int before = peaks.headMap(last).lastKey();
    double peak = (double) peaks.getOrDefault(last, 0L);
    double slope = (peak - (double) peaks.getOrDefault(before, 0L)) / (last - before);
    return peak + slope * (size - last) > FAR * (double) budget;
  }

  /** What the run would take; empty if that is too much. */
  private OptionalLong peakBytes(int stage, int size) throws IOException {
    long beside = RUN_BYTES + cached + BATCHES_HELD * bytesAnImage * size;
    if (!onGpu() && beside >= budget) {
      return OptionalLong.empty();
    }
    long limit = onGpu() ? Long.MAX_VALUE : budget - beside;
    Path said = folder.resolve("said");
    Process process =
        new ProcessBuilder(command(stage, size))
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    try {
      int status = await(process, limit);
      List<String> lines = Files.readAllLines(said, UTF_8);
      if (status == ProbeStep.TOO_LARGE || status == ProbeStep.KILLED) {
        return OptionalLong.empty();
      }
      if (status != 0 || lines.isEmpty()) {
        throw Failure.failed(
            "a batch of %d could not be tried (exit status %d): %s",
            size, status, String.join(" ", lines));
      }
      long peak = Long.parseLong(lines.get(lines.size() - 1));
      return peak > limit ? OptionalLong.empty() : OptionalLong.of(peak + beside);
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(said);
    }
  }

  /** The same Java with the same limits on its heap. */
  private List<String> command(int stage, int size) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-X") || option.startsWith("--"))
        .forEach(command::add);
    // A signal ends it at once: an orderly shutdown beside libtorch's thread would crash.
    command.add("-Xrs");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(ProbeStep.class.getName(), folder.toString()));
    command.addAll(List.of("" + stage, "" + size, task.name()));
    return command;
  }

  /**
   * Kills what exceeds the limit before the system runs short of memory. It could not end itself:
   * the libraries' own end beside libtorch's thread would crash.
   */
  private int await(Process process, long limit) {
    try {
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        StopRequest.requireNone(stop);
        if (ResidentMemory.peakBytes(process.pid()).orElse(0) > limit) {
          process.destroyForcibly();
        }
      }
      int status = process.exitValue();
      // An interrupt from the terminal reaches both processes, maybe this one later.
      StopRequest.requireNone(() -> stop.getAsBoolean() || ProbeStep.SIGNALS.contains(status));
      return status;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.failed("interrupted while batch sizes were tried");
    }
  }

  private static long budgetBytes(RunConfig config) {
    return config.memoryMegabytes() > 0
        ? (long) config.memoryMegabytes() << 20
        : (long) (MARGIN * (double) SystemMemory.bytes());
  }

  /** What the loaders of training and validation keep of decoded images. */
  private static long cachedBytes(RunConfig config, TrainingData data) {
    long limit = (long) config.data().cacheMegabytes() << 20;
    long train =
        data.sizes().entrySet().stream()
            .mapToLong(
                size -> 3L * size.getKey().width() * size.getKey().height() * size.getValue())
            .sum();
    long validation =
        train / Math.max(1, data.learned().images().size()) * data.validation().size();
    return Math.min(limit, train) + Math.min(limit, validation);
  }
}
