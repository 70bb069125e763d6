package dev.lapidary.trainer.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * A method's arguments as DJL passes them: arrays in order, a {@code List[Tensor]} as arrays of one
 * name with brackets, numbers as one float64 tensor.
 */
final class Arguments {
  private final NDManager step;
  private final NDList list = new NDList();

  Arguments(NDManager step) {
    this.step = step;
  }

  Arguments array(NDArray array) {
    NDArray plain = array;
    plain.setName(null);
    list.add(plain);
    return this;
  }

  Arguments numbers(double... numbers) {
    return array(step.create(numbers));
  }

  Arguments flag(boolean flag) {
    return array(step.create(flag));
  }

  /** An empty list cannot be passed this way. */
  Arguments list(String name, List<NDArray> arrays) {
    if (arrays.isEmpty()) {
      throw new IllegalArgumentException("the list " + name + " is empty");
    }
    for (NDArray array : arrays) {
      array.setName(name + "[]");
      list.add(array);
    }
    return this;
  }

  NDList list() {
    return list;
  }
}
