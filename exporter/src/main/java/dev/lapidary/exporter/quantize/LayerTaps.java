package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;

/**
 * What a layer's weights multiply: each of its outputs is a sum over {@code taps} values of its
 * input, the same for all outputs of a group.
 *
 * <pre>{@code
 * Conv         taps = channels of the group * kernel height * kernel width, in the weight's order
 * Gemm, MatMul taps = features, one group
 * }</pre>
 *
 * @param outputs of all groups together
 * @param high the windows from top to bottom
 * @param wide those from left to right
 */
record LayerTaps(OnnxNode node, int groups, int taps, int outputs, Side high, Side wide) {
  /** Kernels of one channel need fewer samples of them to tell how they vary. */
  private static final int FEW_TAPS = 32;

  private static final int FEW_SAMPLES = 12;
  private static final int SAMPLES = 32;

  /** Multiples of it spread evenly over [0, 1) whatever their number. */
  private static final double GOLDEN = 0.618033988749895;

  /** A convolution's window along one side. */
  record Side(int kernel, int stride, int before, int after, int dilation) {
    static Side of(OnnxNode node, int side) {
      return new Side(
          at(node, "kernel_shape", side, 1),
          at(node, "strides", side, 1),
          at(node, "pads", side, 0),
          at(node, "pads", side + 2, 0),
          at(node, "dilations", side, 1));
    }

    private static int at(OnnxNode node, String attribute, int index, int otherwise) {
      long[] values = node.intsOr(attribute);
      return index < values.length ? (int) values[index] : otherwise;
    }

    /** How many windows a side of that length has. */
    int extent(int length) {
      return (length + before + after - (kernel - 1) * dilation - 1) / stride + 1;
    }

    /** Where a window begins. */
    int begin(int index) {
      return index * stride - before;
    }
  }

  /** Of a Conv, Gemm or MatMul with a constant weight. */
  static LayerTaps of(OnnxGraph graph, OnnxNode node) {
    Tensor weight = graph.initializer(node.input(1)).orElseThrow();
    int axis = InsertQdq.channelAxis(node);
    int outputs = (int) weight.size(axis);
    int taps = outputs == 0 ? 0 : (int) (weight.numel() / outputs);
    int groups = node.is("Conv") ? (int) node.intOr("group", 1) : 1;
    return new LayerTaps(node, groups, taps, outputs, Side.of(node, 0), Side.of(node, 1));
  }

  /** Where in the weight's values a tap of an output lies. */
  int index(int output, int tap) {
    return InsertQdq.channelAxis(node) == 0 ? output * taps + tap : tap * outputs + output;
  }

  private int positions(long[] shape) {
    if (!node.is("Conv")) {
      int rows = 1;
      for (int d = 0; d < shape.length - 1; d++) {
        rows *= (int) shape[d];
      }
      return rows;
    }
    return high.extent((int) shape[2]) * wide.extent((int) shape[3]);
  }

  /**
   * Some of the sums of one image, spread evenly over its positions, as the values that they are
   * made of: row-major [samples, groups, taps]; empty if the input has another form.
   *
   * @param image its number: others begin elsewhere
   */
  float[] samples(float[] input, long[] shape, int image) {
    if (!isKnown(shape)) {
      return new float[0];
    }
    int positions = positions(shape);
    int some = Math.min(taps <= FEW_TAPS ? FEW_SAMPLES : SAMPLES, positions);
    double begin = image * GOLDEN % 1;
    float[] samples = new float[some * groups * taps];
    for (int i = 0; i < some; i++) {
      int position = (int) ((i + begin) * positions / some);
      read(input, shape, position, samples, i * groups * taps);
    }
    return samples;
  }

  private void read(float[] input, long[] shape, int position, float[] into, int at) {
    if (!node.is("Conv")) {
      System.arraycopy(input, position * taps, into, at, taps);
      return;
    }
    int height = (int) shape[2];
    int width = (int) shape[3];
    int top = high.begin(position / wide.extent(width));
    int left = wide.begin(position % wide.extent(width));
    int to = at;
    for (int channel = 0; channel < shape[1]; channel++) {
      for (int i = 0; i < high.kernel(); i++) {
        int y = top + i * high.dilation();
        for (int j = 0; j < wide.kernel(); j++) {
          int x = left + j * wide.dilation();
          boolean inside = y >= 0 && y < height && x >= 0 && x < width;
          into[to++] = inside ? input[(channel * height + y) * width + x] : 0;
        }
      }
    }
  }

  private boolean isKnown(long[] shape) {
    return node.is("Conv")
        ? shape.length == 4
            && node.textOr("auto_pad", "NOTSET").equals("NOTSET")
            && node.attribute("kernel_shape").isPresent()
        : shape.length >= 2 && shape[shape.length - 1] == taps;
  }
}
