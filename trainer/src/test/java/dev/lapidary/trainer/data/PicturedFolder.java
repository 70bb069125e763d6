package dev.lapidary.trainer.data;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Small labelled folders for tests: every image different, none stored. */
public final class PicturedFolder {
  /** Lists with the usual limits and says nothing. */
  public static final Reading READING =
      new Reading(ImageLimits.DEFAULT, OnBadImage.FAIL, List.of(), note -> {});

  private PicturedFolder() {}

  /** {@code count} PNG files in {@code root/label}, named {@code 000.png} and so on. */
  public static void fill(Path root, String label, int count) {
    for (int i = 0; i < count; i++) {
      write(root.resolve(label).resolve("%03d.png".formatted(i)), label.hashCode() * 31 + i);
    }
  }

  public static void write(Path file, int seed) {
    BufferedImage image = new BufferedImage(20 + seed % 5, 16, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, y, seed * 7919 + x * 40_503 + y * 9973);
      }
    }
    try {
      Files.createDirectories(file.getParent());
      ImageIO.write(image, "png", file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
