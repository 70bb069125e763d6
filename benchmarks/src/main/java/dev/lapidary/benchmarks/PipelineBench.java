package dev.lapidary.benchmarks;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Images a second of a training epoch: 512 files of a 500 x 375 JPEG, random-resized crop, flip,
 * normalized batches of 32 x 3 x 224 x 224.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 5, time = 5)
@Fork(1)
public class PipelineBench {
  private static final int IMAGES = 512;

  @Param("2")
  public int threads;

  private Path root = Path.of("");
  private Dataset data;
  private Loader loader;
  private long epoch;

  @Setup
  public void open() throws IOException {
    root = Files.createTempDirectory("pipeline");
    Path jpeg = TestImages.file("photo-420.jpg");
    for (int i = 0; i < IMAGES; i++) {
      Path folder = Files.createDirectories(root.resolve("class" + i % 2));
      Files.copy(jpeg, folder.resolve(i + ".jpg"));
    }
    Preprocessing rule = Preprocessing.imageNet(256, 224);
    Reading reading = new Reading(ImageLimits.DEFAULT, OnBadImage.FAIL, List.of(), note -> {});
    data = DataFormat.FOLDER.read(root, reading);
    Augmentation augmentation = Augmentation.parse("rrc, hflip", rule, 0);
    loader = new Loader(data, Preprocessor.of(rule), augmentation, threads, 0);
  }

  @Benchmark
  @OperationsPerInvocation(IMAGES)
  public float epoch() {
    float sum = 0;
    int[] order = EpochOrder.SHUFFLED.samples(data, 0, ++epoch);
    Loader.Batches batches = loader.batches(order, 32, epoch, 0);
    while (batches.hasNext()) {
      sum += batches.next().images()[0];
    }
    return sum;
  }

  @TearDown
  public void close() throws IOException {
    loader.close();
    new ScratchFolder(root).close();
  }
}
