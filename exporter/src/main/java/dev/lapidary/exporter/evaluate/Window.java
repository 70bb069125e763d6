package dev.lapidary.exporter.evaluate;

import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.Arrays;

/**
 * A window that slides over the spatial axes of an image of any rank.
 *
 * @param in spatial sizes of the image
 * @param out how many places the window takes along each axis
 * @param pads before the image, an axis each
 * @see <a href="https://onnx.ai/onnx/operators/onnx__AveragePool.html">ONNX, AveragePool</a>
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never shared with callers
record Window(int[] in, int[] out, int[] kernel, int[] strides, int[] dilations, int[] pads) {

  /** By the attributes that Conv and the poolings share. */
  static Window of(Kernel.Call call, int[] kernel) {
    OnnxNode node = call.node();
    int axes = kernel.length;
    int[] in = Arrays.copyOfRange(call.in(0).shape(), 2, 2 + axes);
    int[] strides = ints(node, "strides", axes, 1);
    int[] dilations = ints(node, "dilations", axes, 1);
    int[] given = ints(node, "pads", 2 * axes, 0);
    String automatic = node.textOr("auto_pad", "NOTSET");
    boolean ceil = node.intOr("ceil_mode", 0) == 1;
    int[] out = new int[axes];
    int[] before = new int[axes];
    for (int d = 0; d < axes; d++) {
      int span = dilations[d] * (kernel[d] - 1) + 1;
      int both = given[d] + given[axes + d];
      before[d] = given[d];
      if (automatic.startsWith("SAME")) {
        both = Math.max(0, ((in[d] + strides[d] - 1) / strides[d] - 1) * strides[d] + span - in[d]);
        before[d] = automatic.equals("SAME_LOWER") ? (both + 1) / 2 : both / 2;
      }
      int free = in[d] + both - span;
      out[d] = (ceil ? free + strides[d] - 1 : free) / strides[d] + 1;
    }
    return new Window(in, out, kernel, strides, dilations, before);
  }

  static int[] ints(OnnxNode node, String attribute, int count, int otherwise) {
    long[] usual = new long[count];
    Arrays.fill(usual, otherwise);
    return Arrays.stream(node.intsOr(attribute, usual)).mapToInt(i -> (int) i).toArray();
  }

  int places() {
    return Grid.count(out);
  }

  int taps() {
    return Grid.count(kernel);
  }

  int pixels() {
    return Grid.count(in);
  }

  /** For each place and each tap the pixel's flat position, or -1 where the tap is on padding. */
  int[][] positions() {
    int[][] positions = new int[places()][taps()];
    for (int place = 0; place < positions.length; place++) {
      for (int tap = 0; tap < positions[place].length; tap++) {
        positions[place][tap] = position(place, tap);
      }
    }
    return positions;
  }

  private int position(int place, int tap) {
    int position = 0;
    int size = 1;
    int restOfPlace = place;
    int restOfTap = tap;
    for (int d = in.length - 1; d >= 0; d--) {
      int at = restOfPlace % out[d] * strides[d] + restOfTap % kernel[d] * dilations[d] - pads[d];
      if (at < 0 || at >= in[d]) {
        return -1;
      }
      position += at * size;
      size *= in[d];
      restOfPlace /= out[d];
      restOfTap /= kernel[d];
    }
    return position;
  }
}
