package dev.lapidary.trainer.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;

/**
 * What one forward and backward gave.
 *
 * @param loss the mean over the batch
 * @param logits [N, classes], detached
 * @param parameters those with a gradient; one that the loss does not depend on is left out, as
 *     PyTorch skips a parameter whose gradient is {@code None}
 * @param arrays the gradients of {@code parameters}, in their order
 */
public record Gradients(
    float loss, NDArray logits, List<ProgramTensor> parameters, List<NDArray> arrays) {

  static Gradients of(
      float loss, NDArray logits, List<ProgramTensor> asked, List<NDArray> answers) {
    List<ProgramTensor> used = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      if (answers.get(i).size() > 0) {
        used.add(asked.get(i));
      }
    }
    return new Gradients(loss, logits, used, answers.stream().filter(g -> g.size() > 0).toList());
  }

  /** Lets the arrays live as long as that manager. */
  public void attach(NDManager manager) {
    logits.attach(manager);
    arrays.forEach(array -> array.attach(manager));
  }
}
