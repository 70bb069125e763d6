package dev.lapidary.trainer.program;

import ai.djl.ndarray.NDArray;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A parameter or buffer of the network as it lies in libtorch: the array is the network's own
 * memory, not a copy.
 *
 * @param name as in the network's state_dict
 * @param buffer whether it is a buffer (such as {@code running_mean}), else a parameter
 */
public record ProgramTensor(String name, boolean buffer, DType dtype, NDArray array) {

  static List<NDArray> arrays(List<ProgramTensor> tensors) {
    return tensors.stream().map(ProgramTensor::array).toList();
  }

  /** By name. */
  public static Map<String, Tensor> copies(List<ProgramTensor> tensors) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    tensors.forEach(tensor -> copies.put(tensor.name(), tensor.copy()));
    return copies;
  }

  /** A copy of the elements, row-major, little-endian. */
  public ByteBuffer bytes() {
    return array.toByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A copy. */
  public Tensor copy() {
    return Tensor.over(dtype, Storage.over(bytes()), shape());
  }

  public long[] shape() {
    return array.getShape().getShape();
  }
}
