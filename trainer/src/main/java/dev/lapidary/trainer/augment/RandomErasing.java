package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.Box;
import dev.lapidary.core.tensor.RandomStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * torchvision's {@code RandomErasing} (Zhong et al. 2020): a box of the normalized image becomes
 * zero, the mean colour.
 *
 * @param p the probability
 * @param scale the box's part of the image's area
 * @param ratio height / width of the box, drawn evenly in its logarithm
 */
record RandomErasing(double p, DrawnRange scale, DrawnRange ratio) implements TensorStep {
  private static final int TRIES = 10;

  static RandomErasing of(StepArguments options) {
    return new RandomErasing(
        options.number("p", 0.5, 0, 1),
        options.range("scale", new DrawnRange(0.02, 0.33), 1e-4, 1),
        options.range("ratio", new DrawnRange(0.3, 3.3), 1e-2, 100));
  }

  @Override
  public void apply(
      float[] images, int offset, int channels, int height, int width, RandomStream random) {
    Optional<Box> drawn = random.chance(p) ? box(width, height, random) : Optional.empty();
    if (drawn.isEmpty()) {
      return;
    }
    Box box = drawn.get();
    for (int c = 0; c < channels; c++) {
      for (int y = box.top(); y < box.top() + box.height(); y++) {
        int start = offset + (c * height + y) * width + box.left();
        Arrays.fill(images, start, start + box.width(), 0);
      }
    }
  }

  /** Empty if no box of ten fits. */
  Optional<Box> box(int width, int height, RandomStream random) {
    double area = (double) width * height;
    for (int i = 0; i < TRIES; i++) {
      double target = area * scale.draw(random);
      double aspect = ratio.drawLog(random);
      int h = (int) Math.rint(Math.sqrt(target * aspect));
      int w = (int) Math.rint(Math.sqrt(target / aspect));
      if (h > 0 && w > 0 && h < height && w < width) {
        int top = random.below(height - h + 1);
        int left = random.below(width - w + 1);
        return Optional.of(new Box(left, top, w, h));
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return "erase(p=" + StepArguments.text(p) + ", scale=" + scale + ", ratio=" + ratio + ")";
  }
}
