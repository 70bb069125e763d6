package dev.lapidary.benchmarks;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** JPEG files of the size that people's photographs have where they are classified. */
final class ServingImages {
  private static final int BYTES = 48_000;
  private static final int COUNT = 8;

  private ServingImages() {}

  /** Crops of a photograph, each in the best quality that takes no more than 48 kB. */
  static void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    BufferedImage photo = ImageIO.read(TestImages.file("photo-444.jpg").toFile());
    for (int i = 0; i < COUNT; i++) {
      BufferedImage crop =
          photo.getSubimage(i, i, photo.getWidth() - COUNT, photo.getHeight() - COUNT);
      byte[] jpeg = jpeg(crop, 1f);
      for (int percent = 99; jpeg.length > BYTES && percent > 0; percent--) {
        jpeg = jpeg(crop, percent / 100f);
      }
      Files.write(folder.resolve("photo-" + i + ".jpg"), jpeg);
    }
    System.err.println(
        "%d x %d pixels".formatted(photo.getWidth() - COUNT, photo.getHeight() - COUNT));
  }

  /** One photograph of 12 megapixels, unless it is there. */
  static void writeLarge(Path folder) throws IOException {
    Path file = folder.resolve("photo.jpg");
    if (Files.exists(file)) {
      return;
    }
    Files.createDirectories(folder);
    BufferedImage photo = ImageIO.read(TestImages.file("photo-444.jpg").toFile());
    BufferedImage large = new BufferedImage(4000, 3000, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = large.createGraphics();
    graphics.drawImage(photo, 0, 0, large.getWidth(), large.getHeight(), null);
    graphics.dispose();
    Files.write(file, jpeg(large, 0.9f));
  }

  private static byte[] jpeg(BufferedImage image, float quality) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality(quality);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
