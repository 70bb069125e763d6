package dev.lapidary.exporter.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * libtorch runs decompositions.py, and finds in each function what its own operator gives. And a
 * trace of an operator has the nodes of a trace of an archive that holds the function itself.
 */
class DecompositionsTest {
  private static final String SOURCE = "decompositions.py";
  private static final String OF_COMPLEX = "complex_";
  private static final Pattern FUNCTION = Pattern.compile("(?m)^def (\\w+)\\(");
  private static final Pattern OF_INPUT = Pattern.compile("\\b[xyt]\\b");
  private static final Map<String, Tensor> WEIGHTS =
      Map.of(
          "v3", Uniform.tensor("v3", 3),
          "v8", Uniform.tensor("v8", 8),
          "m", Uniform.tensor("m", 8, 8),
          "n", Uniform.tensor("n", 5, 8),
          "qkv", Uniform.tensor("qkv", 24, 8),
          "b", Uniform.tensor("b", 24),
          "g", Uniform.tensor("g", 32, 8),
          "c", Uniform.tensor("c", 4, 24, 3),
          "w3", Uniform.tensor("w3", 5, 8, 8));

  @TempDir Path folder;

  /**
   * Of x [2,3,8,8], y = relu(x) and t = x [2,24,8]; behind the bar what is taken of the result.
   * What follows complex_ is an operator's name.
   */
  static List<String> calls() {
    return """
        argsort(x, 3, True)
        argsort(x, stable=True, dim=2)
        argwhere(self.m)
        chunk(x, 3, 2) | [2]
        column_stack([x, y])
        column_stack([self.v8, self.v8])
        concat([x, y], 1)
        dsplit(x, 2) | [1]
        dsplit(x, indices=[2, 5]) | [2]
        dstack([x, y])
        hsplit(x, 3) | [1]
        hsplit(self.v8, 2) | [1]
        hstack([x, y])
        hstack([self.v8, self.v3])
        masked_select(self.m, torch.gt(self.v8, 0))
        narrow(x, 2, 1, 5)
        narrow_copy(x, 3, 2, 4)
        nonzero(torch.gt(self.n, 0))
        row_stack([self.v8, self.v8])
        scatter(self.m, 1, torch.tensor([[1, 2], [0, 3]]), value=2.5)
        scatter(self.m, -1, torch.tensor([[1, 2], [7, 2]]), self.n, reduce="add")
        scatter(x, 3, torch.to(torch.mul(torch.sigmoid(x), 7), 4), value=3, reduce="multiply")
        scatter_reduce(x, 3, torch.to(torch.mul(torch.sigmoid(x), 7), 4), x, "amin", include_self=False)
        scatter_reduce(x, 2, torch.to(torch.mul(torch.sigmoid(x), 7), 4), y, "mean", include_self=False)
        scatter_reduce(x, 2, torch.to(torch.mul(torch.sigmoid(x), 7), 4), y, "sum", include_self=False)
        scatter_reduce(x, 2, torch.to(torch.mul(torch.sigmoid(x), 7), 4), y, "prod", include_self=False)
        scatter_reduce(x, 2, torch.to(torch.mul(torch.sigmoid(x), 7), 4), y, "amax", include_self=False)
        scatter_reduce(x, -1, torch.to(torch.mul(torch.sigmoid(x), 7), 4), x, "mean", include_self=True)
        stack([x, y], 2)
        take(self.n, torch.tensor([[0, 39], [7, -1]]))
        tensor_split(x, sections=3, dim=2) | [1]
        tensor_split(x, indices=[1, -2], dim=3) | [1]
        tensor_split(x, indices=[1, -2], dim=3) | [2]
        unbind(x, 1) | [2]
        unsafe_chunk(x, 3, 1) | [2]
        unsafe_split(x, 3, 2) | [2]
        unsafe_split_with_sizes(x, [3, 5], 2) | [1]
        vsplit(self.m, indices=[2, 5]) | [1]
        vstack([self.v8, self.v8])
        _unsafe_view(x, [-1, 24, 8])
        adjoint(x)
        broadcast_to(self.v8, [3, 8])
        expand_as(self.v8, x)
        mH(x)
        mT(x)
        moveaxis(x, 1, -1)
        numpy_T(self.n)
        ravel(self.m)
        reshape_as(t, x)
        swapaxes(x, 1, 3)
        swapdims(x, -1, 2)
        view_as(x, t)
        addcdiv(x, y, torch.add(y, 1), value=0.5)
        addcmul(x, x, y, value=1)
        addcmul(x, x, y, value=3)
        angle(x)
        atan2(x, torch.transpose(x, 2, 3))
        atan2(y, torch.rsub(y, -0.5))
        clamp(x, torch.neg(y), self.v8)
        clamp(x, None, self.v8)
        clamp_max(x, 0.25)
        clamp_min(x, 0.25)
        conj_physical(x)
        copysign(y, x)
        copysign(x, torch.neg(y))
        cosh(x)
        deg2rad(x)
        erfc(x)
        exp2(x)
        expm1(x)
        float_power(y, self.v8)
        fmax(torch.log(y), x)
        fmin(torch.sqrt(x), x)
        frac(torch.mul(x, 5))
        heaviside(y, self.v8)
        hypot(x, self.v8)
        ldexp(x, self.v8)
        lerp(x, y, self.v8)
        log10(torch.add(y, 1))
        log2(torch.add(y, 1))
        logaddexp(x, self.v8)
        logaddexp2(x, self.v8)
        logical_xor(y, torch.gt(x, 0.5))
        logit(torch.sigmoid(x), None)
        logit(y, 0.25)
        nan_to_num(torch.log(torch.mul(y, 0)), 1., 2., -3.)
        nan_to_num(torch.sqrt(x), None, None, None)
        polar(x, y) | torch.view_as_real(%s)
        positive(x)
        rad2deg(x)
        round(torch.mul(x, 9), decimals=1)
        round(torch.mul(x, 99), decimals=-1)
        sgn(x)
        sign(y)
        signbit(torch.neg(y))
        sinc(torch.mul(y, 3))
        sinh(x)
        special_entr(y)
        special_ndtr(x)
        special_xlog1py(y, self.v8)
        square(x)
        tan(x)
        true_divide(x, torch.add(y, 1))
        trunc(torch.mul(x, 9))
        xlogy(y, torch.add(y, 1))
        xlogy(y, torch.sqrt(torch.neg(y)))
        all(torch.gt(x, -0.5), 2, True)
        any(y, 3, False)
        aminmax(x, dim=2, keepdim=True) | [1]
        count_nonzero(y, [2, 3])
        frobenius_norm(x, [1], True)
        kthvalue(x, 3, 2, False) | [0]
        kthvalue(x, 3, 2, True) | [1]
        linalg_vector_norm(x, 0.5, [2, 3], True, dtype=None)
        linalg_vector_norm(y, 0, [1], False, dtype=None)
        logsumexp(x, [2, 3], True)
        nanmean(torch.sqrt(torch.add(x, 0.5)), [2, 3], False, dtype=None)
        nansum(torch.sqrt(x), [3], True, dtype=7)
        norm(x, None, [1], True)
        norm(x, 3, [2], False)
        std(x, [2, 3], True, False)
        std(x, [1], correction=0, keepdim=True)
        std_mean(x, [1], correction=2, keepdim=True) | [0]
        std_mean(self.v8, unbiased=False) | [1]
        var(self.m, unbiased=True)
        var(x, [2], False, True)
        var(self.m, None, correction=None, keepdim=True)
        var_mean(x, [-1], correction=3, keepdim=False) | [0]
        bucketize(x, torch.tensor([-0.5, 0., 0.25]), out_int32=False, right=False)
        bucketize(y, torch.tensor([-0.5, 0., 0.25]), out_int32=True, right=True)
        isclose(y, torch.mul(y, 1.00002), 1.0000000000000001e-05, 1e-08, False)
        isfinite(torch.log(y))
        isin(torch.to(torch.mul(x, 3), 4), torch.tensor([[1, -2]]), assume_unique=False, invert=True)
        isinf(torch.log(y))
        isnan(torch.sqrt(x))
        isneginf(torch.log(y))
        isposinf(torch.reciprocal(y))
        searchsorted(torch.tensor([-0.5, 0., 0.25]), y, out_int32=False, right=False, side="right", sorter=None)
        sort(x, 3, True) | [0]
        sort(x, stable=False, dim=2, descending=False) | [1]
        fft_fftshift(self.n, None)
        fft_fftshift(torch.slice(x, 2, 0, 5), [2, 3])
        fft_ifftshift(torch.slice(x, 2, 0, 5), [2])
        block_diag([self.m, self.v3, self.n])
        cumprod(x, -2, dtype=None)
        diag(self.v8, 1)
        diag(self.m, -1)
        diag_embed(x, 0, -2, -1)
        diag_embed(x, -3, 1, 2)
        diag_embed(self.n, 1, 0, -1)
        diagflat(self.v8, -2)
        diff(x, 2, 3, None, None)
        diff(x, 1, 1, y, x)
        fliplr(x)
        flipud(self.m)
        kron(self.m, self.n)
        kron(self.v3, x)
        meshgrid([self.v8, self.v3]) | [1]
        meshgrid([self.v8, self.v3, self.v8], indexing="xy") | [0]
        renorm(self.m, 2, -2, 1.5)
        roll(self.n, [2, -3], [0, -1])
        rot90(x, 1, [2, 3])
        rot90(torch.slice(x, 2, 0, 5), -2, [2, 3])
        rot90(torch.slice(x, 2, 0, 5), 3, [3, 1])
        rot90(x, 0, [2, 3])
        tensordot(x, self.w3, [-1, 2], [2, 1])
        tril(x, 1)
        tril(self.n, -2)
        tril_indices(5, 3, -1, dtype=4, layout=None, device=None, pin_memory=None)
        triu(torch.slice(x, 2, 0, 5), 2)
        triu(torch.to(torch.mul(self.m, 9), 4), 1)
        triu_indices(3, 5, 1, dtype=3, layout=None, device=None, pin_memory=None)
        addmv(self.v8, self.m, self.v8, beta=2, alpha=0.5)
        addr(self.m, self.v8, self.v8, beta=2, alpha=0.5)
        bmm(t, torch.transpose(t, 1, 2))
        chain_matmul([self.m, self.m, self.m])
        dot(self.v8, self.v8)
        inner(x, self.n)
        matrix_power(x, 6)
        mm(self.n, self.m)
        mv(self.m, self.v8)
        outer(self.v8, self.v3)
        vdot(self.v8, self.v8)
        linalg_cross(x, torch.reshape(self.v3, [1, 3, 1, 1]), dim=1)
        linalg_cross(torch.slice(x, 3, 0, 3), torch.slice(y, 3, 0, 3), dim=-1)
        linalg_matrix_norm(x, inf, [1, 3], True, dtype=None)
        linalg_matrix_norm(x, -1, [-1, 1], False, dtype=None)
        linalg_matrix_power(x, 1)
        linalg_multi_dot([self.n, self.m, self.v8])
        linalg_norm(x, None, [1], True, dtype=None)
        linalg_norm(self.m, 1, None, False, dtype=7)
        linalg_norm(x, 3, [2], False, dtype=None)
        linalg_vecdot(x, y, dim=1)
        _convolution(t, self.c, None, [2], [1], [1], False, [0], 1, True, False, True, True)
        _convolution(x, torch.reshape(self.c, [4, 3, 8, 3]), None, [2, 1], [1, 0], [1, 1], False, [0, 0], 1, True, False, True, True)
        _convolution_mode(x, torch.reshape(self.c, [4, 3, 8, 3]), None, [1, 1], "same", [1, 1], 1)
        convolution(x, torch.reshape(self.c, [3, 4, 8, 3]), None, [2, 1], [1, 0], [1, 1], True, [1, 0], 1)
        col2im(torch.reshape(x, [-1, 12, 16]), [5, 5], [2, 2], [1, 1], [0, 0], [1, 1])
        col2im(torch.reshape(x, [-1, 12, 16]), [12, 17], [2, 2], [3, 1], [1, 0], [3, 4])
        conv2d(x, torch.reshape(self.c, [4, 3, 8, 3]), None, [1, 1], "same", [1, 2], 1)
        conv2d(x, torch.reshape(self.c, [32, 3, 3, 1]), None, [2, 1], "valid", [1, 1], 1)
        conv3d(torch.unsqueeze(x, 1), torch.reshape(self.c, [12, 1, 3, 8, 1]), None, [1, 1, 1], "same", [1, 1, 1], 1)
        conv1d(t, self.c, None, [1], [1], [2], 1)
        conv_transpose1d(t, torch.transpose(self.c, 0, 1), None, [2], [1], [1], 1, [1])
        im2col(x, [3, 2], [2, 1], [1, 2], [2, 3])
        adaptive_avg_pool1d(t, [3])
        adaptive_avg_pool3d(torch.unsqueeze(x, 1), [2, 3, 5])
        adaptive_max_pool1d(t, [3]) | [0]
        adaptive_max_pool1d(t, [3]) | [1]
        adaptive_max_pool3d(torch.unsqueeze(x, 1), [2, 3, 5]) | [0]
        avg_pool3d(torch.unsqueeze(x, 1), [2, 3, 2], annotate(List[int], []), [1, 1, 0], False, True, None)
        avg_pool1d(t, [3], [2], [1], True, False)
        max_pool1d(t, [3], annotate(List[int], []), [1], [2], True)
        max_pool1d_with_indices(t, [3], [2], [1], [1], False) | [1]
        max_pool3d(torch.unsqueeze(x, 1), [2, 3, 2], [1, 2, 2], [1, 1, 0], [1, 2, 1], True)
        max_unpool2d(torch.slice(x, 2, 0, 4), torch.to(torch.expand(torch.reshape(torch.arange(32), [1, 1, 4, 8]), [2, 3, 4, 8]), 4), [8, 8])
        scaled_dot_product_attention(x, y, x, None, 0., True, scale=None, enable_gqa=False)
        scaled_dot_product_attention(x, y, x, torch.gt(torch.add(self.m, 1), 0), 0., False, scale=0.25, enable_gqa=False)
        scaled_dot_product_attention(x, y, x, self.m, 0., False, scale=None, enable_gqa=False)
        _native_multi_head_attention(t, t, t, 8, 2, self.qkv, self.b, self.m, self.v8, None, True, True, None) | [0]
        _transformer_encoder_layer_fwd(t, 8, 2, self.qkv, self.b, self.m, self.v8, True, False, 0.001, self.v8, self.v8, self.v8, self.v8, self.g, torch.select(torch.t(self.g), 0, 0), torch.t(self.g), self.v8, None, None)
        _transformer_encoder_layer_fwd(t, 8, 2, self.qkv, self.b, self.m, self.v8, False, True, 0.001, self.v8, self.v8, self.v8, self.v8, self.g, torch.select(torch.t(self.g), 0, 0), torch.t(self.g), self.v8, None, None)
        _log_softmax(x, 2, False)
        _softmax(x, 2, False)
        celu(x, 0.5)
        elu(x, 0.5, 2, 3)
        glu(x, 3)
        hardshrink(x, 0.25)
        log_sigmoid(x)
        relu6(torch.mul(x, 9))
        rrelu(x, 0.125, 0.5, False)
        selu(x)
        softshrink(x, 0.25)
        threshold(x, 0.25, 7)
        _weight_norm(self.m, torch.reshape(self.v8, [8, 1]), 0)
        instance_norm(x, self.v3, self.v3, None, None, True, 0.1, 0.001, True)
        instance_norm(x, self.v3, None, self.v3, torch.abs(self.v3), False, 0.1, 0.001, True)
        rms_norm(x, [8, 8], self.m, 0.001)
        rms_norm(x, [8], None, None)
        embedding(self.m, torch.tensor([[1, 7], [0, 3]]), -1, False, False)
        one_hot(torch.to(torch.mul(y, 4), 4), 5)
        alpha_dropout(x, 0.5, False)
        dropout(x, 0.5, False)
        feature_alpha_dropout(x, 0., True)
        feature_dropout(x, 0.5, False)
        cdist(t, torch.slice(t, 1, 0, 5), 3., None)
        cosine_similarity(x, y, 1, 1e-08)
        cosine_similarity(x, self.v8, -1, 1e-08)
        pairwise_distance(x, y, 2., 9.9999999999999995e-07, True)
        bilinear(x, y, self.w3, torch.select(self.n, 1, 0))
        bilinear(self.v8, self.v8, self.w3, None)
        affine_grid_generator(torch.reshape(torch.slice(torch.flatten(x, 1), 1, 0, 6), [-1, 2, 3]), [torch.size(x, 0), 3, 5, 6], True)
        affine_grid_generator(torch.reshape(torch.slice(torch.flatten(x, 1), 1, 0, 6), [-1, 2, 3]), [torch.size(x, 0), 3, 1, 6], False)
        channel_shuffle(torch.reshape(x, [2, 12, 4, 4]), 3)
        grid_sampler_2d(x, torch.slice(torch.permute(x, [0, 2, 3, 1]), 3, 0, 2), 0, 0, False)
        pad(x, [1, 2, 0, 3], "circular", None)
        pad(x, [1, 2, 0, 3], "constant", 2.5)
        pixel_shuffle(torch.reshape(x, [2, 12, 4, 4]), 2)
        pixel_unshuffle(x, 2)
        reflection_pad1d(t, [1, 2])
        reflection_pad2d(x, [1, 2, 3, 0])
        replication_pad1d(t, [1, 2])
        replication_pad2d(x, [1, 2, 3, 0])
        _upsample_nearest_exact1d(t, [13], 1.625)
        _upsample_nearest_exact3d(input=torch.unsqueeze(x, 1), output_size=None, scale_factors=[2.5, 1.7, 0.75])
        upsample_linear1d(t, [13], True)
        upsample_linear1d(input=t, output_size=None, align_corners=False, scale_factors=[1.7])
        upsample_nearest1d(input=t, output_size=[12], scale_factors=None)
        upsample_nearest3d(torch.unsqueeze(x, 1), [5, 13, 4])
        upsample_trilinear3d(torch.unsqueeze(x, 1), [5, 13, 4], False, 1.7, 1.7, 0.6)
        gru_cell(torch.select(t, 1, 0), torch.select(t, 1, 1), self.qkv, self.qkv, self.b, None)
        lstm_cell(torch.select(t, 1, 0), [torch.select(t, 1, 1), torch.select(t, 1, 2)], self.g, self.g, None, None) | [0]
        lstm_cell(torch.select(t, 1, 0), [torch.select(t, 1, 1), torch.select(t, 1, 2)], self.g, self.g, None, None) | [1]
        rnn_relu_cell(torch.select(t, 1, 0), torch.select(t, 1, 1), self.m, self.m, self.v8, None)
        rnn_tanh_cell(torch.select(t, 1, 0), torch.select(t, 1, 1), self.m, self.m, None, self.v8)
        complex_abs(torch.complex(x, y))
        complex_add(torch.complex(x, y), torch.complex(y, x), alpha=1) | torch.view_as_real(%s)
        complex_angle(torch.complex(x, y))
        complex_conj(torch.complex(x, y)) | torch.view_as_real(torch.resolve_conj(%s))
        complex__conj(torch.complex(x, y)) | torch.view_as_real(torch.resolve_conj(%s))
        complex_div(torch.complex(x, y), self.v8) | torch.view_as_real(%s)
        complex_matmul(torch.complex(x, y), torch.complex(y, x)) | torch.view_as_real(%s)
        complex_mul(torch.complex(x, y), torch.complex(y, x)) | torch.view_as_real(%s)
        complex_mul(x, torch.complex(y, x)) | torch.view_as_real(%s)
        complex_mul(torch.complex(y, x), x) | torch.view_as_real(%s)
        complex_sub(torch.complex(x, y), torch.complex(y, x), alpha=1) | torch.view_as_real(%s)
        complex_view_as_real(torch.complex(x, y))
        """
        .lines()
        .toList();
  }

  @ParameterizedTest
  @MethodSource("calls")
  void libtorchComputesOfTheTextWhatItsOperatorComputes(String line) throws IOException {
    Path operator = archive("torch.", line.replaceFirst("^" + OF_COMPLEX, ""));
    Path text = archive("__torch__.decompositions.", line);
    Tensor input = Uniform.tensor("input", 2, 3, 8, 8);
    float[] expected = run(operator, input);
    float[] found = run(text, input);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      double difference = Math.abs((double) found[i] - expected[i]);
      boolean same = Float.compare(found[i] + 0f, expected[i] + 0f) == 0;
      // float32, rounded in between; attention and float64 powers the most.
      assertThat(same || difference <= 5e-6 * Math.max(1, Math.abs(expected[i])))
          .as("element %d: %s against %s", i, found[i], expected[i])
          .isTrue();
    }
    assertThat(nodes(operator)).isEqualTo(nodes(text));
  }

  @Test
  void noFunctionIsLeftOut() throws IOException {
    Set<String> called =
        calls().stream()
            .map(line -> line.substring(0, line.indexOf('(')))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> operators = new TreeSet<>();
    for (Matcher function = FUNCTION.matcher(text()); function.find(); ) {
      String name = function.group(1).replaceFirst("^" + OF_COMPLEX, "");
      if (Tracer.operators().contains("aten::" + name)) {
        operators.add(function.group(1));
      }
    }
    assertThat(called).isEqualTo(operators).hasSizeGreaterThan(100);
  }

  /** The result as a vector of each sample, or of a constant, of both samples. */
  private Path archive(String prefix, String line) throws IOException {
    String[] parts = line.split(" \\| ", -1);
    String result = prefix + parts[0];
    if (parts.length > 1) {
      String taken = parts[1].startsWith("[") ? "(%s)" + parts[1] : parts[1];
      result = taken.formatted(result);
    }
    String body =
        """
          y = torch.relu(x)
          t = torch.reshape(x, [-1, 24, 8])
          z = torch.to(%s, 6)
          zeros = torch.mul(torch.reshape(torch.mean(x, [1, 2, 3]), [-1, 1]), 0)
          return torch.add(zeros, torch.%s)
        """
            .formatted(
                result, OF_INPUT.matcher(line).find() ? "flatten(z, 1)" : "reshape(z, [1, -1])");
    TorchScriptArchive made = ArchiveReader.read(Archives.of(folder, body, WEIGHTS));
    Map<String, String> code = new TreeMap<>(made.code());
    code.put("__torch__/" + SOURCE, text());
    Path file = java.nio.file.Files.createTempFile(folder, "d", ".pt");
    ArchiveWriter.write(made.withCode(code), file);
    return file;
  }

  private static float[] run(Path archive, Tensor input) throws IOException {
    try (LoadedModel model = LoadedModel.open(ModelRuntime.LIBTORCH, archive, OutputChoice.FIRST)) {
      return model.run(input).values();
    }
  }

  /** Without their places in the text, which are where the archive has the call. */
  private static List<String> nodes(Path archive) throws IOException {
    return Tracer.trace(ArchiveReader.read(archive), TraceOptions.of(3, 8, 8)).nodes().stream()
        .map(
            node ->
                node.schema().operator()
                    + node.arguments().stream().map(DecompositionsTest::shown).toList()
                    + node.outputs())
        .toList();
  }

  private static String shown(Argument argument) {
    if (argument instanceof Argument.Constant constant) {
      double[] values = constant.tensor().toDoubles();
      return constant.name() + constant.tensor().dtype() + Arrays.hashCode(values);
    }
    return argument instanceof Argument.ListOf list
        ? list.items().stream().map(DecompositionsTest::shown).toList().toString()
        : argument.toString();
  }

  private static String text() throws IOException {
    try (InputStream in = Tracer.class.getResourceAsStream(SOURCE)) {
      assertThat(in).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
