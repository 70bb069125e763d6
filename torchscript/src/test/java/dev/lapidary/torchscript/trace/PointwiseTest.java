package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** x is [N, 3, 4, 4]. */
class PointwiseTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.trunc(torch.tensor([1.75, -1.75, 2.]))                       | 1.0 -1.0 2.0",
        "torch.frac(torch.tensor([1.75, -1.75, 2.]))                        | 0.75 -0.75 0.0",
        "torch.fmod(torch.tensor([5.5, -5.5]), 2)                           | 1.5 -1.5",
        "torch.exp2(torch.tensor([3., -1.]))                                | 8.0 0.5",
        "torch.hypot(torch.tensor([3., 6.]), torch.tensor([4., 8.]))        | 5.0 10.0",
        "torch.clamp(torch.tensor([1., 5.]), torch.tensor([2., 2.]), torch.tensor([9., 4.])) | 2.0"
            + " 4.0",
        "torch.any(torch.tensor([[0, 2], [0, 0]]), 1)                       | 1.0 0.0",
        "torch.all(torch.tensor([[0, 2], [1, 3]]), 1)                       | 0.0 1.0",
        "torch.logical_xor(torch.tensor([0, 2, 3]), torch.tensor([1, 1, 0])) | 1.0 0.0 1.0",
        "torch.count_nonzero(torch.tensor([[0, 2], [1, 3]]), [1])           | 1.0 2.0",
      })
  void areComputedOfConstants(String expression, String values) {
    double[] found =
        Scripts.forward(
                "y = torch.unsqueeze(torch.mean(x, [1, 2, 3]), 1)\nreturn torch.add(y, "
                    + expression
                    + ")")
            .constantOfLast()
            .toDoubles();
    StringBuilder text = new StringBuilder();
    for (double value : found) {
      text.append(text.isEmpty() ? "" : " ").append(value);
    }
    assertThat(text).hasToString(values);
  }

  /** As masks of attention are: of more than a million elements, in an archive of few weights. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.eye(1500)                           | 1500",
        "torch.tril(torch.ones([1100, 1100]))      | 605550",
        "torch.triu(torch.ones([1100, 1100]), 1)   | 604450",
        "torch.masked_fill(torch.ones([1100, 1100]), torch.eye(1100, dtype=11), 0) | 1208900",
      })
  void areComputedOfLargeConstants(String expression, double sum) {
    double[] found =
        Scripts.forward(
                "y = torch.unsqueeze(torch.mean(x, [1, 2, 3]), 1)\nreturn torch.add(y, torch.sum("
                    + expression
                    + ", [0, 1], True))")
            .constantOfLast()
            .toDoubles();
    assertThat(found).containsExactly(sum);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(torch.tensor_split(x, 0, 2))[0]          | aten::tensor_split into 0 parts",
        "(torch.tensor_split(x, 999999999, 2))[0]  | more than",
        "torch.randn_like(x)                       | aten::randn_like: its result is random",
        "torch.bernoulli(x)                        | aten::bernoulli: its result is random",
        "torch.exponential_(torch.neg(x))          | aten::exponential_: its result is random",
        "torch.matrix_exp(x)                       | aten::matrix_exp is not supported",
        "torch.matrix_power(x, -1)                 | aten::matrix_power to the power -1",
        "torch.linalg_matrix_norm(x, 2)            | takes singular values",
        "torch.tril_indices(-1, 3)                 | aten::tril_indices of -1 rows",
        "torch.pixel_shuffle(torch.mean(x, [1]), 2) | code/__torch__.py:6:12: aten::pixel_shuffle"
            + " of a tensor of shape [N, 4, 4]",
        "torch.diag(x)                             | aten::diag of a tensor of shape [N, 3, 4, 4]",
        "torch.sort(x, 0)                          | it compares the samples of a batch",
        "torch.pad(x, [1])                         | code/__torch__.py:6:12: padding [1] of a"
            + " tensor",
        "torch.reflection_pad2d(x, [1, 2, 3])      | code/__torch__.py:6:12: padding [1, 2, 3] of a"
            + " tensor",
        "torch.pad(x, [1, 1, 1], \"circular\")       | code/__torch__.py:6:12: padding [1, 1, 1] of"
            + " a tensor",
        "torch.pad(x, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], \"circular\") | padding [1, 1, 1, 1, 1, 1, 1,"
            + " 1, 1, 1] of a tensor",
        "torch.pad(x, [9, 0], \"circular\")          | circular padding of 9 and 0 of a size of 4",
        "torch.dropout(x, 0.5, True)               | aten::dropout",
        "torch.feature_alpha_dropout(x, 0.5, True) | aten::feature_alpha_dropout",
        "torch.eye(-1)                             | eye of -1 rows and -1 columns",
        "torch.scatter_reduce(x, 1, torch.zeros_like(x, dtype=4), x, \"median\") |"
            + " aten::scatter_reduce with reduce=median",
        "torch.quantile(x, 1.5, 1)                 | aten::quantile of 1.5",
        "torch.quantile(x, 0.5)                    | and so over the batch",
        "torch.diagonal(x, 0, 0, 1)                | must not depend on the batch size",
        "torch.index_copy(x, 0, torch.tensor([0]), x) | it writes to samples of the batch",
        "torch.einsum(\"ij,jk->ik\", [x, x])         | einsum ij,jk->ik of a tensor of shape",
        "torch.conv_transpose1d(x, x)              | aten::conv_transpose1d of a tensor of shape",
      })
  void whatCannotBeIsRefused(String expression, String message) {
    assertThatThrownBy(() -> Scripts.forward("return " + expression).trace())
        .isInstanceOf(Failure.class)
        .hasMessageContaining(message);
  }
}
