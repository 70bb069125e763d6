package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.models.graph.Dim;
import dev.lapidary.models.tensor.DType;
import dev.lapidary.models.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Attention as MatMul, Softmax, MatMul ("Attention Is All You Need", section 3.2): the scale stands
 * as its square root on both q and k, as PyTorch computes it.
 */
final class Attention {
  private Attention() {}

  static void addTo(Operators operators) {
    operators.single("aten::scaled_dot_product_attention", Attention::scaledDotProduct);
    operators.several("aten::_native_multi_head_attention", Attention::multiHead);
    operators.single("aten::_transformer_encoder_layer_fwd", Attention::encoderLayer);
  }

  /** q: [..., L, E], k: [..., S, E], v: [..., S, V]. */
  private static String scaledDotProduct(Op op) {
    if (op.real("dropout_p") != 0) {
      throw op.unsupported("with dropout is not supported; call model.eval() before saving");
    }
    if (op.given("enable_gqa") && op.bool("enable_gqa")) {
      throw op.unsupported("with grouped queries is not supported");
    }
    int rank = op.rank("query");
    long width = op.shape("query").get(rank - 1).constant();
    DType dtype = op.output().dtype();
    double scale = op.realOr("scale", 1 / Math.sqrt((double) width));
    String factor = op.scalar(Math.sqrt(scale), dtype);
    String q = op.emit("Mul", op.tensor("query"), factor);
    String k = op.emit("Mul", turned(op, op.tensor("key"), rank), factor);
    String scores = op.emit("MatMul", q, k);
    String weights = softmax(op, masked(op, scores, dtype));
    return op.emit("MatMul", weights, op.tensor("value"));
  }

  private static String masked(Op op, String scores, DType dtype) {
    if (op.bool("is_causal")) {
      int rank = op.rank("query");
      long rows = op.shape("query").get(rank - 2).constant();
      long columns = op.shape("key").get(rank - 2).constant();
      return op.emit("Add", scores, op.constant("causal_mask", causal(rows, columns)));
    }
    if (!op.given("attn_mask")) {
      return scores;
    }
    if (op.dtype("attn_mask") == DType.BOOL) {
      String minusInfinity = op.scalar(Double.NEGATIVE_INFINITY, dtype);
      return op.emit("Where", op.tensor("attn_mask"), scores, minusInfinity);
    }
    return op.emit("Add", scores, op.operand("attn_mask", dtype));
  }

  private static Tensor causal(long rows, long columns) {
    float[] values = new float[Math.toIntExact(rows * columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % columns > i / columns ? Float.NEGATIVE_INFINITY : 0;
    }
    return Tensor.of(values, rows, columns);
  }

  private static String softmax(Op op, String scores) {
    return op.emit("Softmax", Map.of("axis", Attribute.of(-1)), scores);
  }

  /** The last two dimensions exchanged. */
  private static String turned(Op op, String value, int rank) {
    int[] permutation = new int[rank];
    java.util.Arrays.setAll(permutation, i -> i);
    permutation[rank - 2] = rank - 1;
    permutation[rank - 1] = rank - 2;
    return op.transpose(value, permutation);
  }

  /** Self-attention of x: [N, L, E]; the second output is the weights' mean over the heads. */
  private static List<String> multiHead(Op op) {
    if (!op.tensor("query").equals(op.tensor("key"))
        || !op.tensor("query").equals(op.tensor("value"))) {
      throw op.unsupported("is supported as self-attention only (query, key and value are one)");
    }
    Heads heads = new Heads(op, "query", "num_head");
    String weights = heads.weights(op.tensor("query"));
    String attended = heads.attended(weights);
    return op.outputs().size() == 1
        ? List.of(attended)
        : List.of(attended, op.reduce("ReduceMean", weights, false, 1));
  }

  /** torch.nn.TransformerEncoderLayer's fast path, norm first or last. */
  private static String encoderLayer(Op op) {
    boolean normFirst = op.bool("norm_first");
    Heads heads = new Heads(op, "src", "num_heads");
    String x = op.tensor("src");
    String attended = heads.attended(heads.weights(normFirst ? norm(op, x, "1") : x));
    String middle = op.emit("Add", x, attended);
    if (!normFirst) {
      middle = norm(op, middle, "1");
    }
    String wide =
        dense(op, normFirst ? norm(op, middle, "2") : middle, "ffn_weight_1", "ffn_bias_1");
    String active =
        op.bool("use_gelu")
            ? Activations.geluByErf(op, wide, op.output().dtype())
            : op.emit("Relu", wide);
    String result = op.emit("Add", middle, dense(op, active, "ffn_weight_2", "ffn_bias_2"));
    return normFirst ? result : norm(op, result, "2");
  }

  private static String norm(Op op, String x, String which) {
    String scale = op.tensor("norm_weight_" + which);
    String bias = op.tensor("norm_bias_" + which);
    return Normalizations.layerNorm(op, x, 1, scale, bias, op.real("eps"));
  }

  private static String dense(Op op, String x, String weight, String bias) {
    return Products.linear(
        op, x, 3, op.tensor(weight), op.constant(weight), op.optionalTensor(bias));
  }

  /** The packed projections of {@code torch.nn.MultiheadAttention}: qkv_weight [3E, E]. */
  private static final class Heads {
    private final Op op;
    private final List<Dim> shape;
    private final List<Dim> split;
    private final double scale;
    private String value = "";

    Heads(Op op, String input, String count) {
      if (op.given("mask")) {
        throw op.unsupported("with a mask is not supported");
      }
      this.op = op;
      this.shape = op.shape(input);
      long heads = op.integer(count);
      long width = op.integer("embed_dim") / heads;
      this.split = List.of(shape.get(0), shape.get(1), Dim.of(heads), Dim.of(width));
      this.scale = 1 / Math.sqrt((double) width);
    }

    /** softmax(q k^T / sqrt(d)): [N, heads, L, L]. */
    String weights(String x) {
      long width = op.integer("embed_dim");
      String packed = dense(op, x, "qkv_weight", "qkv_bias");
      Map<String, Attribute> last = Map.of("axis", Attribute.of(-1));
      List<String> parts =
          op.several("Split", 3, last, List.of(packed, op.ints(width, width, width)));
      List<String> separate = new ArrayList<>();
      for (String part : parts) {
        separate.add(op.transpose(op.reshape(part, shape, split), 0, 2, 1, 3));
      }
      value = separate.get(2);
      String factor = op.scalar(scale, op.output().dtype());
      String q = op.emit("Mul", separate.get(0), factor);
      return softmax(op, op.emit("MatMul", q, turned(op, separate.get(1), 4)));
    }

    String attended(String weights) {
      String joined = op.transpose(op.emit("MatMul", weights, value), 0, 2, 1, 3);
      return dense(op, op.reshape(joined, split, shape), "proj_weight", "proj_bias");
    }
  }
}
