package dev.lapidary.trainer.run;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Folders of small labelled pictures: three classes that differ in colour, with noise. */
public final class TinyImages {
  private static final int SIDE = 20;

  private TinyImages() {}

  public static Path write(Path folder, int perClass, long seed) throws IOException {
    Random random = new Random(seed);
    String[] names = {"blue", "green", "red"};
    for (int c = 0; c < names.length; c++) {
      Files.createDirectories(folder.resolve(names[c]));
      for (int i = 0; i < perClass; i++) {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < SIDE * SIDE; p++) {
          int strong = 120 + random.nextInt(120) << 8 * c;
          image.setRGB(p % SIDE, p / SIDE, strong | random.nextInt(0x1000000) & 0x7f7f7f);
        }
        Path file = folder.resolve(names[c]).resolve("%03d.png".formatted(i));
        ImageIO.write(image, "png", file.toFile());
      }
    }
    return folder;
  }
}
