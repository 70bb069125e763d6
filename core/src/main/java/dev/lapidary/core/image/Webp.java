package dev.lapidary.core.image;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import java.awt.image.DataBufferInt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageReader;

/**
 * WebP, lossy, lossless and with alpha, by libwebp, which Pillow decodes with too; of an animation
 * the first frame on its canvas, the rest black. {@link WebpChunks} checks the file first.
 */
final class Webp {
  private static final String UNPACKED_TO = "com.luciad.imageio.webp.tmpdir";

  private Webp() {}

  static RgbImage decode(byte[] file, ImageLimits limits, Background background) {
    WebpChunks chunks = WebpChunks.read(file, limits);
    Box frame = chunks.frame();
    int[] argb = libwebp(chunks.frameAlone());
    if (argb.length != frame.width() * frame.height()) {
      throw UndecodableImage.broken("damaged WebP: %d pixels in its %s", argb.length, frame);
    }
    if (chunks.isOpaque()) {
      for (int i = 0; i < argb.length; i++) {
        argb[i] |= 0xff000000;
      }
    }
    byte[] rgb = new byte[3 * chunks.width() * chunks.height()];
    if (!chunks.isOpaque()) {
      background.fill(rgb); // where an animation's first frame leaves the canvas empty
    }
    for (int y = 0; y < frame.height(); y++) {
      int to = 3 * ((frame.top() + y) * chunks.width() + frame.left());
      Rgb.ofArgb(argb, y * frame.width(), frame.width(), background, rgb, to);
    }
    return Orientation.apply(
        chunks.orientation(), new RgbImage(chunks.width(), chunks.height(), rgb));
  }

  private static int[] libwebp(byte[] still) {
    try (ByteArrayImageInput input = new ByteArrayImageInput(still)) {
      ImageReader reader = Library.READERS.createReaderInstance(null);
      reader.setInput(input, true, true);
      if (reader.read(0).getRaster().getDataBuffer() instanceof DataBufferInt argb) {
        return argb.getData();
      }
      throw new IllegalStateException("libwebp's pixels are ints");
    } catch (IOException e) {
      throw UndecodableImage.broken("damaged WebP: %s", String.valueOf(e.getMessage()));
    } catch (OutOfMemoryError e) {
      // Without a message it is libwebp's status, which damaged data cause too.
      if (e.getMessage() != null) {
        throw e;
      }
      throw UndecodableImage.broken("damaged WebP: libwebp found no memory for its data");
    } catch (LinkageError e) {
      throw UndecodableImage.broken("WebP is not read here: no libwebp for this system");
    }
  }

  /** Loaded with the first WebP. */
  private static final class Library {
    static final WebPImageReaderSpi READERS = new WebPImageReaderSpi();

    static {
      if (System.getProperty(UNPACKED_TO) == null) {
        System.setProperty(UNPACKED_TO, ownFolder().toString());
      }
    }

    /** The library walks all of the folder that it unpacks into; without one, all of /tmp. */
    private static Path ownFolder() {
      try {
        Path folder = Files.createTempDirectory("lapidary-webp");
        folder.toFile().deleteOnExit();
        return folder;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
