package dev.lapidary.exporter.lower;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions of numbers; x is between -1 and 1, and so are the weights. */
class MathOperatorsTest {
  @TempDir static Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.asin(x)",
        "torch.acos(x)",
        "torch.atan(torch.mul(x, 9))",
        "torch.asinh(torch.mul(x, 9))",
        "torch.acosh(torch.add(torch.abs(x), 1.5))",
        "torch.atanh(torch.mul(x, 0.90000000000000002))",
        // on both axes and where they meet, with zeros of both signs
        "torch.atan2(x, torch.transpose(x, 2, 3))",
        "torch.atan2(torch.relu(x), torch.add(torch.relu(torch.neg(torch.transpose(x, 2, 3))), 0.))",
        "torch.atan2(torch.neg(torch.relu(x)), self.s8)",
        "torch.atan2(torch.add(x, 2), torch.neg(torch.relu(torch.transpose(x, 2, 3))))",
        "torch.angle(x)",
        "torch.angle(torch.view_as_complex(torch.view(x, [-1, 3, 8, 4, 2])))",
        "torch.mul(x, torch.add(torch.atan(self.s8), torch.asinh(self.n8)))",
        // of constants at once, of the image by others put together
        "torch.mul(torch.sinh(x), torch.sinh(self.s8))",
        "torch.mul(torch.cosh(x), torch.cosh(self.s8))",
        "torch.mul(torch.tan(x), torch.tan(self.s8))",
        "torch.mul(torch.expm1(x), torch.expm1(torch.mul(self.s8, 1.0000000000000001e-05)))",
        "torch.mul(torch.hypot(x, self.s8), torch.hypot(self.s8, self.n8))",
        "torch.add(torch.logaddexp(x, self.s8), torch.logaddexp(self.s8, self.n8))",
        "torch.add(torch.logaddexp2(x, self.s8), torch.logaddexp2(self.s8, self.n8))",
        "torch.add(torch.log2(torch.abs(x)), torch.log2(torch.abs(self.s8)))",
        "torch.mul(x, torch.atanh(torch.mul(self.s8, 0.90000000000000002)))",
        "torch.mul(x, torch.acosh(torch.add(torch.abs(self.s8), 1.)))",
        "torch.deg2rad(torch.rad2deg(x))",
        "torch.positive(x)",
        "torch.sinc(torch.mul(x, 3))",
        "torch.sinc(torch.relu(x))",
        // rests by either sign, and quotients that are nearly whole
        "torch.remainder(torch.mul(x, 9), 0.29999999999999999)",
        "torch.remainder(torch.mul(x, 9), -0.69999999999999996)",
        "torch.remainder(x, torch.mul(self.s8, 0.5))",
        "torch.fmod(torch.mul(torch.round(torch.mul(x, 50)), 0.10000000000000001),"
            + " 0.10000000000000001)",
        "torch.floor_divide(torch.mul(torch.round(torch.mul(x, 50)), 0.10000000000000001),"
            + " 0.10000000000000001)",
        "torch.floor_divide(x, torch.mul(self.s8, 0.10000000000000001))",
        "torch.clamp(torch.floor_divide(x, torch.relu(self.s8)), -1000, 1000)",
        "torch.div(torch.mul(x, 9), -0.40000000000000002, rounding_mode=\"floor\")",
        "torch.div(torch.mul(x, 9), 0.40000000000000002, rounding_mode=\"trunc\")",
        "torch.type_as(torch.floor_divide(torch.to(torch.mul(x, 50), 4), 7), x)",
        "torch.type_as(torch.floor_divide(torch.to(torch.mul(x, 50), 4), -7), x)",
        "torch.type_as(torch.remainder(torch.to(torch.mul(x, 50), 4), -7), x)",
        "torch.type_as(torch.fmod(torch.to(torch.mul(x, 50), 4), 7), x)",
        "torch.type_as(torch.div(torch.to(torch.mul(x, 50), 4), 7, rounding_mode=\"trunc\"), x)",
        "torch.type_as(torch.div(torch.to(torch.mul(x, 50), 3), -7, rounding_mode=\"floor\"), x)",
        // infinities and NaN
        "torch.nan_to_num(torch.mul(torch.sqrt(x), 2), 0.5)",
        "torch.nan_to_num(torch.log(torch.relu(x)), 0., 1., -7.)",
        "torch.div(torch.nan_to_num(torch.log(torch.relu(x))), 9.9999999999999998e+37)",
        "torch.nan_to_num(torch.div(x, torch.relu(x)), 3., 5., 7.)",
        "torch.type_as(torch.isfinite(torch.log(torch.relu(x))), x)",
        "torch.type_as(torch.isinf(torch.log(torch.relu(x))), x)",
        "torch.type_as(torch.isposinf(torch.neg(torch.log(torch.relu(x)))), x)",
        "torch.type_as(torch.isneginf(torch.log(torch.relu(x))), x)",
        "torch.nansum(torch.sqrt(x), [3])",
        "torch.nansum(torch.sqrt(x), [2, 3], True)",
        "torch.nanmean(torch.sqrt(torch.add(x, 0.5)), [2, 3])",
        "torch.fmax(torch.sqrt(x), torch.neg(self.s8))",
        "torch.fmin(torch.neg(self.s8), torch.sqrt(x))",
        // signs and steps
        "torch.type_as(torch.signbit(torch.neg(torch.relu(x))), x)",
        "torch.copysign(self.s8, torch.neg(torch.relu(x)))",
        "torch.copysign(x, -2)",
        "torch.heaviside(torch.relu(x), self.s8)",
        "torch.type_as(torch.isclose(torch.relu(x), torch.mul(torch.relu(x), 1.00002)), x)",
        "torch.type_as(torch.isclose(x, torch.add(x, self.s8), 0.10000000000000001, 0.5), x)",
        // powers and logarithms
        "torch.ldexp(x, self.s8)",
        "torch.logaddexp2(torch.mul(x, 9), self.s8)",
        "torch.xlogy(torch.relu(x), torch.abs(self.s8))",
        "torch.clamp(torch.xlogy(torch.relu(x), 0.), -9)",
        "torch.nan_to_num(torch.xlogy(0, torch.sqrt(x)), 3.)",
        "torch.special_xlog1py(torch.relu(x), self.s8)",
        "torch.clamp(torch.special_entr(x), -9)",
        "torch.clamp(torch.special_entr(torch.relu(x)), -9)",
        "torch.special_ndtr(torch.mul(x, 4))",
        "torch.to(torch.float_power(x, 3), 6)",
        "torch.to(torch.float_power(2, x), 6)",
        "torch.round(x, decimals=1)",
        "torch.round(torch.mul(x, 900), decimals=-2)",
        // truths
        "torch.type_as(torch.add(torch.gt(x, 0), torch.gt(x, self.s8)), x)",
        "torch.type_as(torch.mul(torch.gt(x, 0), torch.lt(x, self.s8)), x)",
        "torch.type_as(torch.maximum(torch.gt(x, 0), torch.lt(x, self.s8)), x)",
        "torch.type_as(torch.where(torch.gt(x, 0), torch.lt(x, 0.5), torch.lt(x, self.s8)), x)",
        "torch.type_as(torch.masked_fill(torch.gt(x, 0), torch.lt(x, self.s8), True), x)",
        "torch.type_as(torch.tril(torch.gt(x, 0)), x)",
        "torch.mul(x, torch.as_tensor([1., 2., 3., 4., 5., 6., 7., 8.], dtype=6))",
        "torch.mul(x, torch.mul(torch.as_tensor(self.s8), torch.as_tensor(3)))",
        // functions alone
        "torch.mul(torch.sin(torch.mul(x, 9)), torch.cos(torch.mul(x, 9)))",
        "torch.add(torch.ceil(torch.mul(x, 9)), torch.erf(x))",
        "torch.add(torch.log1p(x), torch.square(x))",
        "torch.true_divide(torch.reciprocal(torch.add(x, 2)), self.s8)",
        // comparisons
        "torch.type_as(torch.logical_and(torch.ne(torch.relu(x), 0), torch.le(x, self.s8)), x)",
        "torch.type_as(torch.logical_or(torch.le(x, 0.5), torch.ne(x, x)), x)",
        // integers as real numbers
        "torch.sigmoid(torch.to(torch.mul(x, 9), 4))",
        "torch.sqrt(torch.abs(torch.to(torch.mul(x, 9), 3)))",
        "torch.gelu(torch.to(torch.mul(x, 9), 6))",
        "torch.type_as(torch.round(torch.floor(torch.to(torch.mul(x, 9), 4))), x)",
        "torch.type_as(torch.__xor__(torch.gt(x, 0), torch.lt(x, self.s8)), x)",
        "torch.type_as(torch.count_nonzero(torch.relu(x), 2), x)",
      })
  void onnxRuntimeComputesWhatLibtorchComputes(String expression) throws IOException {
    OperatorContract.agrees(folder, expression, 13, 17, 20);
  }
}
