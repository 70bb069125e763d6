package dev.lapidary.exporter.lower;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Volumes of depth 3, and where the maxima of a pool were. */
class VolumeOperatorsTest {
  @TempDir static Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.adaptive_avg_pool3d(torch.unsqueeze(x, 1), [1, 1, 1])",
        "torch.adaptive_avg_pool3d(torch.unsqueeze(x, 1), [2, 3, 5])",
        "torch.adaptive_avg_pool3d(torch.unsqueeze(x, 1), [3, 4, 8])",
        "(torch.adaptive_max_pool3d(torch.unsqueeze(x, 1), [1, 1, 1]))[0]",
        "(torch.adaptive_max_pool3d(torch.unsqueeze(x, 1), [2, 3, 5]))[0]",
        "torch.upsample_nearest3d(torch.unsqueeze(x, 1), [5, 13, 4])",
        "torch.upsample_nearest3d(torch.unsqueeze(x, 1), None, [1.7, 1.7, 0.6])",
        "torch.upsample_nearest3d(torch.unsqueeze(x, 1), [5, 13, 12], 1.7, 1.7, 1.6)",
        "torch._upsample_nearest_exact3d(torch.unsqueeze(x, 1), [5, 13, 4])",
        "torch._upsample_nearest_exact3d(torch.unsqueeze(x, 1), None, [2.5, 1.7, 0.75])",
        "torch.upsample_trilinear3d(torch.unsqueeze(x, 1), [5, 13, 4], False)",
        "torch.upsample_trilinear3d(torch.unsqueeze(x, 1), [5, 13, 4], True)",
        "torch.upsample_trilinear3d(torch.unsqueeze(x, 1), None, False, [1.7, 1.7, 0.75])",
        "torch._upsample_nearest_exact1d(torch.flatten(x, 2), [42])",
        "torch._upsample_nearest_exact1d(torch.flatten(x, 2), None, [1.7])",
        "torch.conv_transpose3d(torch.unsqueeze(x, 1), self.c3t, self.b4, [2, 1, 2], [1, 0, 1],"
            + " [1, 0, 1], 1, [1, 2, 1])",
        "torch._convolution(torch.unsqueeze(x, 2), self.c33, None, [1, 2, 2], [0, 1, 1], [1, 1, 1],"
            + " True, [0, 1, 0], 3, False, False, True, True)"
      })
  void onnxRuntimeComputesWhatLibtorchComputes(String expression) throws IOException {
    OperatorContract.agrees(folder, expression, 13, 17, 20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(torch.max_pool2d_with_indices(x, [3, 3], [2, 2], [1, 1], [1, 1], True))[OUT]",
        "(torch.max_pool2d_with_indices(x, [2, 3], [], [0, 1], [2, 1]))[OUT]",
        // equal maxima: the first one's place
        "(torch.max_pool2d_with_indices(torch.round(torch.mul(x, 2)), [3, 3], [1, 1]))[OUT]",
        "(torch.max_pool1d_with_indices(torch.flatten(x, 2), [3], [2], [1]))[OUT]",
        "(torch.adaptive_max_pool2d(x, [4, 2]))[OUT]",
        "(torch.adaptive_max_pool2d(x, [1, 1]))[OUT]",
        "(torch.adaptive_max_pool1d(torch.flatten(x, 2), [8]))[OUT]",
      })
  void placesOfMaxima(String pooled) throws IOException {
    OperatorContract.agrees(folder, pooled.replace("OUT", "0"), 13, 17, 20);
    String places = pooled.replace("OUT", "1");
    OperatorContract.agrees(folder, "torch.type_as(" + places + ", x)", 13, 17, 20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.max_unpool2d((torch.max_pool2d_with_indices(x, [2, 2]))[0],"
            + " (torch.max_pool2d_with_indices(x, [2, 2]))[1], [8, 8])",
        // windows that overlap, into a greater plane
        "torch.max_unpool2d((torch.max_pool2d_with_indices(x, [3, 3], [2, 2]))[0],"
            + " (torch.max_pool2d_with_indices(x, [3, 3], [2, 2]))[1], [9, 8])",
      })
  void backToThePlacesOfMaxima(String expression) throws IOException {
    OperatorContract.agrees(folder, expression, 13, 17, 20);
  }

  @Test
  void anOutputThatIsNotSupportedIsNamed() throws IOException {
    Path archive =
        Archives.of(folder, "torch.type_as((torch.adaptive_max_pool2d(x, [3, 5]))[1], x)");
    Graph traced = Tracer.trace(ArchiveReader.read(archive), TraceOptions.of(3, 8, 8));
    assertThatThrownBy(() -> GraphLowering.lower(traced, 17))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("code/__torch__.py:")
        .hasMessageEndingWith("aten::adaptive_max_pool2d is supported for its first output only");
  }
}
