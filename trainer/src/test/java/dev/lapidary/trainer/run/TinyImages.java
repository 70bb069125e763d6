package dev.lapidary.trainer.run;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Folders of small labelled pictures: three classes that differ in colour, with noise. */
public final class TinyImages {
  private static final int SIDE = 20;

  private TinyImages() {}

  /**
   * Pictures of any of three colours, also of none, and a list of them: image i has colour c if bit
   * c of i is set.
   *
   * @return the list, {@code list.csv}
   */
  public static Path writeSets(Path folder, int images, long seed) throws IOException {
    Random random = new Random(seed);
    String[] names = {"blue", "green", "red"};
    Files.createDirectories(folder);
    StringBuilder list = new StringBuilder("path,labels\n");
    for (int i = 0; i < images; i++) {
      BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < SIDE * SIDE; p++) {
        int strong = 0;
        for (int c = 0; c < names.length; c++) {
          strong |= (i >> c) % 2 == 0 ? 0 : 128 + random.nextInt(120) << 8 * c;
        }
        image.setRGB(p % SIDE, p / SIDE, strong | random.nextInt(0x1000000) & 0x3f3f3f);
      }
      ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
      List<String> labels = new ArrayList<>();
      for (int c = 0; c < names.length; c++) {
        if ((i >> c) % 2 == 1) {
          labels.add(names[c]);
        }
      }
      list.append(i).append(".png,").append(String.join("|", labels)).append('\n');
    }
    Path file = folder.resolve("list.csv");
    Files.writeString(file, list);
    return file;
  }

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
