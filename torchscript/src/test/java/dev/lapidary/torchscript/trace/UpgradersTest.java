package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An operator means what it meant when the archive was written. */
class UpgradersTest {
  private static final String HALVES = "return torch.add(x, torch.div(self.k, 2))";
  private static final String QUOTIENTS = "return torch.add(x, torch.div_(self.k, self.k2))";

  @ParameterizedTest
  @CsvSource({"1, 3, -3", "3, 3, -3", "4, 3.5, -3.5", "10, 3.5, -3.5"})
  void integersWereDividedTowardZeroBeforeVersionFour(int version, double first, double second) {
    Tensor found = addend(version, HALVES);
    assertThat(found.toDoubles()).containsExactly(first, second, 0, 1);
    assertThat(found.dtype()).isEqualTo(version < 4 ? DType.INT64 : DType.FLOAT32);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void soInPlaceAndByATensor(int version) {
    assertThat(addend(version, QUOTIENTS).toDoubles()).containsExactly(2, -2, 0, 0);
  }

  @ParameterizedTest
  @CsvSource({"4, FLOAT32", "5, INT64"})
  void fullGaveFloatsBeforeVersionFive(int version, DType dtype) {
    assertThat(addend(version, "return torch.add(x, torch.full([4], 3))").dtype()).isEqualTo(dtype);
  }

  @ParameterizedTest
  @CsvSource({"3, 0", "4, 0.5"})
  void truthValuesWereDividedAsIntegers(int version, double quotient) {
    Tensor found = addend(version, "return torch.add(x, torch.div(torch.ones([4], dtype=11), 2))");
    assertThat(found.toDoubles()).containsOnly(quotient);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0, 99", "0, 99, None", "0, 99, steps=None", "0, 99, 100"})
  void linspaceGaveAHundredStepsBeforeVersionEight(String arguments) {
    String body =
        "return torch.add(x, torch.mul(torch.ones([4]), torch.select(torch.linspace(%s), 0, 98)))"
            .formatted(arguments);
    assertThat(addend(7, body).toDoubles()).containsOnly(98);
  }

  @Test
  void linspaceIsToldItsStepsSinceVersionEight() {
    assertThatThrownBy(() -> addend(8, "return torch.add(x, torch.mean(torch.linspace(0, 99)))"))
        .hasMessageContaining("no supported overload of aten::linspace");
  }

  private static Tensor addend(int version, String body) {
    TorchScriptArchive newest =
        Scripts.forward(body)
            .tensor("k", Tensor.of(new long[] {7, -7, 0, 2}, 4))
            .tensor("k2", Tensor.of(new long[] {3, 3, 3, 3}, 4))
            .archive();
    TorchScriptArchive archive =
        new TorchScriptArchive(
            newest.name(),
            version,
            newest.code(),
            newest.root(),
            newest.constants(),
            newest.extra());
    Graph graph = Tracer.trace(archive, TraceOptions.of(3, 4, 4));
    List<Node> nodes = graph.nodes();
    return ((Argument.Constant) nodes.get(nodes.size() - 1).argument("other")).tensor();
  }
}
