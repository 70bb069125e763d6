package dev.lapidary.exporter.testing;

import static dev.lapidary.exporter.testing.PackedLayers.bias;
import static dev.lapidary.exporter.testing.PackedLayers.convolution;
import static dev.lapidary.exporter.testing.PackedLayers.linear;
import static dev.lapidary.exporter.testing.PackedLayers.weight;
import static dev.lapidary.exporter.testing.PackedLayers.weightByOutput;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A small classifier as {@code torch.ao.quantization} leaves one: 3x16x16 to 5 classes. */
public final class QuantizedNetwork {
  private QuantizedNetwork() {}

  public static Path write(Path folder) throws IOException {
    return Archives.holding(
        folder,
        """
          q = torch.quantize_per_tensor(x, 0.0157, 64, 13)
          y = ops.quantized.conv2d_relu(q, self.stem, 0.031, 0)
          y = torch.max_pool2d(y, [2, 2], [2, 2], [0, 0], [1, 1], False)
          z = ops.quantized.conv2d(y, self.block, 0.11, 70)
          y = ops.quantized.add_relu(z, y, 0.09, 0)
          y = torch.adaptive_avg_pool2d(y, [1, 1])
          y = torch.flatten(y, 1)
          y = ops.quantized.linear(y, self.fc, 0.05, 61)
          return torch.dequantize(y)
        """,
        Map.of(
            "stem",
            convolution(
                weightByOutput("stem", 0.004, 6, 3, 3, 3), bias("b6", 6), 2, 2, 1, 1, 1, 1, 1),
            "block",
            convolution(weight("block", 0.012, 0, 6, 6, 3, 3), bias("c6", 6), 1, 1, 1, 1, 1, 1, 1),
            "fc",
            linear(weightByOutput("fc", 0.009, 5, 6), bias("b5", 5))),
        "");
  }
}
