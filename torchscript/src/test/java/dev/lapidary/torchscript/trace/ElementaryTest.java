package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Node;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions of known numbers against mpmath 1.3 at 60 digits, rounded to double. */
class ElementaryTest {
  /** Units in the last place: libm's own functions are within one, and these add two roundings. */
  private static final int ULPS = 3;

  /** What the tracer adds to the image's mean. */
  private static double[] computed(String expression) {
    String mean = "y = torch.unsqueeze(torch.mean(x, [1, 2, 3]), 1)\n";
    Node sum =
        Scripts.forward(mean + "return torch.add(y, " + expression + ")").trace().nodes().stream()
            .filter(node -> node.operator().equals("aten::add"))
            .findFirst()
            .orElseThrow();
    return ((Argument.Constant) sum.argument("other")).tensor().toDoubles();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.asinh(torch.tensor([1e-17], dtype=7))  | 1e-17",
        "torch.asinh(torch.tensor([-1e-17], dtype=7))  | -1e-17",
        "torch.asinh(torch.tensor([1e-08], dtype=7))  | 1e-08",
        "torch.asinh(torch.tensor([-1e-05], dtype=7))  | -9.999999999833334e-06",
        "torch.asinh(torch.tensor([0.5], dtype=7))  | 0.48121182505960347",
        "torch.asinh(torch.tensor([-3.25], dtype=7))  | -1.894672135423041",
        "torch.asinh(torch.tensor([20.0], dtype=7))  | 3.6895038689889055",
        "torch.asinh(torch.tensor([1e154], dtype=7))  | 355.291251501643",
        "torch.asinh(torch.tensor([1e300], dtype=7))  | 691.4686750787737",
        "torch.asinh(torch.tensor([-1e300], dtype=7))  | -691.4686750787737",
        "torch.asinh(torch.tensor([268435456.5], dtype=7))  | 20.10126823810106",
        "torch.acosh(torch.tensor([1.0], dtype=7))  | 0.0",
        "torch.acosh(torch.tensor([1.0000000000000002], dtype=7))  | 2.1073424255447014e-08",
        "torch.acosh(torch.tensor([1.5], dtype=7))  | 0.9624236501192069",
        "torch.acosh(torch.tensor([20.0], dtype=7))  | 3.6882538673612966",
        "torch.acosh(torch.tensor([268435456.5], dtype=7))  | 20.10126823810106",
        "torch.acosh(torch.tensor([1e154], dtype=7))  | 355.291251501643",
        "torch.acosh(torch.tensor([1e300], dtype=7))  | 691.4686750787737",
        "torch.atanh(torch.tensor([1e-17], dtype=7))  | 1e-17",
        "torch.atanh(torch.tensor([-1e-17], dtype=7))  | -1e-17",
        "torch.atanh(torch.tensor([1e-08], dtype=7))  | 1e-08",
        "torch.atanh(torch.tensor([0.5], dtype=7))  | 0.5493061443340549",
        "torch.atanh(torch.tensor([-0.75], dtype=7))  | -0.9729550745276566",
        "torch.atanh(torch.tensor([0.9999999999999999], dtype=7))  | 18.714973875118524",
        "torch.atanh(torch.tensor([-0.9999999999999999], dtype=7))  | -18.714973875118524",
        "torch.log2(torch.tensor([8.0], dtype=7))  | 3.0",
        "torch.log2(torch.tensor([536870912.0], dtype=7))  | 29.0",
        "torch.log2(torch.tensor([2147483648.0], dtype=7))  | 31.0",
        "torch.log2(torch.tensor([5e-324], dtype=7))  | -1074.0",
        "torch.log2(torch.tensor([8.98846567431158e307], dtype=7))  | 1023.0",
        "torch.log2(torch.tensor([3.0], dtype=7))  | 1.584962500721156",
        "torch.log2(torch.tensor([1e-310], dtype=7))  | -1029.7977094150824",
        "torch.log2(torch.tensor([0.7], dtype=7))  | -0.5145731728297583",
        "torch.log2(torch.tensor([1.0000000000000002], dtype=7))  | 3.203426503814917e-16",
        "torch.log1p(torch.tensor([1e-17], dtype=7))  | 1e-17",
        "torch.log1p(torch.tensor([-1e-10], dtype=7))  | -1.00000000005e-10",
        "torch.log1p(torch.tensor([1e-05], dtype=7))  | 9.999950000333332e-06",
        "torch.log1p(torch.tensor([0.5], dtype=7))  | 0.4054651081081644",
        "torch.expm1(torch.tensor([1e-17], dtype=7))  | 1e-17",
        "torch.expm1(torch.tensor([-1e-10], dtype=7))  | -9.999999999500001e-11",
        "torch.expm1(torch.tensor([1e-05], dtype=7))  | 1.0000050000166668e-05",
        "torch.expm1(torch.tensor([0.5], dtype=7))  | 0.6487212707001282",
        "torch.sinh(torch.tensor([1e-17], dtype=7))  | 1e-17",
        "torch.sinh(torch.tensor([-1e-10], dtype=7))  | -1e-10",
        "torch.sinh(torch.tensor([1e-05], dtype=7))  | 1.0000000000166668e-05",
        "torch.sinh(torch.tensor([0.5], dtype=7))  | 0.5210953054937474",
        "torch.tan(torch.tensor([1e-17], dtype=7))  | 1e-17",
        "torch.tan(torch.tensor([-1e-10], dtype=7))  | -1e-10",
        "torch.tan(torch.tensor([1e-05], dtype=7))  | 1.0000000000333334e-05",
        "torch.tan(torch.tensor([0.5], dtype=7))  | 0.5463024898437905",
        "torch.tanh(torch.tensor([1e-17], dtype=7))  | 1e-17",
        "torch.tanh(torch.tensor([-1e-10], dtype=7))  | -1e-10",
        "torch.tanh(torch.tensor([1e-05], dtype=7))  | 9.999999999666668e-06",
        "torch.tanh(torch.tensor([0.5], dtype=7))  | 0.46211715726000974",
        "torch.cosh(torch.tensor([1e-05], dtype=7))  | 1.00000000005",
        "torch.cosh(torch.tensor([0.5], dtype=7))  | 1.1276259652063807",
        "torch.cosh(torch.tensor([20.0], dtype=7))  | 242582597.70489514",
        "torch.log10(torch.tensor([1000.0], dtype=7))  | 3.0",
        "torch.log10(torch.tensor([1000000000000000.0], dtype=7))  | 15.0",
        "torch.log10(torch.tensor([1e-300], dtype=7))  | -300.0",
      })
  void ofTensors(String expression, double expected) {
    double[] found = computed(expression);
    assertThat(found).hasSize(1);
    assertThat(found[0]).isCloseTo(expected, within(ULPS * Math.ulp(expected)));
  }

  /** Python's {@code math}, by the same functions. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.asinh(1e-17)  | 1e-17",
        "torch.asinh(-1e300)  | -691.4686750787737",
        "torch.acosh(1e300)  | 691.4686750787737",
        "torch.acosh(1.0000000000000002)  | 2.1073424255447014e-08",
        "torch.atanh(-0.9999999999999999)  | -18.714973875118524",
        "torch.atanh(1e-17)  | 1e-17",
        "torch.log2(536870912.)  | 29",
        "torch.log2(3.)  | 1.584962500721156",
      })
  void ofNumbers(String expression, double expected) {
    List<Node> nodes =
        Scripts.forward("return torch.mul(x, %s)".formatted(expression)).trace().nodes();
    Argument factor = nodes.get(nodes.size() - 1).argument("other");
    assertThat(((Argument.Real) factor).value())
        .isCloseTo(expected, within(ULPS * Math.ulp(expected)));
  }

  /** What has no number, and what overflows in between where the result does not. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.acosh(torch.tensor([0.5, 1.]))  | NaN 0.0",
        "torch.atanh(torch.tensor([1., -1., 2.]))  | Infinity -Infinity NaN",
        "torch.log2(torch.tensor([0., -1.]))  | -Infinity NaN",
        "torch.asinh(torch.div(torch.tensor([-1., 0.]), 0.))  | -Infinity NaN",
        "torch.hypot(torch.tensor([3e30]), torch.tensor([4e30]))  | 5.0E30",
        "torch.logaddexp(torch.tensor([-1000.]), torch.tensor([-1000.]))  | -999.3068237304688",
        "torch.logaddexp2(torch.tensor([3., 8.]), torch.tensor([3., -inf]))  | 4.0 8.0",
        "torch.elu(torch.tensor([-1e-10]), 1., 1., 2.)  | -2.0E-10",
      })
  void atTheEdges(String expression, String expected) {
    double[] found = computed(expression.replace("-inf", "-float(\"inf\")"));
    String[] numbers = expected.split(" ");
    assertThat(found).hasSize(numbers.length);
    for (int i = 0; i < found.length; i++) {
      assertThat((float) found[i]).isEqualTo(Float.valueOf(numbers[i]));
    }
  }
}
