package dev.lapidary.trainer.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.image.Box;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/**
 * What is drawn, over many samples. The draws are fixed, so these tests give one answer; bounds are
 * four standard errors of the stated distribution.
 */
class DistributionTest {
  private static final int DRAWS = 20_000;
  private static final RandomResizedCrop CROP =
      new RandomResizedCrop(
          new DrawnRange(0.08, 1), new DrawnRange(0.75, 4.0 / 3), Preprocessing.imageNet(24, 20));

  @Test
  void flipsAsOftenAsTold() {
    RgbImage image = AugmentationTest.image(3, 2);
    for (double p : new double[] {0, 0.3, 1}) {
      assertRate(i -> new Flip(true, p).apply(image, random(i)) != image, p);
      assertRate(i -> new Flip(false, p).apply(image, random(i)) != image, p);
      assertRate(i -> new Grayscale(p).apply(image, random(i)) != image, p);
    }
  }

  /** Of a large square image few boxes are rejected, so area and log-aspect are nearly uniform. */
  @Test
  void cropsAreUniformInAreaAndInTheLogarithmOfTheAspect() {
    RandomResizedCrop small =
        new RandomResizedCrop(new DrawnRange(0.1, 0.5), new DrawnRange(0.5, 2), CROP.rule());
    int side = 2000;
    assertMean(i -> area(small.box(side, side, random(i))) / (side * side), 0.3, 0.4);
    assertMean(i -> Math.log(aspect(small.box(side, side, random(i)))), 0, Math.log(4));
    assertRate(i -> Math.abs(Math.log(aspect(small.box(side, side, random(i))))) < 0.3466, 0.5);
  }

  /** The last row and column of places are reached: the offset's end is inclusive. */
  @Test
  void cropsReachAllPlaces() {
    RandomResizedCrop half =
        new RandomResizedCrop(new DrawnRange(0.25, 0.25), new DrawnRange(1, 1), CROP.rule());
    int[] lefts = new int[6];
    for (int i = 0; i < DRAWS; i++) {
      Box box = half.box(10, 10, random(i));
      assertThat(box.width()).isEqualTo(5);
      lefts[box.left()]++;
    }
    for (int count : lefts) {
      assertThat((double) count).isCloseTo(DRAWS / 6.0, within(4 * Math.sqrt(DRAWS / 6.0)));
    }
  }

  /** torchvision's fallback: the largest centred box of an allowed aspect. */
  @Test
  void aBoxThatNeverFitsFallsBackToTheCentre() {
    assertThat(CROP.box(1000, 10, random(0))).isEqualTo(new Box(493, 0, 13, 10));
    assertThat(CROP.box(10, 1000, random(0))).isEqualTo(new Box(0, 493, 10, 13));
    RandomResizedCrop whole =
        new RandomResizedCrop(new DrawnRange(1, 1), new DrawnRange(0.75, 0.76), CROP.rule());
    assertThat(whole.box(300, 400, random(0)).height()).isGreaterThan(390);
  }

  @Test
  void erasedBoxesAreUniformInArea() {
    RandomErasing erasing = new RandomErasing(1, new DrawnRange(0.02, 0.33), new DrawnRange(1, 1));
    assertMean(i -> area(erasing.box(1000, 1000, random(i)).orElseThrow()) / 1e6, 0.175, 0.31);
    RandomErasing tooLarge = new RandomErasing(1, new DrawnRange(1, 1), new DrawnRange(1, 1));
    assertThat(tooLarge.box(10, 10, random(0))).isEqualTo(Optional.empty());
    float[] input = new float[3 * 20 * 20];
    assertRate(
        i -> {
          Arrays.fill(input, 1);
          new RandomErasing(0.25, new DrawnRange(0.1, 0.2), new DrawnRange(1, 1))
              .apply(input, 0, 3, 20, 20, random(i));
          return Arrays.stream(toDoubles(input)).sum() < input.length;
        },
        0.25);
  }

  @Test
  void jitterFactorsAreUniformAroundOne() {
    assertMean(i -> ColourJitter.factor(0.4, random(i)), 1, 0.8);
    assertMean(i -> ColourJitter.factor(2, random(i)), 1.5, 3);
  }

  @Test
  void mixturesFollowBetaAndDirichlet() {
    // Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)).
    for (double a : new double[] {0.2, 1, 4}) {
      double variance = 1 / (4 * (2 * a + 1));
      assertWithin(i -> random(i).beta(a, a), 0.5, Math.sqrt(variance));
      assertWithin(i -> Math.pow(random(i).beta(a, a) - 0.5, 2), variance, 0.25);
    }
    AugMix mix = new AugMix(3, 3, 0, 1, Warp.Sampling.BILINEAR);
    for (int part = 0; part < 3; part++) {
      int which = part;
      // Dirichlet(1, 1, 1): each part has mean 1/3 and variance 1/18.
      assertWithin(i -> mix.dirichlet(3, random(i))[which], 1.0 / 3, Math.sqrt(1.0 / 18));
    }
    assertThat(Arrays.stream(mix.dirichlet(5, random(1))).sum()).isCloseTo(1, within(1e-12));
  }

  @Test
  void gaussianNumbersHaveUnitVariance() {
    assertWithin(i -> random(i).gaussian(), 0, 1);
    assertWithin(i -> Math.pow(random(i).gaussian(), 2), 1, Math.sqrt(2));
  }

  @Test
  void anglesMovesScalesAndShearsAreUniform() {
    Rotation rotation = new Rotation(15, Warp.Sampling.NEAREST);
    assertMean(i -> turn(rotation.draw(9, 7, random(i))), 0, 30);
    Affine turned = affine(10, 0, new DrawnRange(1, 1), 0);
    assertMean(i -> turn(turned.draw(9, 7, random(i))), 0, 20);
    Affine scaled = affine(0, 0, new DrawnRange(0.5, 2), 0);
    assertMean(i -> 1 / scaled.draw(9, 7, random(i)).a(), 1.25, 1.5);
    Affine sheared = affine(0, 0, new DrawnRange(1, 1), 20);
    assertMean(i -> Math.toDegrees(Math.atan(sheared.draw(9, 7, random(i)).b())), 0, 40);
  }

  /** torchvision rounds moves to whole pixels; a tenth of 100 is 10, each way. */
  @Test
  void movesAreWholeAndUniform() {
    Affine moved = affine(0, 0.1, new DrawnRange(1, 1), 0);
    int[] counts = new int[21];
    for (int i = 0; i < DRAWS; i++) {
      InverseAffine drawn = moved.draw(100, 50, random(i));
      counts[(int) Math.rint(-drawn.c()) + 10]++;
      assertThat(drawn.c()).isCloseTo(Math.rint(drawn.c()), within(1e-9));
      assertThat(drawn.f()).isCloseTo(Math.rint(drawn.f()), within(1e-9)).isBetween(-5.1, 5.1);
    }
    for (int move = -10; move <= 10; move++) {
      double expected = DRAWS / (Math.abs(move) == 10 ? 40.0 : 20.0);
      assertThat((double) counts[move + 10]).isCloseTo(expected, within(4 * Math.sqrt(expected)));
    }
  }

  @Test
  void rangesAreUniformAndTheirLogarithmsToo() {
    DrawnRange sigma = new DrawnRange(0.1, 2);
    assertMean(i -> sigma.draw(random(i)), 1.05, 1.9);
    assertMean(i -> Math.log(sigma.drawLog(random(i))), Math.log(0.2) / 2, Math.log(20));
  }

  /** Clipped at the borders a box is smaller than lambda says; all cases are added up here. */
  @Test
  void cutMixKeepsWhatItsDefinitionSays() {
    int side = 16;
    int lambdas = 2000;
    double kept = 0;
    for (int i = 0; i < lambdas; i++) {
      int half = (int) (0.5 * Math.sqrt(1 - (i + 0.5) / lambdas) * side);
      double covered = 0;
      for (int centre = 0; centre < side; centre++) {
        covered += Math.min(centre + half, side) - Math.max(centre - half, 0);
      }
      kept += (1 - Math.pow(covered / side / side, 2)) / lambdas;
    }
    // A uniform lambda's kept part has a deviation below 0.3, that of lambda itself.
    assertWithin(i -> CutMix.box(1, side, side, random(i)).kept(side, side), kept, 0.3);
  }

  /** Of 14 operations each, of signed ones half backwards; equal results are counted together. */
  @Test
  void policiesChooseEachOperationSignAndStrengthEquallyOften() {
    RgbImage image = AugmentationTest.image(9, 7);
    RandAugment one = new RandAugment(1, 17, Warp.Sampling.NEAREST);
    Map<List<Byte>, Double> expected = new HashMap<>();
    for (PolicyOperation operation : PolicyOperation.values()) {
      double strength = RandAugment.strength(operation, 17, 9, 7);
      addResults(expected, image, operation, strength, 1.0 / 14);
    }
    assertFrequencies(expected, i -> one.apply(image, random(i)));

    TrivialAugmentWide trivial = new TrivialAugmentWide(Warp.Sampling.NEAREST);
    expected.clear();
    for (PolicyOperation operation : PolicyOperation.values()) {
      for (int bin = 0; bin < 31; bin++) {
        double strength = TrivialAugmentWide.strength(operation, bin);
        addResults(expected, image, operation, strength, 1.0 / 14 / 31);
      }
    }
    assertFrequencies(expected, i -> trivial.apply(image, random(i)));
  }

  private static void addResults(
      Map<List<Byte>, Double> rates,
      RgbImage image,
      PolicyOperation operation,
      double strength,
      double rate) {
    double[] signs = operation.isSigned() ? new double[] {1, -1} : new double[] {1};
    for (double sign : signs) {
      RgbImage result = operation.apply(image, sign * strength, Warp.Sampling.NEAREST);
      rates.merge(boxed(result), rate / signs.length, Double::sum);
    }
  }

  /** Five standard errors, since some hundred rates are looked at. */
  private static void assertFrequencies(
      Map<List<Byte>, Double> expected, IntFunction<RgbImage> draw) {
    Map<List<Byte>, Integer> counts = new HashMap<>();
    for (int i = 0; i < DRAWS; i++) {
      counts.merge(boxed(draw.apply(i)), 1, Integer::sum);
    }
    assertThat(expected.keySet()).containsAll(counts.keySet());
    expected.forEach(
        (result, rate) ->
            assertThat((double) counts.getOrDefault(result, 0))
                .isCloseTo(rate * DRAWS, within(5 * Math.sqrt(rate * DRAWS))));
  }

  private static List<Byte> boxed(RgbImage image) {
    List<Byte> bytes = new ArrayList<>();
    for (byte b : image.pixels()) {
      bytes.add(b);
    }
    return bytes;
  }

  private static Affine affine(double degrees, double translate, DrawnRange scale, double shear) {
    return new Affine(degrees, translate, scale, shear, Warp.Sampling.NEAREST);
  }

  private static double turn(InverseAffine drawn) {
    return Math.toDegrees(Math.atan2(drawn.d(), drawn.e()));
  }

  private static RandomStream random(int sample) {
    return RandomStream.of(99, 1, sample, "test");
  }

  private static double area(Box box) {
    return (double) box.width() * box.height();
  }

  private static double aspect(Box box) {
    return (double) box.width() / box.height();
  }

  private static double[] toDoubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  private static void assertRate(IntPredicate happens, double rate) {
    assertWithin(i -> happens.test(i) ? 1 : 0, rate, Math.sqrt(rate * (1 - rate)));
  }

  /** Of a uniform distribution of this width. */
  private static void assertMean(IntToDoubleFunction draw, double mean, double width) {
    assertWithin(draw, mean, width / Math.sqrt(12));
  }

  private static void assertWithin(IntToDoubleFunction draw, double mean, double deviation) {
    double sum = 0;
    for (int i = 0; i < DRAWS; i++) {
      sum += draw.applyAsDouble(i);
    }
    assertThat(sum / DRAWS).isCloseTo(mean, within(4 * deviation / Math.sqrt(DRAWS) + 1e-12));
  }
}
