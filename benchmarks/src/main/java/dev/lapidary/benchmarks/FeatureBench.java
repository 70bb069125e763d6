package dev.lapidary.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/**
 * Trains ResNet-18 at 224 pixels from JPEG files: all of it, with all but the head frozen, and
 * frozen with its features kept. Prints images/s of the last epoch of each and the part of its time
 * spent inside libtorch. Arguments: training images (512), threads (0: all), epochs (2).
 */
public final class FeatureBench {
  private static final int VALIDATION = 8;
  private static final ObjectMapper JSON = new ObjectMapper();

  private FeatureBench() {}

  public static void main(String[] arguments) throws IOException {
    int images = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 512;
    int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
    int epochs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 2;
    try (ScratchFolder scratch = ScratchFolder.create("features")) {
      Path folder = scratch.path();
      photos(folder.resolve("train"), images, 1);
      photos(folder.resolve("val"), VALIDATION, 2);
      double full = train(folder, "full", threads, epochs, List.of(), 0, images);
      double frozen = train(folder, "frozen", threads, epochs, List.of("head"), 0, images);
      double kept = train(folder, "kept", threads, epochs, List.of("head"), 1, images);
      System.out.printf("frozen %.1f x full, kept %.1f x frozen%n", frozen / full, kept / frozen);
    }
  }

  /** Returns images a second. */
  private static double train(
      Path folder,
      String name,
      int threads,
      int epochs,
      List<String> trained,
      int variants,
      int images)
      throws IOException {
    RunConfig config =
        RunYaml.read(
            """
            threads: %d
            device: cpu
            data: {train: '%s', val: '%s'}
            model: {arch: resnet18, freeze-unloaded: true}
            stages:
              - {epochs: %d, train-only: %s, cache-variants: %d}
            """
                .formatted(
                    threads,
                    folder.resolve("train"),
                    folder.resolve("val"),
                    epochs,
                    trained,
                    variants),
            "bench");
    Path out = folder.resolve(name);
    Progress progress =
        new Progress(new PrintWriter(System.err, true, StandardCharsets.UTF_8), false);
    Runs.start(out, config, progress, () -> false);
    List<String> lines = Files.readAllLines(out.resolve("timing.jsonl"));
    JsonNode last = JSON.readTree(lines.get(lines.size() - 1));
    double seconds = last.get("seconds").asDouble();
    System.out.printf(
        "%-6s %8.1f images/s, %.3f of the epoch's time inside libtorch%n",
        name, images / seconds, last.get("libtorch_seconds").asDouble() / seconds);
    return images / seconds;
  }

  /** Two classes of 320 x 240 pixels: gradients with discs and a little noise. */
  private static void photos(Path folder, int count, long seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      Path parent = Files.createDirectories(folder.resolve(i % 2 == 0 ? "even" : "odd"));
      BufferedImage image = new BufferedImage(320, 240, BufferedImage.TYPE_INT_RGB);
      Graphics2D canvas = image.createGraphics();
      canvas.setPaint(new GradientPaint(0, 0, colour(random), 320, 240, colour(random)));
      canvas.fillRect(0, 0, 320, 240);
      for (int disc = 0; disc < 20; disc++) {
        canvas.setColor(colour(random));
        int side = 10 + random.nextInt(80);
        canvas.fillOval(random.nextInt(320), random.nextInt(240), side, side);
      }
      canvas.dispose();
      for (int p = 0; p < 320 * 240; p++) {
        int noise = random.nextInt(8);
        image.setRGB(p % 320, p / 320, image.getRGB(p % 320, p / 320) ^ noise * 0x010101);
      }
      ImageIO.write(image, "jpg", parent.resolve("%05d.jpg".formatted(i)).toFile());
    }
  }

  private static Color colour(Random random) {
    return new Color(random.nextInt(0x1000000));
  }
}
