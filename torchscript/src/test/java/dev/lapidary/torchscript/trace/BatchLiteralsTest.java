package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.torchscript.graph.Graph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Traces that hold the batch size they were recorded with as numbers. */
class BatchLiteralsTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 5})
  void aViewWithAnOpenSize(long batch) {
    Graph graph =
        Scripts.forward(
                """
                y = torch.view(x, [%d, -1])
                return torch.linear(y, self.weight)\
                """
                    .formatted(batch))
            .parameter("weight", 10, 48)
            .trace();
    assertThat(Scripts.shape(graph)).isEqualTo("[N, 10]");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void aClassTokenExpandedToTheBatch(long batch) {
    Graph graph =
        Scripts.forward(
                """
                y = torch.permute(torch.reshape(x, [%d, 3, 16]), [0, 2, 1])
                token = torch.expand(self.token, [%d, -1, -1])
                z = torch.cat([token, y], 1)
                return torch.linear(torch.select(z, 1, 0), self.weight)\
                """
                    .formatted(batch, batch))
            .parameter("token", 1, 1, 3)
            .parameter("weight", 10, 3)
            .trace();
    assertThat(Scripts.shape(graph)).isEqualTo("[N, 10]");
    assertThat(graph.nodes()).anyMatch(n -> n.operator().equals("aten::expand"));
  }

  @Test
  void windowsOfABatchOfTwo() {
    Graph graph =
        Scripts.forward(
                """
                a = torch.view(x, [2, 3, 2, 2, 2, 2])
                b = torch.permute(a, [0, 2, 4, 3, 5, 1])
                c = torch.reshape(b, [8, 4, 3])
                d = torch.view(c, [2, 2, 2, 2, 2, 3])
                return torch.linear(torch.reshape(d, [2, 48]), self.weight)\
                """)
            .parameter("weight", 10, 48)
            .trace();
    assertThat(Scripts.shape(graph)).isEqualTo("[N, 10]");
  }

  @Test
  void zerosOfTheBatch() {
    Graph graph =
        Scripts.forward(
                """
                y = torch.zeros([2, 3, 4, 4], dtype=6, layout=0, device=torch.device("cpu"))
                return torch.flatten(torch.cat([x, y], 1), 1)\
                """)
            .trace();
    assertThat(Scripts.shape(graph)).isEqualTo("[N, 96]");
  }

  @Test
  void refusesAConstantThatDiffersBetweenSamples() {
    assertThatThrownBy(
            () ->
                Scripts.forward("return torch.cat([x, self.y], 1)")
                    .parameter("y", 2, 3, 4, 4)
                    .trace())
        .hasMessageContaining("code/__torch__.py:7:")
        .hasMessageContaining("cat along 1 of shapes [N, 3, 4, 4], [2, 3, 4, 4]");
  }

  @Test
  void refusesWhereTheLiteralIsAmbiguous() {
    assertThatThrownBy(
            () ->
                Scripts.forward(
                        """
                        y = torch.permute(x, [1, 0, 2, 3])
                        z = torch.view(y, [3, 1, 1, 16])
                        return torch.linear(torch.view(z, [1, 48]), self.weight)\
                        """)
                    .parameter("weight", 10, 48)
                    .trace())
        .hasMessageContaining("code/__torch__.py:9:")
        .hasMessageContaining("which number of [1, 48] is the recorded batch of 1 is ambiguous")
        .hasMessageContaining("trace the network with a batch that is no other size of it");
  }

  /** A number of another place than a constant's: the tensor itself has N there. */
  @Test
  void anExpandedTensorKeepsItsBatch() {
    Graph graph =
        Scripts.forward(
                """
                y = torch.view(torch.mean(x, [2, 3]), [2, 3, 1])
                return torch.select(torch.expand(y, [2, 3, 2]), 2, 0)\
                """)
            .trace();
    assertThat(Scripts.shape(graph)).isEqualTo("[N, 3]");
  }

  @Test
  void leavesASymbolicBatchAlone() {
    Graph graph =
        Scripts.forward(
                """
                n = torch.size(x, 0)
                y = torch.view(x, [n, -1])
                return torch.add(y, self.row)\
                """)
            .parameter("row", 1, 48)
            .trace();
    assertThat(Scripts.shape(graph)).isEqualTo("[N, 48]");
  }
}
