package dev.lapidary.benchmarks.gpu;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.serve.bench.BenchReport;
import dev.lapidary.serve.bench.BenchSettings;
import dev.lapidary.serve.bench.BenchTable;
import dev.lapidary.serve.bench.Benchmark;
import dev.lapidary.trainer.program.TorchDevice;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code serve bench} on the device: images a second one by one and in batches. */
final class ServeProof {
  private static final int THREADS = 2;

  private ServeProof() {}

  /** Fails if a request was not answered, or as another class than alone. */
  static ProofOutcome bench(TorchDevice device, Path models) throws Exception {
    Device there = device.isGpu() ? Device.cuda(device.index()) : Device.cpu();
    Path file = models.resolve("float32.onnx");
    BenchSettings settings =
        new BenchSettings(
            List.of(1, 8, 32), List.of(32), 3, Duration.ofSeconds(15), Optional.empty());
    BenchReport report =
        new Benchmark(settings, () -> ModelLoader.load(file, there, THREADS), line -> {})
            .run(models.resolve("images"), OnBadImage.FAIL, THREADS);
    System.out.print(BenchTable.of(report));
    BenchReport.Http http = report.http().get(0);
    StringBuilder words = new StringBuilder("images/s");
    for (BenchReport.InProcess row : report.inProcess()) {
      words.append(Phrase.of(" %.0f in batches of %d,", row.load().imagesPerSecond(), row.batch()));
    }
    words.append(
        Phrase.of(
            " over HTTP %.0f one by one and %.0f batched (x%.2f)",
            http.single().imagesPerSecond(),
            http.batched().imagesPerSecond(),
            http.gain().ratio()));
    long failed = http.single().failed() + http.batched().failed();
    long others = http.single().otherArgmax() + http.batched().otherArgmax();
    return failed + others == 0
        ? ProofOutcome.ok(words.toString())
        : ProofOutcome.failed(
            "%s; %d requests failed, %d got another class than alone"
                .formatted(words, failed, others));
  }
}
