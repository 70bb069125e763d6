package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A frame of a number v around the image before a MaxPool becomes the MaxPool's own pads, which are
 * minus infinity, and a floor for the windows that reach the frame.
 *
 * <pre>
 *   x ── Pad(v, 1) ── MaxPool(pads 0) ── y   →   x ── MaxPool(pads 1) ── Max([v,-inf,..,v], ..) ── y
 * </pre>
 *
 * One floor an axis, none for v = -inf. A frame of zeros must not stay: ONNX Runtime's PadFusion
 * and onnx/optimizer's fuse_pad_into_pool make it the MaxPool's pads without a floor, so that
 * ZeroPad2d before MaxPool (BiT's stem) gave other numbers; timm's NASNet and PNASNet pad by minus
 * infinity. It does not fire where a window could lie on the frame alone, nor on crops and other
 * modes.
 */
final class FusePadIntoMaxPool implements NodePass {

  /** An image's axis, what is padded around it by the Pad and the MaxPool, and the window. */
  private record Axis(
      long image,
      long frameBefore,
      long frameAfter,
      long ownBefore,
      long ownAfter,
      long kernel,
      long stride,
      long dilation) {

    long before() {
      return frameBefore + ownBefore;
    }

    long after() {
      return frameAfter + ownAfter;
    }

    int outputs() {
      long span = dilation * (kernel - 1) + 1;
      return Math.toIntExact((before() + image + after() - span) / stride + 1);
    }

    /** Pads as runtimes take them, and each window sees the image. */
    boolean isFusible() {
      return frameBefore >= 0
          && frameAfter >= 0
          && before() < kernel
          && after() < kernel
          && IntStream.range(0, outputs()).allMatch(i -> reaches(i, 0, image));
    }

    /** Whether a tap of a window lies in a range of pixels; the image begins at 0. */
    private boolean reaches(int window, long from, long to) {
      long start = window * stride - before();
      long tap = Math.max(0, -Math.floorDiv(start - from, dilation));
      return tap < kernel && start + tap * dilation < to;
    }

    float[] floor(float value) {
      float[] floor = new float[outputs()];
      for (int i = 0; i < floor.length; i++) {
        boolean onFrame = reaches(i, -frameBefore, 0) || reaches(i, image, image + frameAfter);
        floor[i] = onFrame ? value : Float.NEGATIVE_INFINITY;
      }
      return floor;
    }
  }

  @Override
  public boolean changes(OnnxGraph graph, OnnxNode node) {
    Optional<OnnxNode> pad = graph.producer(node.input(0), "Pad");
    return node.is("MaxPool") && pad.isPresent() && fuse(graph, pad.get(), node);
  }

  private static boolean fuse(OnnxGraph graph, OnnxNode pad, OnnxNode pool) {
    Optional<Float> value = value(graph, pad);
    List<Axis> axes = axes(graph, pad, pool);
    if (value.isEmpty() || axes.isEmpty() || !axes.stream().allMatch(Axis::isFusible)) {
      return false;
    }
    LongStream pads =
        LongStream.concat(
            axes.stream().mapToLong(Axis::before), axes.stream().mapToLong(Axis::after));
    OnnxNode bare =
        pool.withInput(0, pad.input(0)).withAttribute("pads", Attribute.of(pads.toArray()));
    List<String> floors = floors(graph, axes, value.get(), pool.name());
    if (floors.isEmpty()) {
      graph.replace(pool, bare);
    } else {
      String pooled = graph.fresh(pool.name() + ".pooled");
      graph.info(pool.output()).ifPresent(info -> graph.describe(info.named(pooled)));
      floors.add(0, pooled);
      graph.replace(
          pool,
          bare.withOutputs(List.of(pooled)),
          new OnnxNode(
              graph.fresh(pool.name() + ".floored"), "Max", floors, pool.outputs(), Map.of()));
    }
    if (!graph.isUsed(pad.output())) {
      graph.remove(pad);
    }
    return true;
  }

  /** What is padded, if it is a number. */
  private static Optional<Float> value(OnnxGraph graph, OnnxNode pad) {
    if (pad.hasInput(3) || !pad.textOr("mode", "constant").equals("constant")) {
      return Optional.empty();
    }
    return (pad.hasInput(2)
            ? graph.initializer(pad.input(2))
            : Optional.of(Tensor.of(new float[1])))
        .filter(v -> v.dtype() == DType.FLOAT32 && v.numel() == 1)
        .map(v -> v.toFloats()[0])
        .filter(v -> !v.isNaN());
  }

  /** The spatial axes; none if a size is not known or the two nodes are of another form. */
  private static List<Axis> axes(OnnxGraph graph, OnnxNode pad, OnnxNode pool) {
    Optional<long[]> frame = graph.initializer(pad.input(1)).map(Tensor::toLongs);
    Optional<ValueInfo> image = graph.info(pad.input(0)).filter(i -> i.dtype() == DType.FLOAT32);
    if (frame.isEmpty() || image.isEmpty() || !isPlain(pool)) {
      return List.of();
    }
    int rank = image.get().rank();
    int spatial = rank - 2;
    long[] kernel = pool.intsOr("kernel_shape");
    long[] ones = LongStream.generate(() -> 1).limit(Math.max(0, spatial)).toArray();
    long[] strides = pool.intsOr("strides", ones);
    long[] dilations = pool.intsOr("dilations", ones);
    long[] own = pool.intsOr("pads", new long[2 * ones.length]);
    List<Axis> axes = new ArrayList<>();
    for (int d = 0; d < rank; d++) {
      long before = frame.get()[d];
      long after = frame.get()[rank + d];
      ValueInfo.Axis size = image.get().shape().get(d);
      int s = d - 2;
      if (s < 0 ? before != 0 || after != 0 : size.isSymbolic()) {
        return List.of();
      }
      if (s >= 0) {
        axes.add(
            new Axis(
                size.size(),
                before,
                after,
                own[s],
                own[spatial + s],
                kernel[s],
                strides[s],
                dilations[s]));
      }
    }
    return axes;
  }

  private static boolean isPlain(OnnxNode pool) {
    return pool.outputs().size() == 1
        && pool.intOr("ceil_mode", 0) == 0
        && pool.textOr("auto_pad", "NOTSET").equals("NOTSET");
  }

  /** For each axis with a frame the floors of its windows, [1,1,..,outputs,..,1]. */
  private static List<String> floors(OnnxGraph graph, List<Axis> axes, float value, String name) {
    List<String> floors = new ArrayList<>();
    for (int s = 0; s < axes.size() && value > Float.NEGATIVE_INFINITY; s++) {
      Axis axis = axes.get(s);
      if (axis.frameBefore() + axis.frameAfter() > 0) {
        long[] shape = new long[axes.size() + 2];
        Arrays.fill(shape, 1);
        shape[s + 2] = axis.outputs();
        floors.add(graph.addInitializer(name + ".floor", Tensor.of(axis.floor(value), shape)));
      }
    }
    return floors;
  }
}
