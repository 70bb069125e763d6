package dev.lapidary.spark;

import dev.lapidary.core.image.PngWriter;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.Uniform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Image files that differ from each other in size and in pixels, some of them broken. */
public final class TestImages {
  private TestImages() {}

  public static byte[] png(int index) {
    return png(index, 20);
  }

  /**
   * @param side the least, in pixels
   */
  public static byte[] png(int index, int side) {
    int width = side + index % 23;
    int height = side + index % 17;
    double[] u = Uniform.u("image/" + index, 3 * width * height);
    byte[] pixels = new byte[u.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (int) ((u[i] + 1) * 60 + 100 * ((index + i) % 3 == 0 ? 1 : 0));
    }
    return PngWriter.encode(new RgbImage(width, height, pixels));
  }

  /** No image, in three ways. */
  public static byte[] broken(int index) {
    return switch (index % 3) {
      case 0 -> new byte[0];
      case 1 -> "no image".getBytes(StandardCharsets.UTF_8);
      default -> Arrays.copyOf(png(index), 40);
    };
  }

  /**
   * @param brokenEvery 0: none
   */
  public static byte[] file(int index, int brokenEvery) {
    return isBroken(index, brokenEvery) ? broken(index) : png(index);
  }

  public static boolean isBroken(int index, int brokenEvery) {
    return brokenEvery > 0 && index % brokenEvery == brokenEvery - 1;
  }

  /** A table with an id and bytes. */
  public static Dataset<Row> table(SparkSession session, int count, int brokenEvery) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(RowFactory.create(i, file(i, brokenEvery)));
    }
    StructType type =
        new StructType()
            .add("id", DataTypes.IntegerType, false)
            .add("content", DataTypes.BinaryType, true);
    return session.createDataFrame(rows, type);
  }

  public static Path folder(Path folder, int count, int brokenEvery) throws IOException {
    for (int i = 0; i < count; i++) {
      Path file = folder.resolve("part" + i % 3).resolve("image-%05d.png".formatted(i));
      Files.createDirectories(file.getParent());
      Files.write(file, file(i, brokenEvery));
    }
    return folder;
  }
}
