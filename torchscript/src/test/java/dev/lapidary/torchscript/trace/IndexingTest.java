package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Indices that name a place for each element: x is [N, 3, 4, 4]. */
class IndexingTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]])) | 1, 1, 4, 3",
        "torch.gather(torch.tensor([[1, 2], [3, 4]]), 0, torch.tensor([[1, 0]]))         | 3, 2",
        "torch.take_along_dim(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1]]), 1)    | 2, 4",
        "torch.scatter(torch.zeros([2, 3]), 1, torch.tensor([[2], [0]]), 7)              | 0, 0, 7, 7, 0, 0",
        "torch.scatter(torch.zeros([3]), -1, torch.tensor([2, 0]), torch.tensor([5., 6., 8.])) | 6, 0, 5",
        "torch.one_hot(torch.tensor([2, 0]), 3)                                          | 0, 0, 1, 1, 0, 0",
        "torch.cumprod(torch.tensor([[1, 2, 3], [4, 5, 6]]), 1)                          | 1, 2, 6, 4, 20, 120",
        "torch.prod(torch.tensor([[1, 2, 3], [4, 5, 6]]), 0)                             | 4, 10, 18",
        "torch.prod(torch.tensor([1.5, 2.]))                                             | 3",
      })
  void areComputedOfConstants(String expression, String values) {
    double[] found =
        Scripts.forward(
                "y = torch.unsqueeze(torch.mean(x, [1, 2, 3]), 1)\nreturn torch.add(y, torch.reshape("
                    + expression
                    + ", [-1]))")
            .constantOfLast()
            .toDoubles();
    assertThat(java.util.Arrays.stream(found).mapToObj(v -> "" + (long) v).toList())
        .containsExactly(values.split(", "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.gather(x, 0, torch.argmax(x, 1, True)) | along dimension 0 of [N, 3, 4, 4]: it takes from other",
        "torch.gather(x, 1, x) | aten::gather of a tensor of shape [N, 3, 4, 4] by FLOAT32",
        "torch.gather(x, 1, torch.argmax(x, 1)) | by INT64 of shape [N, 4, 4]",
        "torch.gather(torch.tensor([1, 2]), 0, torch.tensor([2])) | index 2 of a dimension of size 2",
        "torch.gather(x, 1, torch.tensor([[[[0]]], [[[1]]]])) | by an index of shape [2, 1, 1, 1]",
        "torch.gather(torch.zeros([3]), 0, torch.expand(torch.tensor([0]), [999999999])) | more than",
        "torch.gather(torch.zeros([1]), 0, torch.tensor([-1])) | index -1 of a dimension of size 1",
        "torch.scatter(x, 1, torch.argmax(x, 1, True), torch.argmax(x, 1, True)) | aten::scatter of INT64 into FLOAT32",
        "torch.scatter(x, 1, torch.argmax(x, 1, True), torch.mean(x, [3], True)) | of shape [N, 1, 4, 1] by an index of shape [N, 1, 4, 4]",
        "torch.one_hot(torch.argmax(x, 1)) | of -1 classes: their number would depend on the data",
        "torch.one_hot(torch.argmax(x, 1), 1000000000) | more than",
        "torch.prod(x) | over all dimensions, and so over the batch",
        "torch.cumprod(x, 0) | along dimension 0",
        "(torch.kthvalue(x, 5, 1))[0] | topk of 5 of a dimension of size 3",
        "(torch.kthvalue(x, 0, 1))[0] | aten::kthvalue of the 0-th value",
      })
  void whatCannotBeIsRefused(String expression, String message) {
    assertThatThrownBy(() -> Scripts.forward("return " + expression).trace())
        .isInstanceOf(Failure.class)
        .hasMessageContaining("code/__torch__.py:")
        .hasMessageContaining(message);
  }
}
