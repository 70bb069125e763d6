package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Spatial transformers: x is [N, 3, 4, 4]. */
class VisionGridSampleTest {
  private static final String THETA =
      "t = torch.view(torch.linear(torch.mean(x, [2, 3]), self.pose), [-1, 2, 3])\n";

  @Test
  void theAffineGridIsAProductWithConstantPlaces() {
    Scripts script =
        Scripts.forward(
                THETA
                    + """
            grid = torch.affine_grid_generator(t, torch.size(x), False)
            return torch.grid_sampler_2d(x, grid, 0, 0, False)""")
            .parameter("pose", 6, 3);
    assertThat(script.operators())
        .containsExactly(
            "mean", "linear", "reshape", "permute", "matmul", "reshape", "grid_sampler");
    assertThat(Scripts.shape(script.trace())).isEqualTo("[N, 3, 4, 4]");
  }

  /** What {@code torch.nn.functional.affine_grid} asks of the size of a batch. */
  @ParameterizedTest
  @ValueSource(strings = {"torch.le(least, 0)", "torch.lt(least, 1)", "torch.le(least, -1)"})
  void theLeastOfSizesMayBeComparedWhereTheBatchDoesNotDecide(String condition) {
    Scripts script = least(condition);
    assertThat(Scripts.shape(script.trace())).isEqualTo("[N, 3, 4, 4]");
    assertThat(script.operators()).containsExactly("relu");
  }

  @ParameterizedTest
  @ValueSource(strings = {"torch.gt(least, 0)", "torch.ge(least, 1)"})
  void alsoTheOtherWayRound(String condition) {
    assertThat(least(condition).operators()).containsExactly("neg");
  }

  private static Scripts least(String condition) {
    return Scripts.forward(
        """
        least = ops.prim.min(torch.size(x))
        if %s:
          y = torch.neg(x)
        else:
          y = torch.relu(x)
        return y"""
            .formatted(condition));
  }

  @Test
  void whereTheBatchDecidesItIsRefused() {
    assertThatThrownBy(() -> least("torch.lt(least, 3)").trace())
        .isInstanceOf(Failure.class)
        .hasMessageContaining("a branch on the batch size: N against 3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.affine_grid_generator(x, [torch.size(x, 0), 3, 9, 9], False) | [N, 2, 3] for",
        "torch.affine_grid_generator(t, [torch.size(x, 0), 3, 2, 9, 9], False) | [N, 2, 3] for",
        "torch.affine_grid_generator(self.poses, [5, 3, 9, 9], False) | of 2 matrices for 5 images",
        "torch.affine_grid_generator(t, [torch.size(x, 0), 3, 0, 9], True) | a side of 0 pixels",
        "torch.affine_grid_generator(t, [torch.size(x, 0), 3, 9, 1000000000], True) | more than",
        "torch.affine_grid_generator(t, [torch.size(x, 0), 3, 90000, 90000], True) | more than",
        "torch.grid_sampler(x, x, 0, 0, False) | places [N, 3, 4, 4]; expected [N, H, W, 2]",
        "torch.grid_sampler(x, self.two, 0, 0, False) | places [2, 4, 4, 2]; expected",
        "torch.grid_sampler(x, torch.slice(x, 3, 0, 2), 3, 0, False) | interpolation_mode 3",
        "torch.grid_sampler(x, torch.slice(x, 3, 0, 2), 0, -1, False) | padding_mode -1",
      })
  void whatCannotBeIsRefused(String expression, String message) {
    Scripts script =
        Scripts.forward(THETA + "return " + expression)
            .parameter("pose", 6, 3)
            .parameter("poses", 2, 2, 3)
            .parameter("two", 2, 4, 4, 2);
    assertThatThrownBy(script::trace)
        .isInstanceOf(Failure.class)
        .hasMessageContaining("code/__torch__.py:")
        .hasMessageContaining(message);
  }
}
