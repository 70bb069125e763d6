package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PreprocessorTest {
  private static final Preprocessor TINY = Preprocessor.of(Preprocessing.imageNet(2, 2));

  /** Two by two pixels, every level different. */
  private static final RgbImage IMAGE =
      new RgbImage(2, 2, new byte[] {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, (byte) 255});

  @Test
  void channelsComeFirst() {
    float[] input = new float[14];
    TINY.apply(IMAGE, input, 1);
    assertThat(input[0]).isZero();
    assertThat(input[13]).isZero();
    for (int c = 0; c < 3; c++) {
      for (int p = 0; p < 4; p++) {
        assertThat(input[1 + 4 * c + p]).isEqualTo(normalized(c, IMAGE.at(p % 2, p / 2, c)));
      }
    }
  }

  @Test
  void levelsAreThePixelsThemselves() {
    byte[] levels = new byte[12];
    TINY.levels(TINY.view(IMAGE), levels, 0);
    assertThat(levels).isEqualTo(IMAGE.pixels());
  }

  @Test
  void whatIsNormalizedCanBeShown() {
    float[] input = new float[12];
    TINY.apply(IMAGE, input, 0);
    assertThat(TINY.shown(input).pixels()).isEqualTo(IMAGE.pixels());
  }

  @Test
  void grayIsPillowsLuma() {
    Preprocessor gray =
        Preprocessor.of(
            new Preprocessing(
                Preprocessing.Resize.NONE,
                0,
                Preprocessing.Interpolation.BILINEAR,
                1,
                1,
                List.of(0.5f),
                List.of(0.25f),
                Preprocessing.Colour.GRAY));
    float[] input = new float[1];
    // Pillow: Image.new("RGB", (1, 1), (200, 100, 50)).convert("L") is 124.
    gray.apply(new RgbImage(1, 1, new byte[] {(byte) 200, 100, 50}), input, 0);
    assertThat(input[0]).isEqualTo((124 / 255f - 0.5f) / 0.25f);
    byte[] level = new byte[2];
    gray.levels(new RgbImage(1, 1, new byte[] {(byte) 200, 100, 50}), level, 1);
    assertThat(level).containsExactly(0, 124);
  }

  @Test
  void aViewOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> TINY.normalize(new RgbImage(1, 2, new byte[6]), new float[12], 0))
        .hasMessage("expected 2x2 pixels but found RgbImage 1x2");
  }

  /** A banner of 16384 x 1 becomes four million columns, of which only the crop is computed. */
  @Test
  void anExtremeAspectCostsNoMoreThanItsCrop() {
    RgbImage banner = new RgbImage(16_384, 1, new byte[3 * 16_384]);
    assertThat(Preprocessor.of(Preprocessing.imageNet(256, 224)).view(banner).pixels())
        .containsOnly(0)
        .hasSize(3 * 224 * 224);
  }

  private static float normalized(int channel, int level) {
    float[] mean = {0.485f, 0.456f, 0.406f};
    float[] std = {0.229f, 0.224f, 0.225f};
    return (level / 255f - mean[channel]) / std[channel];
  }

  /** The graph's own crop must lie where the whole resize would have put it, also of odd sizes. */
  @Test
  void whatAGraphThatResizesGetsHasTheSameCentre() {
    for (int resize = 32; resize < 37; resize++) {
      Preprocessing rule = Preprocessing.imageNet(resize, 32);
      for (int longer = 37; longer < 80; longer++) {
        for (RgbImage image : List.of(noise(longer, 37), noise(37, longer))) {
          RgbImage before = Preprocessor.beforeResize(rule).view(image);
          assertThat(before.width()).isEqualTo(resize);
          assertThat(Preprocessor.of(rule).view(before).pixels())
              .as("%d, %s", resize, image)
              .isEqualTo(Preprocessor.of(rule).view(image).pixels());
        }
      }
    }
    assertThat(Preprocessing.imageNet(31, 32).cropsInside()).isFalse();
  }

  private static RgbImage noise(int width, int height) {
    byte[] pixels = new byte[3 * width * height];
    new Random(width).nextBytes(pixels);
    return new RgbImage(width, height, pixels);
  }
}
