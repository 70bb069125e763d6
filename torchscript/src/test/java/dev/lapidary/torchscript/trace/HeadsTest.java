package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Graph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What classifiers end with beside their logits. */
class HeadsTest {
  private static final String LOGITS = "y = torch.mean(x, [2, 3])\n";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return torch.argmax(y, 1)                       | INT64[N]",
        "return torch.argmax(y, -1, True)                | INT64[N, 1]",
        "return torch.argmin(y, 1)                       | INT64[N]",
        "v, i = torch.topk(y, 2); return v               | FLOAT32[N, 2]",
        "v, i = torch.topk(y, 2, 1, False); return i     | INT64[N, 2]",
        "v, i = torch.max(y, 1); return i                | INT64[N]",
        "v, i = torch.min(y, 1, True); return v          | FLOAT32[N, 1]",
        "return torch.max(torch.softmax(y, 1), y)        | FLOAT32[N, 3]",
      })
  void areTraced(String body, String output) {
    Graph graph = Scripts.forward(LOGITS + body.replace("; ", "\n")).trace();
    DType dtype = graph.outputs().get(0).dtype();
    assertThat(dtype + Scripts.shape(graph)).isEqualTo(output);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return torch.argmax(y)    | aten::argmax over all dimensions, and so over the batch",
        "return torch.argmax(y, 0) | aten::argmax along dimension 0 of [N, 3]: it compares the samples",
        "v, i = torch.topk(y, 2, 0); return v | aten::topk along dimension 0",
      })
  void thatMixSamplesAreRefused(String body, String message) {
    assertThatThrownBy(() -> Scripts.forward(LOGITS + body.replace("; ", "\n")).trace())
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessageContaining("code/__torch__.py:")
        .hasMessageContaining(message);
  }

  @Test
  void thatAskForMoreClassesThanThereAre() {
    assertThatThrownBy(() -> Scripts.forward(LOGITS + "v, i = torch.topk(y, 5)\nreturn v").trace())
        .hasMessageContaining("topk of 5 of a dimension of size 3");
  }
}
