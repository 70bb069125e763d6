package dev.lapidary.exporter.pass;

import static dev.lapidary.exporter.onnx.Attribute.of;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;
import java.util.Map;

class FusePadIntoMaxPoolTest extends PassContract {
  private static final Map<String, Attribute> THREE_BY_TWO =
      Map.of("kernel_shape", of(3, 3), "strides", of(2, 2), "pads", of(0, 0, 0, 0));

  @Override
  Pass pass() {
    return new FusePadIntoMaxPool();
  }

  /** Below zero, so that a frame of zeros shows. */
  private static GraphOf negative(long height, long width, long... pads) {
    return new GraphOf(3, height, width)
        .number("two", 2)
        .node("n", "Sub", "x", "two")
        .described("n", 2, 3, height, width)
        .longs("pads", pads);
  }

  @Override
  List<Case> fires() {
    return List.of(
        on(
            "zeros around the image",
            negative(7, 10, 0, 0, 1, 1, 0, 0, 1, 1)
                .node("p", "Pad", "n", "pads")
                .node("y", "MaxPool", THREE_BY_TWO, "p")
                .output("y", 4),
            "Sub",
            "MaxPool",
            "Max"),
        on(
            "a number at one side, beside the MaxPool's own pads",
            negative(9, 6, 0, 0, 0, 1, 0, 0, 0, 0)
                .number("v", -1.5f)
                .node("p", "Pad", "n", "pads", "v")
                .node(
                    "y",
                    "MaxPool",
                    Map.of("kernel_shape", of(3, 3), "pads", of(1, 1, 2, 0), "dilations", of(1, 2)),
                    "p")
                .output("y", 4),
            "Sub",
            "MaxPool",
            "Max"),
        on(
            "minus infinity, which needs no floor",
            negative(5, 5, 0, 0, 0, 0, 0, 0, 1, 1)
                .number("v", Float.NEGATIVE_INFINITY)
                .node("p", "Pad", "n", "pads", "v")
                .node("y", "MaxPool", Map.of("kernel_shape", of(2, 2), "strides", of(2, 2)), "p")
                .output("y", 4),
            "Sub",
            "MaxPool"),
        on(
            "the frame has another reader",
            negative(5, 5, 0, 0, 1, 1, 0, 0, 1, 1)
                .node("p", "Pad", "n", "pads")
                .node("a", "MaxPool", Map.of("kernel_shape", of(2, 2)), "p")
                .node("b", "AveragePool", Map.of("kernel_shape", of(2, 2)), "p")
                .node("y", "Add", "a", "b")
                .output("y", 4),
            "Sub",
            "Pad",
            "MaxPool",
            "Max",
            "AveragePool",
            "Add"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on(
            "mirrored edges",
            negative(6, 6, 0, 0, 1, 1, 0, 0, 1, 1)
                .node("p", "Pad", Map.of("mode", of("reflect")), "n", "pads")
                .node("y", "MaxPool", THREE_BY_TWO, "p")
                .output("y", 4)),
        on(
            "channels are padded",
            negative(6, 6, 0, 1, 1, 1, 0, 0, 1, 1)
                .node("p", "Pad", "n", "pads")
                .node("y", "MaxPool", THREE_BY_TWO, "p")
                .output("y", 4)),
        on(
            "a crop",
            negative(6, 6, 0, 0, 1, 1, 0, 0, -1, 1)
                .node("p", "Pad", "n", "pads")
                .node("y", "MaxPool", THREE_BY_TWO, "p")
                .output("y", 4)),
        on(
            "windows on the frame alone",
            negative(6, 6, 0, 0, 2, 2, 0, 0, 2, 2)
                .node("p", "Pad", "n", "pads")
                .node("y", "MaxPool", Map.of("kernel_shape", of(2, 2)), "p")
                .output("y", 4)),
        on(
            "a window whose taps miss the image",
            negative(1, 1, 0, 0, 1, 1, 0, 0, 1, 1)
                .node("p", "Pad", "n", "pads")
                .node("y", "MaxPool", Map.of("kernel_shape", of(2, 2), "dilations", of(2, 2)), "p")
                .output("y", 4)),
        on(
            "an image of a size that is not known",
            new GraphOf(3, 6, 6)
                .longs("pads", 0, 0, 1, 1, 0, 0, 1, 1)
                .node("n", "Neg", "x")
                .node("p", "Pad", "n", "pads")
                .node("y", "MaxPool", THREE_BY_TWO, "p")
                .output("y", 4)),
        on(
            "an average",
            negative(6, 6, 0, 0, 1, 1, 0, 0, 1, 1)
                .node("p", "Pad", "n", "pads")
                .node("y", "AveragePool", Map.of("kernel_shape", of(3, 3)), "p")
                .output("y", 4)));
  }
}
