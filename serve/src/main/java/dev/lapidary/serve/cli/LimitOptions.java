package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.serve.http.ServerSettings;
import java.util.List;
import picocli.CommandLine.Option;

/** How much {@code serve run} takes, of one request and of all together. */
final class LimitOptions {
  @Option(
      names = "--queue",
      paramLabel = "N",
      description = "images accepted and not yet answered; beyond it 429")
  private int queue = ServerSettings.Limits.DEFAULT.queueImages();

  @Option(
      names = "--max-images",
      paramLabel = "N",
      description = "images in one request; beyond it 413")
  private int maxImages = ServerSettings.Limits.DEFAULT.requestImages();

  @Option(
      names = "--max-body-mb",
      paramLabel = "MB",
      description = "size of one request's body; beyond it 413")
  private int maxBodyMegabytes = ServerSettings.Limits.DEFAULT.bodyBytes() >> 20;

  @Option(
      names = "--max-megapixels",
      paramLabel = "MP",
      description = "size of one image, told by its header; beyond it the image is refused")
  private int maxMegapixels = (int) (ImageLimits.DEFAULT.maxPixels() / 1_000_000);

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      description = "open at a time; beyond it they are closed")
  private int maxConnections = ServerSettings.Limits.DEFAULT.connections();

  @Option(
      names = "--min-body-rate",
      paramLabel = "BYTES",
      description = "a second, of a body after its first 5 s; below it 408")
  private int bodyRate = ServerSettings.Timeouts.DEFAULT.bodyBytesPerSecond();

  static HelpSection section() {
    return new HelpSection(
        "Limits",
        List.of("--queue", "--max-images", "--max-body-mb", "--max-megapixels"),
        List.of("--max-connections", "--min-body-rate"));
  }

  ServerSettings.Limits limits() {
    int bodyBytes = Ranges.positive("--max-body-mb", maxBodyMegabytes, 1024) << 20;
    long pixels = Ranges.positive("--max-megapixels", maxMegapixels, 500) * 1_000_000L;
    return new ServerSettings.Limits(
        bodyBytes,
        Ranges.positive("--max-images", maxImages, 100_000),
        Ranges.positive("--queue", queue, 1_000_000),
        4L * bodyBytes,
        Ranges.positive("--max-connections", maxConnections, 1_000_000),
        new ImageLimits(bodyBytes, ImageLimits.DEFAULT.maxSide(), pixels));
  }

  /** Of a body that is slow, a second. */
  int leastBytesPerSecond() {
    return Ranges.notNegative("--min-body-rate", bodyRate);
  }
}
