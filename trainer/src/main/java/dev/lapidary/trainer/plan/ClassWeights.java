package dev.lapidary.trainer.plan;

import dev.lapidary.trainer.data.EpochImages;
import dev.lapidary.trainer.data.Task;
import java.util.ArrayList;
import java.util.List;

/** How classes of unequal size weigh in the loss. */
public enum ClassWeights {
  NONE,

  /**
   * images / (classes * images of the class): scikit-learn's "balanced". Of multi-label data images
   * without the label / images with it, as PyTorch advises for {@code pos_weight}.
   */
  BALANCED;

  /** By class index; empty for none. Classes of two heads are balanced each among their own. */
  List<Float> of(EpochImages images) {
    List<Double> weights = images.weightsByLabel();
    if (!images.hasSecondHead()) {
      return of(images.images().task(), weights, images.sumOfWeights());
    }
    int own = images.ownLabels();
    List<Float> both = new ArrayList<>();
    for (List<Double> head :
        List.of(weights.subList(0, own), weights.subList(own, weights.size()))) {
      double all = head.stream().mapToDouble(weight -> weight).sum();
      both.addAll(of(Task.SINGLE_LABEL, head, all));
    }
    return both;
  }

  /**
   * @param counts training images of each class, by their weights
   * @param images all of them
   */
  List<Float> of(Task task, List<Double> counts, double images) {
    return this == NONE
        ? List.of()
        : task == Task.MULTI_LABEL
            ? counts.stream().map(n -> (float) ((images - n) / n)).toList()
            : counts.stream().map(n -> (float) (images / (counts.size() * n))).toList();
  }
}
