package dev.lapidary.exporter.evaluate;

import dev.lapidary.core.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that move elements and compute nothing. */
final class Movement {
  private Movement() {}

  static void addTo(Evaluator e) {
    e.single("Reshape", Movement::reshape);
    e.single("Flatten", Movement::flatten);
    e.single("Transpose", Movement::transpose);
    e.single("Squeeze", Movement::squeeze);
    e.single("Unsqueeze", Movement::unsqueeze);
    e.single("Expand", Movement::expand);
    e.single("Tile", Movement::tile);
    e.single("Concat", Movement::concat);
    e.several("Split", Movement::split);
    e.single("Slice", Movement::slice);
    e.single("Gather", Movement::gather);
    e.single("Shape", Movement::shape);
    e.single("ConstantOfShape", Movement::constantOfShape);
    e.single("Range", Movement::range);
    e.single("Pad", Movement::pad);
    e.single("DepthToSpace", Movement::depthToSpace);
  }

  /** Element i of the result is element {@code from[i]} of x. */
  private static Grid picked(Grid x, int[] shape, int[] from) {
    double[] values = new double[from.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = x.values()[from[i]];
    }
    return new Grid(x.dtype(), shape, values);
  }

  private static Grid reshape(Kernel.Call call) {
    Grid x = call.in(0);
    int[] shape = call.in(1).ints();
    boolean keepsZero = call.node().intOr("allowzero", 0) == 1;
    int known = 1;
    int free = -1;
    for (int d = 0; d < shape.length; d++) {
      if (shape[d] == 0 && !keepsZero) {
        shape[d] = x.shape()[d];
      }
      if (shape[d] < 0) {
        free = d;
      } else {
        known *= shape[d];
      }
    }
    if (free >= 0) {
      shape[free] = x.values().length / known;
    }
    return x.shaped(shape);
  }

  private static Grid flatten(Kernel.Call call) {
    Grid x = call.in(0);
    int axis = x.axis(call.node().intOr("axis", 1));
    int outer = Grid.count(Arrays.copyOf(x.shape(), axis));
    return x.shaped(outer, outer == 0 ? 0 : x.values().length / outer);
  }

  private static Grid transpose(Kernel.Call call) {
    int rank = call.in(0).rank();
    long[] reversed = IntStream.range(0, rank).mapToLong(d -> rank - 1 - d).toArray();
    return transposed(
        call.in(0),
        Arrays.stream(call.node().intsOr("perm", reversed)).mapToInt(p -> (int) p).toArray());
  }

  static Grid transposed(Grid x, int... permutation) {
    int[] shape = Arrays.stream(permutation).map(p -> x.shape()[p]).toArray();
    int[] strides = Arrays.stream(permutation).map(x::stride).toArray();
    return picked(x, shape, strided(shape, strides, 0));
  }

  /** Positions of a view with these strides, in row-major order of its shape. */
  static int[] strided(int[] shape, int[] strides, int offset) {
    int[] positions = new int[Grid.count(shape)];
    int[] index = new int[shape.length];
    int at = offset;
    for (int i = 0; i < positions.length; i++) {
      positions[i] = at;
      for (int d = shape.length - 1; d >= 0; d--) {
        at += strides[d];
        if (++index[d] < shape[d]) {
          break;
        }
        at -= shape[d] * strides[d];
        index[d] = 0;
      }
    }
    return positions;
  }

  private static Grid squeeze(Kernel.Call call) {
    Grid x = call.in(0);
    List<Integer> axes = Arrays.stream(call.list(1, "axes")).mapToInt(x::axis).boxed().toList();
    int[] shape =
        IntStream.range(0, x.rank())
            .filter(d -> axes.isEmpty() ? x.shape()[d] != 1 : !axes.contains(d))
            .map(d -> x.shape()[d])
            .toArray();
    return x.shaped(shape);
  }

  private static Grid unsqueeze(Kernel.Call call) {
    Grid x = call.in(0);
    long[] axes = call.list(1, "axes");
    int[] shape = new int[x.rank() + axes.length];
    for (long axis : axes) {
      shape[(int) (axis < 0 ? axis + shape.length : axis)] = -1;
    }
    int next = 0;
    for (int d = 0; d < shape.length; d++) {
      shape[d] = shape[d] < 0 ? 1 : x.shape()[next++];
    }
    return x.shaped(shape);
  }

  private static Grid expand(Kernel.Call call) {
    Grid x = call.in(0);
    int[] shape = Elementwise.commonShape(x.shape(), call.in(1).ints());
    return picked(x, shape, Elementwise.positions(x.shape(), shape));
  }

  private static Grid tile(Kernel.Call call) {
    Grid x = call.in(0);
    for (int d = 0; d < x.rank(); d++) {
      List<Grid> copies = new ArrayList<>();
      for (int i = 0; i < call.in(1).ints()[d]; i++) {
        copies.add(x);
      }
      x = joined(copies, d);
    }
    return x;
  }

  private static Grid concat(Kernel.Call call) {
    List<Grid> parts = new ArrayList<>();
    call.inputs().forEach(part -> parts.add(part.orElseThrow()));
    return joined(parts, call.in(0).axis(call.node().intOr("axis", 0)));
  }

  private static Grid joined(List<Grid> parts, int axis) {
    int[] shape = parts.get(0).shape().clone();
    shape[axis] = parts.stream().mapToInt(p -> p.shape()[axis]).sum();
    Grid result = Grid.zeros(parts.get(0).dtype(), shape);
    int outer = Grid.count(Arrays.copyOf(shape, axis));
    int row = result.stride(axis) * shape[axis];
    int at = 0;
    for (Grid part : parts) {
      int length = part.stride(axis) * part.shape()[axis];
      for (int i = 0; i < outer; i++) {
        System.arraycopy(part.values(), i * length, result.values(), i * row + at, length);
      }
      at += length;
    }
    return result;
  }

  private static List<Grid> split(Kernel.Call call) {
    Grid x = call.in(0);
    int axis = x.axis(call.node().intOr("axis", 0));
    int count = call.node().outputs().size();
    int even = (x.shape()[axis] + count - 1) / count;
    int[] sizes = new int[count];
    for (int i = 0; i < count; i++) {
      sizes[i] =
          call.has(1)
              ? call.in(1).ints()[i]
              : Math.max(Math.min(even, x.shape()[axis] - i * even), 0);
    }
    List<Grid> parts = new ArrayList<>();
    int start = 0;
    for (int size : sizes) {
      parts.add(cut(x, axis, start, size, 1));
      start += size;
    }
    return parts;
  }

  private static Grid cut(Grid x, int axis, int start, int count, int step) {
    int[] shape = x.shape().clone();
    shape[axis] = count;
    int[] strides = IntStream.range(0, x.rank()).map(x::stride).toArray();
    int offset = start * strides[axis];
    strides[axis] *= step;
    return picked(x, shape, strided(shape, strides, offset));
  }

  private static Grid slice(Kernel.Call call) {
    Grid x = call.in(0);
    double[] starts = call.in(1).values();
    double[] ends = call.in(2).values();
    for (int i = 0; i < starts.length; i++) {
      int axis = call.has(3) ? x.axis((long) call.in(3).values()[i]) : i;
      int step = call.has(4) ? (int) call.in(4).values()[i] : 1;
      int size = x.shape()[axis];
      int start = bound(starts[i], size, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
      int end = bound(ends[i], size, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
      int count = Math.max(0, (int) Math.ceil((end - start) / (double) step));
      x = cut(x, axis, Math.max(start, 0), count, step);
    }
    return x;
  }

  private static int bound(double value, int size, int low, int high) {
    return (int) Math.min(Math.max(value < 0 ? value + size : value, low), high);
  }

  private static Grid gather(Kernel.Call call) {
    Grid x = call.in(0);
    Grid indices = call.in(1);
    int axis = x.axis(call.node().intOr("axis", 0));
    int outer = Grid.count(Arrays.copyOf(x.shape(), axis));
    int inner = x.stride(axis);
    int size = x.shape()[axis];
    int[] shape = new int[x.rank() - 1 + indices.rank()];
    System.arraycopy(x.shape(), 0, shape, 0, axis);
    System.arraycopy(indices.shape(), 0, shape, axis, indices.rank());
    System.arraycopy(x.shape(), axis + 1, shape, axis + indices.rank(), x.rank() - axis - 1);
    Grid result = Grid.zeros(x.dtype(), shape);
    int at = 0;
    for (int o = 0; o < outer; o++) {
      for (int index : indices.ints()) {
        int from = (o * size + (index < 0 ? index + size : index)) * inner;
        System.arraycopy(x.values(), from, result.values(), at, inner);
        at += inner;
      }
    }
    return result;
  }

  private static Grid shape(Kernel.Call call) {
    int[] shape = call.in(0).shape();
    int start = clamp(call.node().intOr("start", 0), shape.length);
    int end = clamp(call.node().intOr("end", shape.length), shape.length);
    return Grid.longs(Arrays.stream(shape, start, Math.max(start, end)).asLongStream().toArray());
  }

  private static int clamp(long value, int rank) {
    return (int) Math.min(Math.max(value < 0 ? value + rank : value, 0), rank);
  }

  private static Grid range(Kernel.Call call) {
    double start = call.in(0).values()[0];
    double delta = call.in(2).values()[0];
    double count = Math.max(0, Math.ceil((call.in(1).values()[0] - start) / delta));
    if (!(count <= Integer.MAX_VALUE)) {
      throw call.declined("no end");
    }
    call.hold((long) count);
    Grid range = Grid.zeros(call.in(0).dtype(), (int) count);
    Arrays.setAll(range.values(), i -> start + i * delta);
    return range;
  }

  private static Grid constantOfShape(Kernel.Call call) {
    Grid value = call.node().tensor("value").map(Grid::of).orElse(Grid.zeros(DType.FLOAT32, 1));
    Grid result = Grid.zeros(value.dtype(), call.in(0).ints());
    Arrays.fill(result.values(), value.values()[0]);
    return result;
  }

  private static Grid pad(Kernel.Call call) {
    Grid x = call.in(0);
    int[] pads = call.in(1).ints();
    int rank = x.rank();
    String mode = call.node().textOr("mode", "constant");
    double fill = call.has(2) && call.in(2).values().length > 0 ? call.in(2).values()[0] : 0;
    for (int i = 0; i < pads.length / 2; i++) {
      int axis = call.has(3) ? x.axis((long) call.in(3).values()[i]) : i;
      x = padded(x, axis, pads[i], pads[pads.length / 2 + i], mode, fill);
    }
    return rank == x.rank() ? x : x.shaped(x.shape());
  }

  private static Grid padded(Grid x, int axis, int before, int after, String mode, double fill) {
    int size = x.shape()[axis];
    int[] shape = x.shape().clone();
    shape[axis] = size + before + after;
    Grid result = Grid.zeros(x.dtype(), shape);
    int inner = x.stride(axis);
    int outer = Grid.count(Arrays.copyOf(shape, axis));
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < shape[axis]; i++) {
        int source = source(i - before, size, mode);
        int to = (o * shape[axis] + i) * inner;
        if (source < 0) {
          Arrays.fill(result.values(), to, to + inner, fill);
        } else {
          System.arraycopy(x.values(), (o * size + source) * inner, result.values(), to, inner);
        }
      }
    }
    return result;
  }

  /** Where a padded position takes its value from; -1 is the fill value. */
  private static int source(int position, int size, String mode) {
    if (position >= 0 && position < size) {
      return position;
    }
    return switch (mode) {
      case "edge" -> position < 0 ? 0 : size - 1;
      case "reflect" -> {
        int period = Math.max(2 * (size - 1), 1);
        int folded = Math.floorMod(position, period);
        yield folded < size ? folded : period - folded;
      }
      case "wrap" -> Math.floorMod(position, size);
      default -> -1;
    };
  }

  private static Grid depthToSpace(Kernel.Call call) {
    Grid x = call.in(0);
    int b = (int) call.node().intOr("blocksize", 1);
    int[] s = x.shape();
    int c = s[1] / (b * b);
    boolean crd = call.node().textOr("mode", "DCR").equals("CRD");
    Grid turned =
        crd
            ? transposed(x.shaped(s[0], c, b, b, s[2], s[3]), 0, 1, 4, 2, 5, 3)
            : transposed(x.shaped(s[0], b, b, c, s[2], s[3]), 0, 3, 4, 1, 5, 2);
    return turned.shaped(s[0], c, s[2] * b, s[3] * b);
  }
}
