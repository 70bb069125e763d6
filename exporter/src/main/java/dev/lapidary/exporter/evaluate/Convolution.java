package dev.lapidary.exporter.evaluate;

import java.util.Arrays;

/** Conv and ConvTranspose over any number of spatial axes. x: [N,C,...]. */
final class Convolution {
  private Convolution() {}

  static void addTo(Evaluator e) {
    e.single("Conv", Convolution::conv);
    e.single("ConvTranspose", Convolution::transposed);
  }

  /** w: [M,C/group,...]. */
  private static Grid conv(Kernel.Call call) {
    Grid x = call.in(0);
    Grid w = call.in(1);
    Window window = Window.of(call, Arrays.copyOfRange(w.shape(), 2, w.rank()));
    int inPerGroup = w.shape()[1];
    call.hold(window.places(), window.taps());
    call.hold(x.shape()[0], w.shape()[0], window.places());
    call.spend(x.shape()[0], w.shape()[0], window.places(), inPerGroup, window.taps());
    int[][] positions = window.positions();
    int groups = (int) call.node().intOr("group", 1);
    int outPerGroup = w.shape()[0] / groups;
    Grid y = Grid.zeros(x.dtype(), shape(x.shape()[0], w.shape()[0], window.out()));
    int at = 0;
    for (int n = 0; n < x.shape()[0]; n++) {
      for (int m = 0; m < w.shape()[0]; m++) {
        double bias = call.has(2) ? call.in(2).values()[m] : 0;
        int first = n * x.shape()[1] + m / outPerGroup * inPerGroup;
        for (int[] taps : positions) {
          double sum = bias;
          for (int c = 0; c < inPerGroup; c++) {
            int image = (first + c) * window.pixels();
            int weights = (m * inPerGroup + c) * taps.length;
            for (int k = 0; k < taps.length; k++) {
              sum += taps[k] < 0 ? 0 : x.values()[image + taps[k]] * w.values()[weights + k];
            }
          }
          y.values()[at++] = sum;
        }
      }
    }
    return y;
  }

  /** The window slides over the output, a place for each pixel of x. w: [C,M/group,...]. */
  private static Grid transposed(Kernel.Call call) {
    Grid x = call.in(0);
    Grid w = call.in(1);
    int[] kernel = Arrays.copyOfRange(w.shape(), 2, w.rank());
    Window window = overOutput(call, kernel);
    call.hold(window.places(), window.taps());
    call.spend(x.shape()[0], x.shape()[1], w.shape()[1], window.places(), window.taps());
    int[][] positions = window.positions();
    int groups = (int) call.node().intOr("group", 1);
    int inPerGroup = w.shape()[0] / groups;
    int outPerGroup = w.shape()[1];
    int channels = outPerGroup * groups;
    call.hold(x.shape()[0], channels, window.pixels());
    Grid y = Grid.zeros(x.dtype(), shape(x.shape()[0], channels, window.in()));
    for (int i = 0; call.has(2) && i < y.values().length; i++) {
      y.values()[i] = call.in(2).values()[i / window.pixels() % channels];
    }
    for (int image = 0; image < x.shape()[0] * x.shape()[1]; image++) {
      int c = image % x.shape()[1];
      for (int m = 0; m < outPerGroup; m++) {
        int to = image / x.shape()[1] * channels + c / inPerGroup * outPerGroup + m;
        for (int place = 0; place < positions.length; place++) {
          double value = x.values()[image * positions.length + place];
          for (int k = 0; k < positions[place].length; k++) {
            int tap = positions[place][k];
            if (tap >= 0) {
              y.values()[to * window.pixels() + tap] +=
                  value * w.values()[(c * outPerGroup + m) * positions[place].length + k];
            }
          }
        }
      }
    }
    return y;
  }

  private static Window overOutput(Kernel.Call call, int[] kernel) {
    call.require("auto_pad", "NOTSET");
    if (call.node().attribute("output_shape").isPresent()) {
      throw call.declined("output_shape is not computed here");
    }
    int axes = kernel.length;
    int[] places = Arrays.copyOfRange(call.in(0).shape(), 2, 2 + axes);
    int[] strides = Window.ints(call.node(), "strides", axes, 1);
    int[] dilations = Window.ints(call.node(), "dilations", axes, 1);
    int[] pads = Window.ints(call.node(), "pads", 2 * axes, 0);
    int[] more = Window.ints(call.node(), "output_padding", axes, 0);
    int[] sizes = new int[axes];
    for (int d = 0; d < axes; d++) {
      int span = dilations[d] * (kernel[d] - 1) + 1;
      sizes[d] = strides[d] * (places[d] - 1) + span + more[d] - pads[d] - pads[axes + d];
    }
    return new Window(sizes, places, kernel, strides, dilations, Arrays.copyOf(pads, axes));
  }

  static int[] shape(int batch, int channels, int[] spatial) {
    int[] shape = new int[2 + spatial.length];
    shape[0] = batch;
    shape[1] = channels;
    System.arraycopy(spatial, 0, shape, 2, spatial.length);
    return shape;
  }
}
