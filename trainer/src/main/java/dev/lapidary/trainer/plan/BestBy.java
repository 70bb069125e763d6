package dev.lapidary.trainer.plan;

import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Task;
import java.util.Collections;
import java.util.List;

/** What of a validation chooses the best epoch, and ends a stage that has lost its patience. */
public enum BestBy {
  /**
   * {@link #BALANCED_ACCURACY} where the classes are uneven, else {@link #ACCURACY}; a run that
   * begins decides, and {@code run.yaml} says which.
   */
  AUTO,
  /** The part of all images that is answered right; of several labels an image mAP. */
  ACCURACY,
  /** The mean of the classes' recalls, over the classes that have images: each counts alike. */
  BALANCED_ACCURACY;

  /** Classes are uneven if the largest has more than so many times the images of the smallest. */
  private static final int UNEVEN = 2;

  /** What {@link #AUTO} means for these training images. */
  public BestBy of(Dataset train) {
    if (this != AUTO) {
      return this;
    }
    List<Integer> counts = train.counts();
    boolean uneven = Collections.max(counts) > UNEVEN * Collections.min(counts);
    return train.task() == Task.SINGLE_LABEL && uneven ? BALANCED_ACCURACY : ACCURACY;
  }
}
