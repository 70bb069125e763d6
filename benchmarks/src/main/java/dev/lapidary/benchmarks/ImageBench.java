package dev.lapidary.benchmarks;

import dev.lapidary.core.image.Box;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.Resample;
import dev.lapidary.core.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What one image costs: decode, resize to 256, and all of it to a normalized 224 input. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 3)
@Fork(1)
public class ImageBench {
  @Param({"photo-420.jpg", "large-3000.jpg", "rgb.png"})
  public String image;

  private final Preprocessor preprocessor = Preprocessor.of(Preprocessing.imageNet(256, 224));
  private final float[] input = new float[preprocessor.rule().inputLength()];
  private byte[] file;
  private RgbImage decoded;
  private int width;
  private int height;

  @Setup
  public void read() throws IOException {
    file = Files.readAllBytes(TestImages.file(image));
    decoded = ImageDecoder.decode(file, ImageLimits.DEFAULT);
    width = Math.max(256, 256 * decoded.width() / decoded.height());
    height = Math.max(256, 256 * decoded.height() / decoded.width());
  }

  @Benchmark
  public RgbImage decode() {
    return ImageDecoder.decode(file, ImageLimits.DEFAULT);
  }

  @Benchmark
  public RgbImage resize() {
    return Resample.resize(
        decoded, Box.of(decoded), width, height, Preprocessing.Interpolation.BILINEAR);
  }

  @Benchmark
  public float[] decodeAndTransform() {
    preprocessor.apply(ImageDecoder.decode(file, ImageLimits.DEFAULT), input, 0);
    return input;
  }
}
