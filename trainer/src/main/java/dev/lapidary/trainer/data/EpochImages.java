package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.manifest.LabelNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an epoch goes through: the training images, and after them those of a source task if one is
 * learned beside the target. All are in one order, each once an epoch; an image's loss counts by
 * its weight divided by the mean weight of all, so that an epoch's loss is the weighted mean and a
 * rate means what it means without weights. (Divided by a batch's own weights, a batch of images of
 * the source alone would count as much as one of the target's.)
 */
public final class EpochImages {
  /** What labels of a second head begin with. */
  private static final String SOURCE = "source/";

  private final Dataset images;
  private final int ofTarget;
  private final int ownLabels;
  private final double sourceWeight;
  private final DoubleSummaryStatistics weights;

  private EpochImages(Dataset images, int ownLabels, double sourceWeight) {
    this.images = images;
    this.ofTarget = (int) images.samples().stream().filter(sample -> !sample.source()).count();
    this.ownLabels = ownLabels;
    this.sourceWeight = sourceWeight;
    this.weights = images.samples().stream().mapToDouble(this::weight).summaryStatistics();
  }

  public static EpochImages of(Dataset target) {
    return new EpochImages(target, target.labels().size(), 1);
  }

  /**
   * @param source of the same classes, or some of them, which one head learns; else a second head
   *     learns them
   * @param weight of its images, above 0, times their own
   */
  static EpochImages of(Dataset target, Dataset source, double weight) {
    List<String> known = target.labels();
    boolean same = known.containsAll(source.labels());
    List<String> labels =
        same
            ? known
            : Stream.concat(known.stream(), source.labels().stream().map(SOURCE::concat)).toList();
    List<Sample> samples = new ArrayList<>(target.samples());
    List<Integer> indices =
        same
            ? LabelNames.indices(source.labels(), known)
            : IntStream.range(known.size(), labels.size()).boxed().toList();
    source.with(labels, indices).samples().forEach(sample -> samples.add(sample.ofSource()));
    Pictures pictures = new PicturesOfBoth(target.pictures(), source.pictures());
    Dataset both = new Dataset(target.task(), labels, samples, pictures);
    return new EpochImages(both, known.size(), weight);
  }

  EpochImages with(Dataset others) {
    return new EpochImages(others, ownLabels, sourceWeight);
  }

  /** The target's first; the labels of a second head follow those of the first. */
  public Dataset images() {
    return images;
  }

  public int size() {
    return images.size();
  }

  /** How many of the labels are the target's. */
  public int ownLabels() {
    return ownLabels;
  }

  public boolean hasSource() {
    return ofTarget < images.size();
  }

  /** Whether the source's classes are others, for which there is a head that is not delivered. */
  public boolean hasSecondHead() {
    return ownLabels < images.labels().size();
  }

  /** Whether some images count more than others. */
  public boolean isWeighed() {
    return weights.getMin() < weights.getMax();
  }

  /** Of all images together. */
  public double sumOfWeights() {
    return weights.getSum();
  }

  /** What a person is told of it; nothing where all images count alike. */
  public List<String> words() {
    List<String> words = new ArrayList<>();
    if (hasSource()) {
      int classes = images.labels().size() - ownLabels;
      words.add(
          "source task: %d images beside the %d of the target, %s"
              .formatted(
                  size() - ofTarget,
                  ofTarget,
                  hasSecondHead()
                      ? "of %d classes with a head of their own, which is not delivered"
                          .formatted(classes)
                      : "of its classes"));
    }
    if (isWeighed()) {
      words.add(
          Phrase.of(
              "weights of the images in the training loss: %s to %s, mean %.3f",
              weights.getMin(), weights.getMax(), weights.getAverage()));
    }
    return words;
  }

  private double weight(Sample sample) {
    return sample.source() ? sourceWeight * sample.weight() : sample.weight();
  }

  /** What the losses of some images are multiplied by; their mean over all images is 1. */
  public float[] factors(int... positions) {
    float[] factors = new float[positions.length];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) (weight(images.samples().get(positions[i])) / weights.getAverage());
    }
    return factors;
  }

  /** How many of some images are the target's. */
  public int ofTarget(int... positions) {
    int count = 0;
    for (int position : positions) {
      count += position < ofTarget ? 1 : 0;
    }
    return count;
  }

  /** The weights of each label's images, summed. */
  public List<Double> weightsByLabel() {
    double[] sums = new double[images.labels().size()];
    for (Sample sample : images.samples()) {
      sample.labels().forEach(label -> sums[label] += weight(sample));
    }
    return Arrays.stream(sums).boxed().toList();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EpochImages same
        && images.equals(same.images)
        && ownLabels == same.ownLabels
        && sourceWeight == same.sourceWeight;
  }

  @Override
  public int hashCode() {
    return Objects.hash(images, ownLabels, sourceWeight);
  }
}
