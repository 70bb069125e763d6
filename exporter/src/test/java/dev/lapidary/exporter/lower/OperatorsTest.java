package dev.lapidary.exporter.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each operator as a line of TorchScript: what libtorch computes, ONNX Runtime must compute from
 * the lowered graph, at the lowest and the default opset. x: [2,3,h,w] of uniform numbers; {@code
 * self.NAME} are the weights of {@link OperatorContract}.
 */
class OperatorsTest {
  @TempDir static Path folder;

  static Stream<String> onEightByEight() {
    return Stream.of(
        // convolutions
        "torch.conv2d(x, self.w, self.b4, [1, 1], [1, 1], [1, 1], 1)",
        "torch.conv2d(x, self.w, None, [2, 1], [0, 1], [1, 2], 1)",
        "torch.conv2d(x, self.w1, None, [1, 1], [1, 1], [1, 1], 3)",
        "torch.conv2d(x, self.w, self.b4, [1, 1], \"same\", [2, 2], 1)",
        "torch.conv2d(x, self.w, self.b4, [1, 1], \"valid\", [1, 1], 1)",
        "torch._convolution(x, self.w, self.b4, [2, 2], [1, 1], [1, 1], False, [0, 0], 1, False,"
            + " False, True, True)",
        "torch._convolution(x, self.wt, self.b4, [2, 2], [0, 0], [1, 1], True, [1, 0], 1, False,"
            + " False, True, True)",
        "torch.conv_transpose2d(x, self.wt, None, [2, 2], [1, 1], [0, 0], 1, [1, 1])",
        "torch.conv1d(torch.flatten(x, 2), self.c1, self.b4, [2], [1], [1], 1)",
        "torch.conv1d(torch.flatten(x, 2), self.c1, None, [1], \"same\", [2], 1)",
        "torch.conv1d(torch.unsqueeze(torch.mean(x, [2, 3]), 1), self.eca, None, [1], [1], [1], 1)",
        "torch._convolution(torch.flatten(x, 2), self.c1, self.b4, [1], [1], [1], False, [0], 1,"
            + " False, False, True, True)",
        "torch.conv3d(torch.unsqueeze(x, 1), self.c3, self.b4, [1, 2, 1], [0, 1, 1], [1, 1, 2], 1)",
        "torch.conv3d(torch.unsqueeze(x, 1), self.c3, None, [1], \"same\", [1], 1)",
        "torch._convolution(torch.unsqueeze(x, 1), self.c3, self.b4, [1, 1, 1], [0, 1, 1], [1, 1,"
            + " 1], False, [0, 0, 0], 1, False, False, True, True)",
        "torch._convolution_mode(x, self.w, self.b4, [1, 1], \"same\", [1, 1], 1)",
        "torch.convolution(x, self.w, self.b4, [1, 1], [1, 1], [1, 1], False, [0, 0], 1)",
        // a weight for each image, as CondConv2d has
        "torch.view(torch.conv2d(torch.reshape(x, [1, torch.mul(torch.size(x, 0), 3), 8, 8]),"
            + " torch.view(torch.matmul(torch.mean(x, [2, 3]), self.experts),"
            + " [torch.mul(torch.size(x, 0), 4), 3, 3, 3]), torch.view(torch.matmul(torch.mean(x,"
            + " [2, 3]), self.biases), [torch.mul(torch.size(x, 0), 4)]), [1, 2], [1, 0], [2, 1],"
            + " torch.size(x, 0)), [torch.size(x, 0), 4, 6, 3])",
        "torch.view(torch._convolution(torch.reshape(x, [1, torch.mul(torch.size(x, 0), 3), 8, 8]),"
            + " torch.view(torch.matmul(torch.mean(x, [2, 3]), self.depthwise),"
            + " [torch.mul(torch.size(x, 0), 3), 1, 3, 3]), None, [2, 2], [1, 1], [1, 1], False,"
            + " [0, 0], torch.mul(torch.size(x, 0), 3), False, False, True, True),"
            + " [torch.size(x, 0), 3, 4, 4])",
        // normalizations
        "torch.batch_norm(x, self.v3, self.m3, self.m3, torch.add(self.v3, 2), False, 0.1,"
            + " 1.0000000000000001e-05, True)",
        "torch.batch_norm(x, None, None, self.m3, torch.add(self.v3, 2), False, 0.1, 0.001, True)",
        "torch.layer_norm(x, [8], self.s8, self.n8, 1.0000000000000001e-05, True)",
        "torch.layer_norm(x, [8, 8], None, None, 9.9999999999999995e-07, True)",
        "torch.group_norm(x, 3, self.v3, self.m3, 1.0000000000000001e-05, True)",
        "torch.group_norm(x, 1, None, None, 1.0000000000000001e-05, True)",
        "torch.conv2d(x, torch.view(torch.batch_norm(torch.view(self.w, [1, 4, 27]), self.b4, None,"
            + " None, None, True, 0., 0.001, False), [4, 3, 3, 3]), None, [1, 1], [1, 1], [1, 1],"
            + " 1)",
        "torch.instance_norm(x, self.v3, self.m3, None, None, True, 0.10000000000000001,"
            + " 1.0000000000000001e-05, True)",
        "torch.instance_norm(x, None, None, self.m3, torch.add(self.v3, 2), False,"
            + " 0.10000000000000001, 1.0000000000000001e-05, True)",
        "torch.rms_norm(x, [8], self.s8, 9.9999999999999995e-07)",
        "torch.rms_norm(x, [8, 8], None, None)",
        // activations
        "torch.relu(x)",
        "torch.relu_(torch.add(x, 0.10000000000000001))",
        "torch.hardtanh(x, -0.5, 0.25)",
        "torch.relu6(torch.mul(x, 9))",
        "torch.clamp(x, -0.25, 0.5)",
        "torch.clamp(x, None, 0.5)",
        "torch.clamp_min(x, 0.10000000000000001)",
        "torch.clamp_max(x, 0.10000000000000001)",
        "torch.sigmoid(x)",
        "torch.tanh(x)",
        "torch.silu(x)",
        "torch.hardsigmoid(torch.mul(x, 5))",
        "torch.hardswish(torch.mul(x, 5))",
        "torch.gelu(x)",
        "torch.gelu(x, approximate=\"tanh\")",
        "torch.mish(x)",
        "torch.softplus(x, 1, 20)",
        "torch.softplus(x, 2, 20)",
        "torch.elu(x, 1.5)",
        "torch.elu(x, 1.5, 2., 0.5)",
        "torch.selu(x)",
        "torch.celu(x, 0.5)",
        "torch.glu(x, 2)",
        "torch.log_sigmoid(x)",
        "torch.threshold(x, 0.10000000000000001, 7.)",
        "torch.hardshrink(x, 0.25)",
        "torch.softshrink(x, 0.25)",
        "torch.rrelu(x, 0.125, 0.375, False)",
        "torch.leaky_relu(x, 0.20000000000000001)",
        "torch.prelu(x, self.v3)",
        // pooling
        "torch.max_pool2d(x, [3, 3], [2, 2], [1, 1], [1, 1], False)",
        "torch.max_pool2d(x, [3, 3], [2, 2], [0, 0], [1, 1], True)",
        "torch.max_pool2d(x, [2, 3], [3, 3], [1, 0], [1, 1], True)",
        "torch.max_pool2d(x, [2, 2], [], [0, 0], [2, 2], False)",
        "torch.avg_pool2d(x, [3, 3], [2, 2], [1, 1], False, True, None)",
        "torch.avg_pool2d(x, [3, 3], [2, 2], [1, 1], False, False, None)",
        "torch.avg_pool2d(x, [3, 3], [3, 3], [1, 1], True, True, None)",
        "torch.avg_pool2d(x, [3, 3], [3, 3], [1, 1], True, False, None)",
        "torch.avg_pool2d(x, [3, 3], [2, 2], [0, 0], True, True, None)",
        "torch.avg_pool2d(x, [2, 2], [2, 2], [0, 0], False, True, 3)",
        "torch.adaptive_avg_pool2d(x, [1, 1])",
        "torch.adaptive_avg_pool2d(x, [4, 2])",
        "torch.adaptive_avg_pool2d(x, [3, 5])",
        "torch.adaptive_avg_pool2d(x, [8, 8])",
        "torch.adaptive_avg_pool2d(x, [11, 9])",
        "(torch.adaptive_max_pool2d(x, [3, 5]))[0]",
        "(torch.adaptive_max_pool2d(x, [2, 4]))[0]",
        "torch.max_pool1d(torch.flatten(x, 2), [3], [2], [1], [1], True)",
        "torch.avg_pool1d(torch.flatten(x, 2), [3], [2], [1], True, False)",
        "torch.avg_pool1d(torch.flatten(x, 2), [4])",
        "torch.adaptive_avg_pool1d(torch.flatten(x, 2), [1])",
        "torch.adaptive_avg_pool1d(torch.flatten(x, 2), [7])",
        "torch.max_pool3d(torch.unsqueeze(x, 1), [2, 3, 3], [1, 2, 2], [1, 1, 0], [1, 1, 2], True)",
        "torch.avg_pool3d(torch.unsqueeze(x, 1), [2, 2, 3], [1, 2, 1], [1, 0, 1], False, True, None)",
        "torch.avg_pool3d(torch.unsqueeze(x, 1), [3, 1, 1])",
        // products
        "torch.linear(x, self.lin, self.b5)",
        "torch.linear(torch.select(torch.select(x, 1, 0), 1, 0), self.lin, self.b5)",
        "torch.linear(torch.select(torch.select(x, 1, 0), 1, 0), self.lin)",
        "torch.addmm(self.b5, torch.select(torch.select(x, 1, 0), 1, 0), torch.t(self.lin))",
        "torch.matmul(x, torch.transpose(x, 2, 3))",
        "torch.matmul(x, torch.t(self.lin))",
        "torch.bmm(torch.select(x, 1, 0), torch.select(x, 1, 1))",
        "torch.baddbmm(torch.select(x, 1, 2), torch.select(x, 1, 0), torch.select(x, 1, 1),"
            + " beta=0.5, alpha=2)",
        "torch.einsum(\"bchw,bcwk->bchk\", [x, x])",
        "torch.einsum(\"bchw,bdhw->bcd\", [x, x])",
        "torch.einsum(\"bchw,kw->bkch\", [x, self.lin])",
        "torch.tensordot(x, self.lin, [2], [1])",
        "torch.tensordot(self.m3, x, [0], [1])",
        "torch.mv(torch.select(torch.select(x, 1, 0), 1, 0), self.s8)",
        "torch.mul(x, torch.dot(self.s8, self.n8))",
        "torch.bilinear(x, torch.relu(x), self.bil, self.b5)",
        // lengths and distances
        "torch.frobenius_norm(x, [1], True)",
        "torch.cosine_similarity(x, self.s8, -1, 1e-08)",
        "torch.cosine_similarity(torch.unsqueeze(torch.mean(x, [3]), 1), torch.unsqueeze(self.lin,"
            + " 1), -1, 1e-08)",
        "torch.cdist(torch.flatten(x, 2), torch.flatten(torch.relu(x), 2), 2., None)",
        "torch.conv2d(x, torch._weight_norm(self.w, torch.view(self.b4, [4, 1, 1, 1]), 0), None,"
            + " [1, 1], [1, 1], [1, 1], 1)",
        "torch.mul(x, torch._weight_norm(self.s8, torch.tensor([2.]), -1))",
        // recurrences: one layer; two of them in both directions, lengths first
        "(torch.lstm(torch.flatten(x, 1, 2), [torch.new_zeros(x, [1, torch.size(x, 0), 5],"
            + " dtype=None, layout=None, device=None, pin_memory=None), torch.new_ones(x, [1,"
            + " torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None)],"
            + " [self.ih, self.hh], False, 1, 0., False, False, True))[0]",
        "torch.transpose((torch.lstm(torch.transpose(torch.flatten(x, 1, 2), 0, 1),"
            + " [torch.new_zeros(x, [4, torch.size(x, 0), 5], dtype=None, layout=None, device=None,"
            + " pin_memory=None), torch.new_ones(x, [4, torch.size(x, 0), 5], dtype=None,"
            + " layout=None, device=None, pin_memory=None)], [self.ih, self.hh, self.b20, self.b20,"
            + " self.ih, self.hh, self.b20, self.b20, self.ih1, self.hh, self.b20, self.b20,"
            + " self.ih1, self.hh, self.b20, self.b20], True, 2, 0., False, True, False))[0], 0,"
            + " 1)",
        "torch.transpose((torch.lstm(torch.flatten(x, 1, 2), [torch.new_zeros(x, [1,"
            + " torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None),"
            + " torch.new_zeros(x, [1, torch.size(x, 0), 5], dtype=None, layout=None, device=None,"
            + " pin_memory=None)], [self.ih, self.hh, self.b20, self.b20], True, 1, 0., False,"
            + " False, True))[2], 0, 1)",
        "(torch.gru(torch.flatten(x, 1, 2), torch.new_ones(x, [1, torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None), [self.gru_i, self.gru_h], False, 1, 0., False, False, True))[0]",
        "torch.transpose((torch.gru(torch.transpose(torch.flatten(x, 1, 2), 0, 1), torch.new_ones(x, [4, torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None), [self.gru_i, self.gru_h, self.b15, self.b15, self.gru_i, self.gru_h, self.b15, self.b15, self.gru_o, self.gru_h, self.b15, self.b15, self.gru_o, self.gru_h, self.b15, self.b15], True, 2, 0., False, True, False))[0], 0, 1)",
        "torch.transpose((torch.gru(torch.transpose(torch.flatten(x, 1, 2), 0, 1), torch.new_ones(x, [4, torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None), [self.gru_i, self.gru_h, self.b15, self.b15, self.gru_i, self.gru_h, self.b15, self.b15, self.gru_o, self.gru_h, self.b15, self.b15, self.gru_o, self.gru_h, self.b15, self.b15], True, 2, 0., False, True, False))[1], 0, 1)",
        "(torch.rnn_tanh(torch.flatten(x, 1, 2), torch.new_ones(x, [1, torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None), [self.rnn_i, self.rnn_h], False, 1, 0., False, False, True))[0]",
        "torch.transpose((torch.rnn_tanh(torch.transpose(torch.flatten(x, 1, 2), 0, 1), torch.new_ones(x, [4, torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None), [self.rnn_i, self.rnn_h, self.b5, self.b5, self.rnn_i, self.rnn_h, self.b5, self.b5, self.rnn_o, self.rnn_h, self.b5, self.b5, self.rnn_o, self.rnn_h, self.b5, self.b5], True, 2, 0., False, True, False))[0], 0, 1)",
        "torch.transpose((torch.rnn_tanh(torch.transpose(torch.flatten(x, 1, 2), 0, 1), torch.new_ones(x, [4, torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None), [self.rnn_i, self.rnn_h, self.b5, self.b5, self.rnn_i, self.rnn_h, self.b5, self.b5, self.rnn_o, self.rnn_h, self.b5, self.b5, self.rnn_o, self.rnn_h, self.b5, self.b5], True, 2, 0., False, True, False))[1], 0, 1)",
        "(torch.rnn_relu(torch.flatten(x, 1, 2), torch.new_ones(x, [1, torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None), [self.rnn_i, self.rnn_h], False, 1, 0., False, False, True))[0]",
        "torch.transpose((torch.rnn_relu(torch.transpose(torch.flatten(x, 1, 2), 0, 1), torch.new_ones(x, [4, torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None), [self.rnn_i, self.rnn_h, self.b5, self.b5, self.rnn_i, self.rnn_h, self.b5, self.b5, self.rnn_o, self.rnn_h, self.b5, self.b5, self.rnn_o, self.rnn_h, self.b5, self.b5], True, 2, 0., False, True, False))[0], 0, 1)",
        "torch.transpose((torch.rnn_relu(torch.transpose(torch.flatten(x, 1, 2), 0, 1), torch.new_ones(x, [4, torch.size(x, 0), 5], dtype=None, layout=None, device=None, pin_memory=None), [self.rnn_i, self.rnn_h, self.b5, self.b5, self.rnn_i, self.rnn_h, self.b5, self.b5, self.rnn_o, self.rnn_h, self.b5, self.b5, self.rnn_o, self.rnn_h, self.b5, self.b5], True, 2, 0., False, True, False))[1], 0, 1)",
        "torch.gru_cell(torch.select(torch.flatten(x, 1, 2), 1, 2), torch.slice(torch.select(torch.flatten(x, 1, 2), 1, 5), 1, 0, 5), self.gru_i, self.gru_h, self.b15, self.b15)",
        "(torch.lstm_cell(torch.select(torch.flatten(x, 1, 2), 1, 2), [torch.slice(torch.select(torch.flatten(x, 1, 2), 1, 5), 1, 0, 5), torch.slice(torch.select(torch.flatten(x, 1, 2), 1, 6), 1, 3)], self.ih, self.hh, self.b20))[0]",
        "(torch.lstm_cell(torch.select(torch.flatten(x, 1, 2), 1, 2), [torch.slice(torch.select(torch.flatten(x, 1, 2), 1, 5), 1, 0, 5), torch.slice(torch.select(torch.flatten(x, 1, 2), 1, 6), 1, 3)], self.ih, self.hh))[1]",
        "torch.rnn_tanh_cell(torch.select(torch.flatten(x, 1, 2), 1, 2), torch.slice(torch.select(torch.flatten(x, 1, 2), 1, 5), 1, 0, 5), self.rnn_i, self.rnn_h, self.b5, self.b5)",
        "torch.rnn_relu_cell(torch.select(torch.flatten(x, 1, 2), 1, 2), torch.slice(torch.select(torch.flatten(x, 1, 2), 1, 5), 1, 0, 5), self.rnn_i, self.rnn_h)",
        // Fourier transforms and complex numbers
        "torch.real(torch.fft_fft(torch.fft_fft(x, None, -1), None, -2))",
        "torch.view_as_real(torch.fft_rfft2(x))",
        "torch.view_as_real(torch.fft_fft2(x, [5, 11], [1, 3], \"ortho\"))",
        "torch.view_as_real(torch.fft_rfft(x, 7, 2, \"forward\"))",
        "torch.view_as_real(torch.fft_rfftn(x, [4, 6], None, None))",
        "torch.fft_irfft2(torch.mul(torch.fft_rfft2(x, None, [2, 3], \"ortho\"), torch.view_as_complex(self.filter)), [8, 8], [2, 3], \"ortho\")",
        "torch.fft_irfft(torch.fft_rfft(x, None, 1), 3, 1)",
        "torch.fft_irfftn(torch.complex(x, torch.neg(torch.transpose(x, 2, 3))), [7, 9], [-2, -1], \"forward\")",
        "torch.abs(torch.fft_ifft(x))",
        "torch.fft_fftshift(torch.abs(torch.fft_ifft2(torch.fft_fft2(x))), [-2, -1])",
        "torch.imag(torch.fft_ifftshift(torch.fft_fftn(torch.slice(x, 3, 0, 7), None, [2, 3]), [3]))",
        "torch.view_as_real(torch.mul(torch.view_as_complex(torch.reshape(x, [-1, 3, 8, 4, 2])), torch.view(torch.polar(torch.ones_like(self.s8), self.s8), [8, 1])))",
        "torch.real(torch.matmul(torch.fft_fft(x), torch.conj(torch.transpose(torch.fft_fft(x), 2, 3))))",
        "torch.view_as_real(torch.sub(torch.div(torch.fft_fft(x), 3), torch.mul(self.s8, torch.fft_ifft(x))))",
        // attention
        "torch.scaled_dot_product_attention(x, x, x)",
        "torch.scaled_dot_product_attention(x, torch.neg(x), x, None, 0., True)",
        "torch.scaled_dot_product_attention(x, x, x, torch.mean(x, [1], True), 0., False)",
        "torch.scaled_dot_product_attention(x, x, x, torch.gt(x, -0.5), 0., False)",
        "torch.scaled_dot_product_attention(x, x, x, torch.bitwise_not(torch.eq(torch.outer(self.s8,"
            + " self.n8), 0)), 0., False, scale=0.25)",
        // arithmetic
        "torch.add(x, x, alpha=2)",
        "torch.sub(x, 0.5)",
        "torch.sub(x, torch.relu(x), alpha=3)",
        "torch.rsub(x, 1)",
        "torch.mul(x, torch.sigmoid(x))",
        "torch.div(x, 3)",
        "torch.div(x, torch.add(torch.relu(x), 1))",
        "torch.pow(x, 2)",
        "torch.pow(torch.add(torch.relu(x), 1), 0.5)",
        "torch.pow(torch.add(torch.relu(x), 1), 1.5)",
        "torch.addcmul(x, self.s8, torch.relu(x), value=2)",
        "torch.addcmul(self.n8, self.s8, x)",
        "torch.addcdiv(x, self.s8, torch.add(torch.relu(x), 1))",
        "torch.lerp(x, torch.neg(x), 0.25)",
        "torch.lerp(x, torch.neg(x), torch.sigmoid(x))",
        "torch.neg(x)",
        "torch.sign(x)",
        "torch.log2(torch.add(torch.relu(x), 1))",
        "torch.log10(torch.add(torch.relu(x), 1))",
        "torch.abs(x)",
        "torch.sqrt(torch.relu(x))",
        "torch.rsqrt(torch.add(torch.relu(x), 1))",
        "torch.exp(x)",
        "torch.log(torch.add(torch.relu(x), 1))",
        "torch.maximum(x, torch.neg(x))",
        "torch.minimum(x, torch.neg(x))",
        "torch.floor(torch.mul(x, 5))",
        // what is a few others
        "torch.trunc(torch.mul(x, 3))",
        "torch.frac(torch.mul(x, 3))",
        "torch.fmod(x, 0.29999999999999999)",
        "torch.fmod(x, torch.add(torch.relu(x), 0.5))",
        "torch.expm1(x)",
        "torch.exp2(x)",
        "torch.tan(x)",
        "torch.sinh(x)",
        "torch.cosh(x)",
        "torch.erfc(x)",
        "torch.masked_fill(x, torch.isnan(torch.sqrt(x)), 5)",
        "torch.sgn(x)",
        "torch.logit(torch.sigmoid(x))",
        "torch.logit(x, 0.10000000000000001)",
        "torch.hypot(x, self.s8)",
        "torch.logaddexp(x, self.s8)",
        "torch.masked_fill(x, torch.logical_xor(torch.gt(x, 0), self.n8), 5)",
        "torch.masked_fill(x, torch.any(torch.gt(x, 0.90000000000000002), 3, True), 5)",
        "torch.type_as(torch.all(torch.relu(x), 2), x)",
        "torch.type_as(torch.count_nonzero(torch.relu(x), [2, 3]), x)",
        "torch.clamp(x, self.s8)",
        "torch.clamp(x, None, torch.relu(self.s8))",
        "torch.pairwise_distance(x, torch.neg(x))",
        "torch.hstack([x, torch.neg(x)])",
        "(torch.tensor_split(x, 3, 2))[1]",
        "torch.conv_transpose1d(torch.flatten(x, 2), self.ct, self.b4, [2], [1], [1], 1, [2])",
        "torch.upsample_linear1d(torch.mean(x, [2]), [13], False, None)",
        "torch.upsample_linear1d(torch.mean(x, [2]), None, False, [1.5])",
        "torch.upsample_linear1d(torch.mean(x, [2]), [13], True, None)",
        "torch.upsample_nearest1d(torch.mean(x, [2]), None, [2.])",
        "(torch.adaptive_max_pool1d(torch.flatten(x, 2), [5]))[0]",
        "torch.addmv(torch.mean(torch.select(x, 1, 0), [1, 2]), torch.select(torch.select(x, 1, 0), 1, 0), self.s8, beta=2, alpha=0.5)",
        "torch.masked_fill(x, torch.__and__(torch.gt(x, 0), torch.lt(x, 0.5)), 5)",
        "torch.masked_fill(x, torch.bitwise_or(torch.gt(x, 0.5), torch.lt(x, self.n8)), 5)",
        "torch.tril(x)",
        "torch.triu(x, -1)",
        // comparisons
        "torch.where(torch.gt(x, 0), x, torch.neg(x))",
        "torch.masked_fill(x, torch.lt(x, 0.10000000000000001), 7.)",
        "torch.masked_fill(x, torch.logical_not(torch.ge(x, 0.10000000000000001)), -1)",
        "torch.index_put(x, annotate(List[Optional[Tensor]], [torch.lt(x, 0)]),"
            + " torch.tensor(0.25))",
        // reductions
        "torch.mean(x, [2, 3])",
        "torch.mean(x, [-1, -2], True)",
        "torch.mean(x, [1])",
        "torch.sum(x, [1], True)",
        "torch.amax(x, [2, 3])",
        "torch.amin(x, [2, 3])",
        "(torch.min(x, 1))[0]",
        "torch.type_as(torch.argmin(x, 1), x)",
        "torch.norm(x, 2, [1], True)",
        "torch.linalg_vector_norm(x, 2, [-1], True)",
        "torch.var(x, [2, 3], True, True)",
        "torch.std(x, [1], False, False)",
        "torch.std(x, [1], correction=1, keepdim=True)",
        "(torch.var_mean(x, [1], False, True))[0]",
        "(torch.std_mean(x, [2, 3], True, False))[1]",
        "torch.mul(x, torch.std(self.w))",
        "torch.logsumexp(torch.mul(x, 50), [2, 3])",
        "torch.cumsum(x, 1)",
        "torch.cumsum(torch.gt(x, 0), -1, dtype=6)",
        "torch.cumprod(torch.add(x, 1.5), 2)",
        "torch.mul(x, torch.cumprod(self.s8, 0))",
        "torch.prod(torch.add(x, 1.5), 1)",
        "torch.prod(x, -1, True)",
        "torch.mul(x, torch.prod(self.v3))",
        "torch.softmax(x, 1)",
        "torch._softmax(x, 1, False)",
        "torch.log_softmax(x, -1)",
        // shapes
        "torch.flatten(x, 1)",
        "torch.flatten(x, 2, 3)",
        "torch.view(x, [-1, 192])",
        "torch.view(x, [torch.size(x, 0), 3, 64])",
        "torch.view(torch.relu(torch.reshape(x, [torch.mul(torch.size(x, 0), 3), 8, 8])), [-1, 3,"
            + " 64])",
        "torch.permute(x, [0, 2, 3, 1])",
        "torch.transpose(x, 1, -1)",
        "torch.unsqueeze(x, 1)",
        "torch.squeeze(torch.mean(x, [1], True), 1)",
        "torch.expand(torch.mean(x, [1], True), [-1, 5, -1, -1])",
        "torch.cat([torch.expand(torch.view(self.s8, [1, 1, 8]), [torch.size(x, 0), -1, -1]),"
            + " torch.select(x, 1, 0)], 1)",
        "torch.repeat(x, [1, 2, 1, 3])",
        "torch.cat([x, torch.relu(x)], 1)",
        "torch.concat([x, torch.relu(x)], 1)",
        "torch.mul(x, torch.full([torch.size(x, 0), 1, 1, 1], 0.5, dtype=6))",
        "torch.mul(x, torch.new_full(x, [torch.size(x, 0), 1, 1, 8], 0.5))",
        "torch.neg(torch.feature_dropout(torch.lift_fresh(torch.alias(x)), 0.5, False))",
        "torch._unsafe_view(x, [-1, 24, 8])",
        "torch.reshape_as(x, torch.flatten(x, 2))",
        "torch.unflatten(x, 3, [2, 4])",
        "torch.mul(x, torch.full_like(x, 0.5))",
        "torch.mul(torch.expand_as(torch.mean(x, [1], True), x), 2)",
        "torch.stack([x, torch.relu(x)], 1)",
        "torch.pixel_shuffle(torch.cat([x, x, x, x], 1), 2)",
        "torch.channel_shuffle(torch.cat([x, torch.neg(x)], 1), 2)",
        "torch.pixel_unshuffle(x, 2)",
        "torch.broadcast_to(torch.mean(x, [1], True), [-1, 5, 8, 8])",
        "torch.repeat_interleave(x, 3, 2)",
        "torch.repeat_interleave(x, ops.prim.NumToTensor(2), 1)",
        "torch.contiguous(x)",
        "torch.dropout(x, 0.5, False)",
        "torch.alpha_dropout(x, 0.5, False)",
        "torch.feature_alpha_dropout(x, 0.5, False)",
        // selections
        "torch.mul(x, torch.embedding(self.lin, torch.tensor([4, 0, 2, 1, 3, 0, 0, 1])))",
        "(torch.sort(x, 2, True))[0]",
        "(torch.sort(x, stable=True, dim=-1, descending=False))[0]",
        "(torch.aminmax(x, dim=1, keepdim=True))[0]",
        "torch.gather(x, 1, (torch.topk(x, 2, 1))[1])",
        "torch.gather(x, -1, torch.argmax(x, 3, True))",
        "torch.gather(x, 2, torch.expand(torch.tensor([[[[3, 1]]]]), [torch.size(x, 0), 2, 1, -1]))",
        "torch.mul(x, torch.gather(self.lin, 0, torch.tensor([[4, 0, 2, 1, 3, 0, 0, 1]])))",
        "torch.take_along_dim(x, torch.argsort(x, 2, True), 2)",
        "torch.take_along_dim(x, torch.tensor([[[[5, 1]]]]), -1)",
        "torch.scatter(torch.zeros_like(x), 1, torch.argmax(x, 1, True), 0.5)",
        "torch.scatter(x, 1, (torch.topk(x, 2, 1))[1], torch.neg(x))",
        "torch.scatter_(torch.neg(x), -1, torch.expand(torch.tensor([[[[0, 7, 3]]]]),"
            + " [torch.size(x, 0), 3, 8, -1]), x)",
        "torch.mul(x, torch.scatter(self.s8, 0, torch.tensor([6, 1]), self.n8))",
        "torch.mul(x, torch.type_as(torch.unsqueeze(torch.one_hot(torch.argmax(torch.mean(x, [1]),"
            + " 2), 8), 1), x))",
        "(torch.median(x, 2))[0]",
        "(torch.kthvalue(x, 2, 1, True))[0]",
        "torch.gather(x, 3, (torch.kthvalue(x, 7, -1, True))[1])",
        "torch.select(x, 1, -1)",
        "torch.slice(x, 2, 0, 9223372036854775807, 2)",
        "torch.slice(torch.slice(x, 2, 1, 9223372036854775807, 2), 3, -3, -1)",
        "(torch.chunk(x, 2, 3))[1]",
        "(torch.split(x, 3, 2))[2]",
        "(torch.split_with_sizes(x, [1, 2], 1))[1]",
        "(torch.unbind(x, 1))[2]",
        "torch.roll(x, [-3, -3], [2, 3])",
        "torch.roll(x, [1], [1])",
        "torch.narrow(x, 2, 3, 4)",
        "torch.flip(x, [2, -1])",
        "torch.index_select(x, 1, torch.tensor([2, 0]))",
        "torch.unfold(torch.unfold(x, 2, 4, 2), 3, 3, 1)",
        "torch.im2col(x, [3, 2], [2, 1], [1, 2], [2, 1])",
        "torch.im2col(x, [2, 2], [1, 1], [0, 0], [2, 2])",
        "torch.col2im(torch.im2col(x, [3, 2], [2, 1], [1, 2], [2, 3]), [8, 8], [3, 2], [2, 1], [1,"
            + " 2], [2, 3])",
        // pads
        "torch.pad(x, [1, 2, 3, 0], \"constant\", 0.5)",
        "torch.pad(x, [0, 0, 0, 0])",
        "torch.constant_pad_nd(x, [1, 2], 0)",
        "torch.pad(x, [1, 2, 3, 1], \"reflect\")",
        "torch.pad(x, [1, 2, 3, 1], \"replicate\")",
        "torch.conv2d(torch.pad(x, [0, 1, 0, 1]), self.w, None, [2, 2], [0, 0], [1, 1], 1)",
        "torch.reflection_pad2d(x, [1, 1, 1, 1])",
        "torch.replication_pad2d(x, [0, 1, 2, 1])",
        "torch.reflection_pad1d(torch.flatten(x, 2), [3, 1])",
        "torch.pad(x, [1, 2, 0, 3], \"circular\")",
        // resizes
        "torch.upsample_nearest2d(x, [16, 12], None)",
        "torch.upsample_nearest2d(x, None, [2., 3.])",
        "torch._upsample_nearest_exact2d(x, [13, 5], None)",
        "torch._upsample_nearest_exact2d(x, None, [2.5, 0.75])",
        "torch.upsample_bilinear2d(x, [13, 5], False, None)",
        "torch.upsample_bilinear2d(x, [13, 5], True, None)",
        "torch.upsample_bilinear2d(x, None, False, [2., 1.5])",
        "torch.upsample_bicubic2d(x, [13, 5], False, None)",
        "torch._upsample_bilinear2d_aa(x, [13, 3], False, None)",
        "torch._upsample_bicubic2d_aa(x, [13, 3], False, None)",
        "torch.affine_grid_generator(torch.view(torch.linear(torch.mean(x, [2, 3]), self.pose), [-1,"
            + " 2, 3]), [torch.size(x, 0), 3, 5, 6], False)",
        "torch.affine_grid_generator(torch.view(torch.linear(torch.mean(x, [2, 3]), self.pose), [-1,"
            + " 2, 3]), [torch.size(x, 0), 3, 1, 6], True)",
        // new tensors
        "torch.add(torch.new_zeros(x, [torch.size(x, 0), 1, 8, 8], dtype=None, layout=None,"
            + " device=None, pin_memory=None), x)",
        "torch.add(torch.ones_like(x), x)",
        // positions, computed while the program is traced
        "torch.mul(x, torch.linspace(-1, 2.5, 8))",
        "torch.mul(x, (torch.meshgrid([self.n8, self.s8], indexing=\"ij\"))[1])",
        "torch.mul(x, (torch.meshgrid([self.n8, self.s8], indexing=\"xy\"))[1])",
        "torch.mul(x, torch.outer(self.s8, self.n8))",
        "torch.mul(x, torch.cumsum(torch.ones([8, 8]), 0))",
        "torch.mul(x, torch.triu(torch.ones([8, 8]), 1))",
        "torch.mul(x, torch.add(torch.eye(8), torch.eye(8, 1)))",
        "torch.mul(x, torch.tril(torch.ones([8, 8]), -2))",
        "torch.mul(x, torch.sign(torch.log2(torch.abs(self.s8))))");
  }

  /** At places up to 1.3, where 1 is the border. */
  static Stream<String> atPlaces() {
    return IntStream.range(0, 18)
        .mapToObj(
            i ->
                "torch.grid_sampler(x, torch.mul(torch.stack([torch.select(x, 1, 0),"
                    + " torch.select(x, 1, 1)], -1), 1.3), %d, %d, %s)"
                        .formatted(i % 3, i / 3 % 3, i < 9 ? "False" : "True"));
  }

  @ParameterizedTest
  @MethodSource("onEightByEight")
  void onnxRuntimeComputesWhatLibtorchComputes(String expression) throws IOException {
    OperatorContract.agrees(folder, expression, 13, 17, 18);
  }

  @ParameterizedTest
  @MethodSource("atPlaces")
  void onnxRuntimeSamplesAsLibtorch(String expression) throws IOException {
    OperatorContract.agrees(folder, expression, 16, 20);
  }

  @Test
  void whatALaterOpsetBroughtIsRefused() throws IOException {
    Path archive = Archives.of(folder, atPlaces().findFirst().orElseThrow());
    Graph traced = Tracer.trace(ArchiveReader.read(archive), TraceOptions.of(3, 8, 8));
    assertThatThrownBy(() -> GraphLowering.lower(traced, 15))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessageContaining("code/__torch__.py:")
        .hasMessageContaining("aten::grid_sampler is ONNX's GridSample, which opset 16 brought")
        .hasMessageContaining("give --opset 16 or more");
  }
}
