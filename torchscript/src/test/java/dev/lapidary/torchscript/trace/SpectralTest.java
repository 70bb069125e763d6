package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Transforms, and the complex numbers that they give: x is [N, 3, 4, 4]. */
class SpectralTest {

  @Test
  void aPartThatNobodyReadsIsNotComputed() {
    assertThat(Scripts.forward("return torch.real(torch.fft_fft(x))").operators())
        .containsExactly("matmul");
    assertThat(Scripts.forward("return torch.imag(torch.fft_rfft2(x))").operators())
        .containsExactly("matmul", "matmul", "matmul", "matmul", "add");
  }

  @Test
  void aComplexTensorHasTheShapeOfItsParts() {
    Scripts script =
        Scripts.forward(
            """
            c = torch.fft_rfft2(x, [8, 6])
            if torch.is_complex(c):
              y = torch.abs(c)
            else:
              y = x
            return torch.view(y, [torch.size(c, 0), torch.dim(c), -1])""");
    assertThat(Scripts.shape(script.trace())).isEqualTo("[N, 4, 24]");
  }

  /** Two to the power of 60 items, were each looked at. */
  @Test
  void nestedListsAreNotSearched() {
    String body = "a = [x]\n" + "a = [a, a]\n".repeat(60) + "return torch.relu(a)";
    assertThatThrownBy(() -> Scripts.forward(body).trace())
        .isInstanceOf(Failure.class)
        .hasMessageContaining("no supported overload of aten::relu takes (List[List[");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.fft_fft(x)                            | forward returns complex Tensor[N, 3, 4, 4]",
        "torch.relu(torch.fft_fft(x))                | aten::relu of complex numbers",
        "torch.stack([torch.fft_fft(x)], 1)          | aten::stack of complex numbers",
        "torch.fft_rfft(torch.fft_fft(x))            | aten::fft_rfft of complex numbers",
        "torch.imag(x)                               | aten::imag of real numbers",
        "torch.add(torch.fft_fft(x), x)              | aten::add of real and complex numbers",
        "torch.add(x, torch.fft_fft(x))              | aten::add of real",
        "torch.div(x, torch.fft_fft(x))              | aten::div by complex numbers",
        "torch.mul_(torch.fft_fft(x), 2)             | aten::mul_ needs a tensor to change",
        "torch.view_as_complex(x)                    | FLOAT32[N, 3, 4, 4]; pairs of FLOAT32 are expected",
        "torch.abs(torch.complex(x, torch.mean(x, [1]))) | parts of shapes [N, 3, 4, 4] and [N, 4, 4]",
        "torch.abs(torch.fft_fft(x, None, 0))        | N must not depend on the batch size",
        "torch.abs(torch.fft_fftn(x))                | N must not depend on the batch size",
        "torch.abs(torch.fft_fft(x, 0))              | of 0 numbers along dimension 3",
        "torch.abs(torch.fft_fft2(x, None, [3, -1])) | of 4 numbers along dimension 3",
        "torch.abs(torch.fft_fft2(x, [4, 4], [3]))   | along 1 dimensions with 2 lengths",
        "torch.abs(torch.fft_fft(x, None, -1, \"sum\")) | with the norm sum",
        "torch.abs(torch.fft_fft(x, 1000000000))     | more than",
        "torch.fft_irfft(x, 4000000000000000000)     | overflow",
      })
  void whatCannotBeIsRefused(String expression, String message) {
    assertThatThrownBy(() -> Scripts.forward("return " + expression).trace())
        .isInstanceOf(Failure.class)
        .hasMessageContaining(message);
  }
}
