package dev.lapidary.benchmarks.gpu;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.benchmarks.ChildJvm;
import dev.lapidary.benchmarks.gpu.ProofOutcome.Verdict;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.program.TorchDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * {@code GpuProof DEVICE MODELS SECONDS}: the proofs of {@link ProofRow#all} on {@code cpu} or
 * {@code cuda:N}, in turn, within so many seconds, as a table. With a row's name behind them that
 * row alone, in this process.
 */
public final class GpuProof {
  private static final int ALL_PROVEN = 0;
  private static final int CRASHED = 1;
  private static final int REFUSED = 3;

  private GpuProof() {}

  public static void main(String[] arguments) throws Exception {
    TorchDevice device = TorchDevice.named(arguments[0]); // only the last rows need libtorch
    Path models = Path.of(arguments[1]);
    if (arguments.length > 3) {
      System.out.println(run(named(arguments[3]), device, models).line());
      System.exit(ALL_PROVEN); // native threads may be there still
    }
    System.exit(all(device, models, Long.parseLong(arguments[2])));
  }

  private static ProofRow named(String name) {
    return ProofRow.all().stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
  }

  private static ProofOutcome run(ProofRow row, TorchDevice device, Path models) {
    try {
      return row.proof().of(device, models);
    } catch (Exception | LinkageError e) {
      e.printStackTrace(); // to the log beside the table
      return ProofOutcome.failed(Failure.reason(e));
    }
  }

  private static int all(TorchDevice device, Path models, long seconds) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    System.out.printf("%-20s %-8s %7s  %s%n", "on " + device, "", "seconds", "");
    boolean failed = false;
    boolean crashed = false;
    for (ProofRow row : ProofRow.all()) {
      long begin = System.nanoTime();
      long left = Math.min(row.seconds(), TimeUnit.NANOSECONDS.toSeconds(end - begin));
      ProofOutcome outcome =
          left < 5 ? ProofOutcome.notRun("no time is left") : inChild(row, device, models, left);
      System.out.printf(
          Locale.ROOT,
          "%-20s %-8s %7.1f  %s%n",
          row.name(),
          outcome.verdict().word(),
          (System.nanoTime() - begin) / 1e9,
          outcome.measured());
      failed |= outcome.verdict() == Verdict.FAILED;
      crashed |= left < 5;
    }
    return failed ? REFUSED : crashed ? CRASHED : ALL_PROVEN;
  }

  private static ProofOutcome inChild(ProofRow row, TorchDevice device, Path models, long seconds)
      throws IOException, InterruptedException {
    List<String> arguments = List.of(device.toString(), models.toString(), "0", row.name());
    Path log = models.resolve(row.name().replaceAll("\\W+", "-") + ".log");
    ProcessBuilder builder =
        ChildJvm.of(GpuProof.class.getName(), arguments)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(row.environment());
    Process process = builder.start();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      return ProofOutcome.failed("it was not done in " + seconds + " s");
    }
    return ProofOutcome.read(
        Files.readAllLines(log, UTF_8), "its process ended with " + process.exitValue());
  }
}
