package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A constant's order is known while the program is traced. Expected: libtorch 1.13. */
class RankingTest {
  private static final Tensor TABLE = Tensor.of(new float[] {3, 1, 2, 1, 0, 5, Float.NaN, 5}, 2, 4);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "(torch.sort(self.t, 1))[0] | [1.0, 1.0, 2.0, 3.0, 0.0, 5.0, 5.0, NaN]",
        "(torch.sort(self.t, 1))[1] | [1.0, 3.0, 2.0, 0.0, 0.0, 1.0, 3.0, 2.0]",
        "(torch.sort(self.t, 1, True))[1] | [0.0, 2.0, 1.0, 3.0, 2.0, 1.0, 3.0, 0.0]",
        "torch.argsort(self.t, 0, True) | [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]",
        "(torch.topk(self.t, 1, 0, False))[0] | [0.0, 1.0, 2.0, 1.0]",
        "(torch.topk(torch.to(self.t, 4), 2))[0] | [3.0, 2.0, 5.0, 5.0]",
        "(torch.max(self.t, 1))[1] | [0.0, 2.0]",
        "(torch.min(torch.slice(self.t, 1, 0, 2), 0, True))[0] | [0.0, 1.0]",
        "torch.argmax(self.t, 1) | [0.0, 2.0]",
        "torch.argmin(self.t) | [4.0]",
        "torch.all(torch.lt(self.t, 9)) | [0.0]",
        "torch.any(torch.gt(self.t, 4)) | [1.0]",
      })
  void isWhatLibtorchGives(String expression, String expected) {
    Tensor found =
        Scripts.forward(
                """
                y = torch.slice(torch.flatten(x, 1), 1, 0, 1)
                return torch.add(y, torch.reshape(torch.to(%s, 6), [1, -1]))
                """
                    .formatted(expression))
            .tensor("t", TABLE)
            .constantOfLast();
    assertThat(Arrays.toString(found.toDoubles())).as(expression).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "torch.equal(self.t, torch.add(self.t, 0)) | relu",
        "torch.equal(self.t, torch.add(self.t, 1e-3)) | sigmoid",
        "torch.equal(self.t, torch.t(self.t)) | sigmoid",
        "torch.allclose(self.t, torch.add(self.t, 1e-9)) | relu",
        "torch.allclose(self.t, torch.add(self.t, 1e-3)) | sigmoid",
        "torch.allclose(self.t, torch.add(self.t, 1e-3), 0., 1e-2) | relu",
      })
  void constantsAreCompared(String condition, String taken) {
    assertThat(
            Scripts.forward(
                    "y = torch.relu(x) if %s else torch.sigmoid(x)\nreturn y".formatted(condition))
                .parameter("t", 2, 4)
                .operators())
        .containsExactly(taken);
  }
}
