package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.OptionRange;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.serve.http.ServerSettings;
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
    return HelpSection.of(
        "Limits",
        "--queue --max-images --max-body-mb --max-megapixels",
        "--max-connections --min-body-rate");
  }

  ServerSettings.Limits limits() {
    int bodyBytes = OptionRange.within("--max-body-mb", maxBodyMegabytes, 1, 1024) << 20;
    long pixels = OptionRange.within("--max-megapixels", maxMegapixels, 1, 500) * 1_000_000L;
    return new ServerSettings.Limits(
        bodyBytes,
        OptionRange.within("--max-images", maxImages, 1, 100_000),
        OptionRange.within("--queue", queue, 1, 1_000_000),
        4L * bodyBytes,
        OptionRange.within("--max-connections", maxConnections, 1, 1_000_000),
        new ImageLimits(bodyBytes, ImageLimits.DEFAULT.maxSide(), pixels));
  }

  /** Of a body that is slow, a second. */
  int minBytesPerSecond() {
    return OptionRange.notNegative("--min-body-rate", bodyRate);
  }
}
