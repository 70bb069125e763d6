package dev.lapidary.spark.cli;

import dev.lapidary.core.image.PngWriter;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.Uniform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Small images of three classes, which differ in their strongest channel. */
final class ClassFolder {
  private static final List<String> CLASSES = List.of("blue", "green", "red");
  private static final int SIDE = 16;

  private ClassFolder() {}

  static Path write(Path folder, int perClass) throws IOException {
    for (int c = 0; c < CLASSES.size(); c++) {
      Files.createDirectories(folder.resolve(CLASSES.get(c)));
      for (int i = 0; i < perClass; i++) {
        double[] u = Uniform.u(CLASSES.get(c) + "/" + i, 3 * SIDE * SIDE);
        byte[] pixels = new byte[u.length];
        for (int p = 0; p < pixels.length; p++) {
          int strong = p % 3 == CLASSES.size() - 1 - c ? 120 : 0;
          pixels[p] = (byte) (int) (strong + (u[p] + 1) * 60);
        }
        Files.write(
            folder.resolve(CLASSES.get(c)).resolve("%03d.png".formatted(i)),
            PngWriter.encode(new RgbImage(SIDE, SIDE, pixels)));
      }
    }
    return folder;
  }
}
