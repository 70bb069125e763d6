package dev.lapidary.exporter.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code x[:, i, j]}, read and written, and what is added up at places. */
class IndexOperatorsTest {
  private static final String READ = "torch.index(x, annotate(List[Optional[Tensor]], [INDICES]))";
  private static final String NUMBERS = "torch.arange(torch.size(x, 0))";
  private static final String STRONGEST = "torch.argmax(torch.mean(x, [2, 3]), 1)";

  @TempDir static Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "None, torch.tensor([2, -1])",
        "None, None, torch.tensor([7, 0, 3]), torch.tensor([1, -8, 1])",
        "None, torch.tensor([1]), torch.tensor([4, 5])",
        "None, None, torch.tensor([[3], [0]]), torch.tensor([6, -7, 1])",
        "None, None, torch.gt(self.s8, 0)",
        "None, None, torch.ge(torch.tril(torch.ones([8, 8])), 1)",
        "None, None, torch.argmax(torch.mean(x, [0, 1, 3]), 0)",
        "NUMBERS, STRONGEST",
        "NUMBERS, STRONGEST, torch.tensor([5])",
        "NUMBERS, None, torch.argmax(torch.mean(x, [1, 3]), 1)",
        "torch.unsqueeze(NUMBERS, 1), (torch.topk(torch.mean(x, [2, 3]), 2))[1]",
      })
  void reads(String indices) throws IOException {
    agrees(READ.replace("INDICES", indices));
  }

  /** The indices' dimensions come first, so that the batch must be brought back. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "None, torch.tensor([2, 0]), None, torch.tensor([4, -1])",
        "None, torch.tensor([[2], [0]]), None, torch.tensor([4, -1, 3])",
      })
  void readsWithAColonBetween(String indices) throws IOException {
    agrees("torch.movedim(" + READ.replace("INDICES", indices) + ", -2, 0)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "None, torch.tensor([2, -3]); torch.tensor(0.25); False",
        "None, None, torch.tensor([1, 4, 6]); torch.slice(x, 2, 0, 3); False",
        "None, None, torch.tensor([1, 4, 6]), torch.tensor([1, 4, -1]); self.m3; False",
        "None, torch.tensor([2, 0]), None, torch.tensor([4, -1]); self.s8; False",
        "None, None, torch.tensor([[1], [4]]), torch.tensor([1, 4, -1]); torch.tensor(2.); False",
        "None, None, torch.tensor([1, 4, 1, 1]); torch.slice(x, 2, 0, 4); True",
        "None, None, torch.tensor([1, 1, 6]), torch.tensor([2, 2, -2]); self.m3; True",
        "None, None, torch.gt(self.s8, 0); torch.tensor([0.5]); False",
        "None, None, torch.gt(x[0][0], 0.5); torch.tensor(0.5); False",
        "torch.gt(torch.select(x, 3, 0), 0.25); torch.tensor(0.5); False",
        "None, torch.ge(torch.tril(torch.ones([3, 8])), 1); self.s8; True",
      })
  void writes(String indices, String values, String accumulate) throws IOException {
    String places = indices.replace("x[0][0]", "torch.outer(self.s8, self.n8)");
    agrees(
        "torch.index_put(x, annotate(List[Optional[Tensor]], [%s]), %s, %s)"
            .formatted(places, values, accumulate));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.index_copy(x, 2, torch.tensor([5, 0, 2]), torch.slice(x, 2, 1, 4))",
        "torch.index_fill(x, -1, torch.tensor([5, 0, 2]), 0.5)",
        "torch.index_fill(x, 1, torch.tensor([2]), torch.tensor(-2.))",
        "torch.index_add(x, 2, torch.tensor([5, 0, 5, 5]), torch.slice(x, 2, 1, 5))",
        "torch.index_add(x, 1, torch.tensor([1, 1, 0]), x, alpha=-2)",
        "torch.index_add_(torch.zeros_like(x), 3, torch.tensor([0, 1, 2, 0, 1, 2, 0, 1]), x)",
        "torch.mul(x, torch.index_add(self.s8, 0, torch.tensor([1, 1, 0]), self.m3))",
        "torch.select_scatter(x, torch.select(x, 1, 0), 1, -1)",
        "torch.slice_scatter(x, torch.slice(x, 2, 0, 3), 2, 1, 6, 2)",
        "torch.slice_scatter(x, torch.slice(x, 3, 0, 2), 3, -2)",
      })
  void writesAlongADimension(String expression) throws IOException {
    agrees(expression);
  }

  /** What a constant holds decides how many values there are. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.index_select(x, 3, torch.select(torch.nonzero(torch.gt(self.s8, 0)), 1, 0))",
        "torch.mul(x, torch.sum(torch.argwhere(torch.relu(self.proj))))",
        "torch.index_select(x, 3, (torch.nonzero_numpy(torch.relu(self.proj)))[1])",
        "torch.index_select(x, 2, (torch.where(torch.gt(self.s8, 0)))[0])",
        "torch.mul(torch.unsqueeze(x, -1), torch.masked_select(self.s8, torch.gt(self.n8, 0)))",
        "torch.mul(x, torch.masked_select(self.s8, torch.tensor([True])))",
        "torch.mul(x, torch.take(self.proj, torch.tensor([9, -1, 0, 1, 2, 3, 4, 63])))",
      })
  void placesInConstants(String expression) throws IOException {
    agrees(expression);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.scatter_add(x, 1, torch.argmax(x, 1, True), torch.neg(x))",
        "torch.scatter_add(torch.zeros_like(x), 2, torch.argsort(x, 2), x)",
        "torch.scatter_add_(torch.neg(x), 1, torch.expand(torch.tensor([[[[0]], [[0]], [[2]]]]),"
            + " [torch.size(x, 0), 3, 8, 8]), x)",
        "torch.mul(x, torch.scatter_add(self.s8, 0, torch.tensor([6, 1, 6]), self.m3))",
        "torch.mul(x, torch.scatter_reduce(self.s8, 0, torch.tensor([6, 1, 6]), self.m3, \"amax\"))",
        "torch.scatter_reduce(x, 1, torch.argmax(x, 1, True), torch.neg(x), \"sum\")",
        "torch.scatter_reduce(x, 1, torch.argmax(x, 1, True), torch.neg(x), \"sum\","
            + " include_self=False)",
        "torch.scatter_reduce(x, 2, torch.expand(torch.tensor([[[[3], [0], [3], [3]]]]),"
            + " [torch.size(x, 0), 3, -1, 8]), x, \"prod\")",
        "torch.scatter_reduce(x, 2, torch.expand(torch.tensor([[[[3], [0], [3], [3]]]]),"
            + " [torch.size(x, 0), 3, -1, 8]), x, \"mean\")",
        "torch.scatter_reduce(x, 2, torch.expand(torch.tensor([[[[3], [0], [3], [3]]]]),"
            + " [torch.size(x, 0), 3, -1, 8]), x, \"mean\", include_self=False)",
        "torch.scatter(x, 1, torch.argmax(x, 1, True), torch.neg(x), reduce=\"add\")",
        "torch.scatter(x, 1, torch.argmax(x, 1, True), 3., reduce=\"multiply\")",
      })
  void addsAtPlaces(String expression) throws IOException {
    OperatorContract.agrees(folder, expression, 16, 20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.scatter_reduce(x, 2, torch.argmax(x, 2, True), torch.neg(x), \"amax\")",
        "torch.scatter_reduce(x, 1, torch.argmax(x, 1, True), torch.neg(x), \"amin\","
            + " include_self=False)",
      })
  void takesTheExtremesAtPlaces(String expression) throws IOException {
    OperatorContract.agrees(folder, expression, 18, 20);
  }

  @ParameterizedTest
  @CsvSource({"amax, 17, 18", "sum, 15, 16"})
  void whatALaterOpsetBroughtIsRefused(String reduce, int opset, int needed) throws IOException {
    Path archive =
        Archives.of(
            folder,
            "torch.scatter_reduce(x, 1, torch.argmax(x, 1, True), x, \"%s\")".formatted(reduce));
    Graph traced = Tracer.trace(ArchiveReader.read(archive), TraceOptions.of(3, 8, 8));
    assertThatThrownBy(() -> GraphLowering.lower(traced, opset))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessageContaining("code/__torch__.py:")
        .hasMessageContaining("aten::scatter_reduce is ONNX's ScatterElements with reduction=")
        .hasMessageContaining("give --opset " + needed + " or more");
  }

  private static void agrees(String expression) throws IOException {
    OperatorContract.agrees(
        folder, expression.replace("NUMBERS", NUMBERS).replace("STRONGEST", STRONGEST), 13, 17, 20);
  }
}
