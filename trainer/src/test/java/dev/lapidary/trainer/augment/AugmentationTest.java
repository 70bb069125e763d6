package dev.lapidary.trainer.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.RgbImage;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AugmentationTest {
  private static final Preprocessing RULE = Preprocessing.imageNet(24, 20);
  private static final String ALL =
      "rrc(scale=0.35..1, ratio=0.75..1.25), hflip(p=0.5), vflip(p=0.1),"
          + " rotate(degrees=15, interpolation=bilinear), affine(degrees=10, translate=0.1,"
          + " scale=0.9..1.1, shear=5, interpolation=nearest), jitter(brightness=0.4,"
          + " contrast=0.3, saturation=0.2, hue=0.1), gray(p=0.1), blur(kernel=5, sigma=0.1..2),"
          + " randaugment(ops=2, magnitude=9, interpolation=nearest),"
          + " trivial(interpolation=nearest), augmix(severity=3, width=3, depth=0, alpha=1,"
          + " interpolation=bilinear), erase(p=0.25, scale=0.02..0.33, ratio=0.3..3.3),"
          + " mixup(alpha=0.2), cutmix(alpha=1)";

  @Test
  void textIsReadAndWrittenBack() {
    assertThat(parse(ALL)).hasToString(ALL);
    assertThat(parse(" none ")).hasToString("none");
    assertThat(parse("")).hasToString("none");
    assertThat(parse("HFlip , trivial()"))
        .hasToString("hflip(p=0.5), trivial(interpolation=nearest)");
    assertThat(parse(Augmentation.DEFAULT).toString()).startsWith("rrc(scale=0.35..1, ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "flip | [augment] there is no step flip; there are rrc, hflip, vflip, rotate, affine, jitter,"
            + " gray, blur, randaugment, trivial, augmix, erase, mixup, cutmix",
        "hflip(q=1) | [augment] hflip has no option q; it has p",
        "hflip(p=2) | [augment] hflip: p must lie in [0, 1] but is 2",
        "hflip(p) | [augment] hflip: expected key=value but found 'p'",
        "hflip(p=x) | [augment] hflip: p is no number: x",
        "rrc(scale=1) | [augment] rrc: scale must be low..high, such as 0.08..1, but is 1",
        "rrc(scale=1..0.5) | [augment] rrc: scale must lie in [0.0001, 1], the lower end first, but"
            + " is 1..0.5",
        "blur(kernel=4) | [augment] blur: kernel must be odd but is 4",
        "randaugment(ops=1.5) | [augment] randaugment: ops must be a whole number but is 1.5",
        "rotate(interpolation=cubic) | [augment] rotate: interpolation must be nearest or bilinear"
            + " but is cubic",
        "hflip, rrc | [augment] rrc makes the input's size and must be the first step",
        "hflip; vflip | [augment] expected step or step(key=value, ...) at 'hflip; vflip'"
      })
  void mistakesAreNamed(String text, String message) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rrc",
        "hflip",
        "vflip",
        "rotate",
        "affine",
        "jitter",
        "gray(p=0.5)",
        "blur",
        "randaugment",
        "trivial",
        "augmix"
      })
  void eachStepIsAFunctionOfItsSampleAndChangesNothingElse(String step) {
    RgbImage image = image(40, 30);
    byte[] before = image.pixels().clone();
    Augmentation augmentation = parse(step);
    int different = 0;
    for (long sample = 0; sample < 40; sample++) {
      RgbImage view = augmentation.of(image, 3, sample);
      assertThat(view.width()).isEqualTo(20);
      assertThat(view.height()).isEqualTo(20);
      assertThat(parse(step).of(image, 3, sample).pixels()).isEqualTo(view.pixels());
      different += Arrays.equals(augmentation.of(image, 4, sample).pixels(), view.pixels()) ? 0 : 1;
    }
    assertThat(image.pixels()).isEqualTo(before);
    assertThat(different).isPositive();
  }

  static RgbImage image(int width, int height) {
    byte[] pixels = new byte[3 * width * height];
    new Random(11).nextBytes(pixels);
    return new RgbImage(width, height, pixels);
  }

  private static Augmentation parse(String text) {
    return Augmentation.parse(text, RULE, 5);
  }
}
