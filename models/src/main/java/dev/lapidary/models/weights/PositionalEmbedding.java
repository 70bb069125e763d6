package dev.lapidary.models.weights;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.script.StateDict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A ViT's positional embedding [1, 1 + side * side, C] for another input size: the grid of patches
 * is interpolated as torchvision's {@code interpolate_embeddings} does (bicubic, corners aligned),
 * the class token's stays.
 */
final class PositionalEmbedding {
  private static final String NAME = "pos_embedding";

  /** Of PyTorch's cubic convolution: {@code aten/src/ATen/native/UpSample.h}. */
  private static final double A = -0.75;

  private PositionalEmbedding() {}

  /** The same names; an embedding of another grid is made to fit the network's. */
  static Naming.Names fitted(Naming.Names names, StateDict target) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(names.tensors());
    List<String> notes = new ArrayList<>(names.notes());
    for (StateDict.Entry entry : target.entries()) {
      Optional<Tensor> found = Optional.ofNullable(names.tensors().get(entry.name()));
      if (entry.attribute().equals(NAME) && found.isPresent()) {
        int from = side(found.get());
        int to = side(entry.tensor());
        boolean sameWidth = from > 0 && to > 0 && found.get().size(2) == entry.tensor().size(2);
        if (sameWidth && from != to && found.get().dtype().isFloating()) {
          tensors.put(entry.name(), resized(found.get(), from, to));
          notes.add(
              "interpolated %s from %dx%d to %dx%d positions"
                  .formatted(entry.name(), from, from, to, to));
        }
      }
    }
    return new Naming.Names(tensors, names.sourceNames(), notes);
  }

  /** Of the grid behind the class token; 0 if the tensor is no such embedding. */
  private static int side(Tensor tensor) {
    if (tensor.rank() != 3 || tensor.size(0) != 1) {
      return 0;
    }
    int side = (int) Math.round(Math.sqrt((double) tensor.size(1) - 1));
    return (long) side * side == tensor.size(1) - 1 ? side : 0;
  }

  private static Tensor resized(Tensor found, int from, int to) {
    int width = Math.toIntExact(found.size(2));
    float[] in = Cast.to(DType.FLOAT32, found).toFloats();
    float[] out = new float[(1 + to * to) * width];
    System.arraycopy(in, 0, out, 0, width);
    for (int y = 0; y < to; y++) {
      for (int x = 0; x < to; x++) {
        for (int c = 0; c < width; c++) {
          out[(1 + y * to + x) * width + c] = (float) at(in, width, c, from, to, y, x);
        }
      }
    }
    return Tensor.of(out, 1, 1 + (long) to * to, width);
  }

  private static double at(float[] in, int width, int c, int from, int to, int y, int x) {
    double scale = to == 1 ? 0 : (double) (from - 1) / (to - 1);
    int top = (int) Math.floor(y * scale);
    int left = (int) Math.floor(x * scale);
    double[] rows = weights(y * scale - top);
    double[] columns = weights(x * scale - left);
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      int row = Math.max(0, Math.min(from - 1, top - 1 + i));
      for (int j = 0; j < 4; j++) {
        int column = Math.max(0, Math.min(from - 1, left - 1 + j));
        sum += rows[i] * columns[j] * in[(1 + row * from + column) * width + c];
      }
    }
    return sum;
  }

  /** Keys 1981, of the four points around a position between the second and the third. */
  private static double[] weights(double t) {
    return new double[] {outer(t + 1), inner(t), inner(1 - t), outer(2 - t)};
  }

  private static double inner(double d) {
    return ((A + 2) * d - (A + 3)) * d * d + 1;
  }

  private static double outer(double d) {
    return ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
  }
}
