package dev.lapidary.trainer.report;

import dev.lapidary.core.image.PngWriter;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import java.util.Base64;
import java.util.List;

/**
 * A picture inside the page.
 *
 * @param dataUri a PNG (RFC 2397)
 * @param small whether its pixels are to be seen as squares when it is enlarged
 */
public record Thumbnail(String dataUri, boolean small) {
  private static final int SIDE = 112;
  private static final int SMALL = 56;

  /** Of an image as the network sees it; its longer side becomes at most 112 pixels. */
  public static Thumbnail of(RgbImage image) {
    int longer = Math.max(image.width(), image.height());
    RgbImage shown = longer <= SIDE ? image : shrunk(image, longer);
    String png = Base64.getEncoder().encodeToString(PngWriter.encode(shown));
    return new Thumbnail("data:image/png;base64," + png, longer <= SMALL);
  }

  private static RgbImage shrunk(RgbImage image, int longer) {
    int width = Math.max(1, image.width() * SIDE / longer);
    int height = Math.max(1, image.height() * SIDE / longer);
    Preprocessing exact =
        new Preprocessing(
            Preprocessing.Resize.EXACT,
            0,
            Preprocessing.Interpolation.BILINEAR,
            height,
            width,
            List.of(0f, 0f, 0f),
            List.of(1f, 1f, 1f),
            Preprocessing.Colour.RGB);
    return Preprocessor.of(exact).view(image);
  }
}
