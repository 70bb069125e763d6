package dev.lapidary.exporter.pass;

import static dev.lapidary.exporter.onnx.Attribute.of;

import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;
import java.util.Map;

class FusePadIntoConvTest extends PassContract {

  @Override
  Pass pass() {
    return new FusePadIntoConv();
  }

  private static GraphOf graph(long... pads) {
    return new GraphOf(3, 6, 6).constant("w", 4, 3, 3, 3).longs("pads", pads);
  }

  @Override
  List<Case> fires() {
    return List.of(
        on(
            "more at the end",
            graph(0, 0, 0, 1, 0, 0, 2, 3)
                .node("p", "Pad", "x", "pads")
                .node("y", "Conv", Map.of("strides", of(2, 2)), "p", "w")
                .output("y", 4),
            "Conv"),
        on(
            "added to the Conv's own",
            graph(0, 0, 1, 1, 0, 0, 1, 1)
                .number("zero", 0)
                .node("p", "Pad", "x", "pads", "zero")
                .node("y", "Conv", Map.of("pads", of(1, 0, 0, 1)), "p", "w")
                .output("y", 4),
            "Conv"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on(
            "another value than zero",
            graph(0, 0, 1, 1, 0, 0, 1, 1)
                .number("one", 1)
                .node("p", "Pad", "x", "pads", "one")
                .node("y", "Conv", "p", "w")
                .output("y", 4)),
        on(
            "mirrored edges",
            graph(0, 0, 1, 1, 0, 0, 1, 1)
                .node("p", "Pad", Map.of("mode", of("reflect")), "x", "pads")
                .node("y", "Conv", "p", "w")
                .output("y", 4)),
        on(
            "channels are padded",
            new GraphOf(2, 6, 6)
                .constant("w", 4, 3, 3, 3)
                .longs("pads", 0, 1, 0, 0, 0, 0, 0, 0)
                .node("p", "Pad", "x", "pads")
                .node("y", "Conv", "p", "w")
                .output("y", 4)),
        on(
            "a crop",
            graph(0, 0, -1, 0, 0, 0, 0, 0)
                .node("p", "Pad", "x", "pads")
                .node("y", "Conv", "p", "w")
                .output("y", 4)),
        on(
            "a pooling follows",
            graph(0, 0, 1, 1, 0, 0, 1, 1)
                .node("p", "Pad", "x", "pads")
                .node("y", "MaxPool", Map.of("kernel_shape", of(2, 2)), "p")
                .output("y", 4)));
  }
}
