package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/**
 * Attention mechanisms. Fused ones are the operators that they are made of ({@code
 * aten/src/ATen/native/transformers/attention.cpp}, {@code transformer.cpp}).
 */
public final class Attention {
  private static final IValue NONE = IValue.None.NONE;

  /** The {@code mask_type} of {@code key_padding_mask}, {@code [N, tokens]}. */
  private static final long OF_KEYS = 1;

  private Attention() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("scaled_dot_product_attention", Attention::scaledDotProductAttention);
    table.put("_native_multi_head_attention", Attention::nativeMultiHeadAttention);
    table.put("_transformer_encoder_layer_fwd", Attention::transformerEncoderLayerFwd);
  }

  /** {@code softmax(q k^T / sqrt(d) + mask) v}; q and k each take the root of the scale. */
  private static IValue scaledDotProductAttention(Invocation call) {
    TensorRef query = call.tensor("query");
    TensorRef key = call.tensor("key");
    if (call.real("dropout_p") > 0 || call.flag("enable_gqa")) {
      throw ProgramRefusal.unsupported("attention with dropout or grouped queries");
    }
    long width = SymInts.constant(query.shape().get(query.rank() - 1));
    double scale = call.isNone("scale") ? 1 / Math.sqrt((double) width) : call.real("scale");
    IValue root = new IValue.Real(Math.sqrt(scale));
    IValue q = call.call("mul", query, root);
    IValue k = call.call("mul", call.call("transpose", key, number(-2), number(-1)), root);
    IValue weights = call.call("matmul", q, k);
    if (call.flag("is_causal")) {
      weights = call.call("add", weights, causal(call, query, key));
    } else if (!call.isNone("attn_mask")) {
      weights = masked(call, weights, call.tensor("attn_mask"));
    }
    IValue attention = call.call("softmax", weights, number(-1));
    return call.call("matmul", attention, call.get("value"));
  }

  private static IValue masked(Invocation call, IValue weights, TensorRef mask) {
    return mask.dtype() == DType.BOOL
        ? call.call(
            "masked_fill",
            weights,
            call.call("logical_not", mask),
            new IValue.Real(Double.NEGATIVE_INFINITY))
        : call.call("add", weights, mask);
  }

  private static TensorRef causal(Invocation call, TensorRef query, TensorRef key) {
    int rows = (int) SymInts.constant(query.shape().get(query.rank() - 2));
    int columns = (int) SymInts.constant(key.shape().get(key.rank() - 2));
    return Elements.reals(
        call.dispatcher().budget(),
        query.dtype(),
        new long[] {rows, columns},
        i -> i % columns > i / columns ? Double.NEGATIVE_INFINITY : 0);
  }

  /** Self-attention of {@code [N, tokens, width]}, and its weights if they are wanted. */
  private static IValue nativeMultiHeadAttention(Invocation call) {
    boolean self = call.get("query") == call.get("key") && call.get("key") == call.get("value");
    if (!self) {
      throw ProgramRefusal.unsupported("%s of several tensors", call.operator());
    }
    Attended attended = attention(call, call.tensor("query"), call.dim("num_head"));
    if (!call.flag("need_weights")) {
      return IValue.TupleOf.of(List.of(attended.output(), NONE));
    }
    IValue weights =
        call.flag("average_attn_weights")
            ? call.call("mean", attended.weights(), IValue.ints(1))
            : attended.weights();
    return IValue.TupleOf.of(List.of(attended.output(), weights));
  }

  /**
   * @param output {@code [N, tokens, width]}
   * @param weights {@code [N, heads, tokens, tokens]}
   */
  private record Attended(IValue output, IValue weights) {}

  private static Attended attention(Invocation call, TensorRef input, SymInt heads) {
    List<SymInt> shape = input.shape();
    SymInt width = SymInts.floorDivide(shape.get(2), heads);
    IValue qkv = call.call("linear", input, call.get("qkv_weight"), call.get("qkv_bias"));
    List<SymInt> split = List.of(shape.get(0), shape.get(1), SymInt.of(3), heads, width);
    IValue apart = call.call("reshape", qkv, IValue.ints(split));
    IValue ordered = call.call("permute", apart, IValue.ints(2, 0, 3, 1, 4));
    IValue q = call.call("select", ordered, number(0), number(0));
    IValue k = call.call("select", ordered, number(0), number(1));
    IValue v = call.call("select", ordered, number(0), number(2));
    IValue scale = new IValue.Real(1 / Math.sqrt((double) SymInts.constant(width)));
    IValue scores =
        call.call(
            "matmul",
            call.call("mul", q, scale),
            call.call("transpose", k, number(-2), number(-1)));
    IValue weights = call.call("softmax", withoutMasked(call, scores), number(-1));
    IValue back = call.call("permute", call.call("matmul", weights, v), IValue.ints(0, 2, 1, 3));
    IValue joined = call.call("reshape", back, IValue.ints(shape));
    IValue output = call.call("linear", joined, call.get("proj_weight"), call.get("proj_bias"));
    return new Attended(output, weights);
  }

  /** A mask is true (or, as a number, other than 0) where nothing is attended to. */
  private static IValue withoutMasked(Invocation call, IValue scores) {
    if (call.isNone("mask")) {
      return scores;
    }
    IValue mask = call.get("mask");
    if (call.tensor("mask").dtype() != DType.BOOL) {
      mask = call.call("ne", mask, number(0));
    }
    if (!call.isNone("mask_type") && call.integer("mask_type") == OF_KEYS) {
      mask = call.call("unsqueeze", call.call("unsqueeze", mask, number(1)), number(1));
    }
    return call.call("masked_fill", scores, mask, new IValue.Real(Double.NEGATIVE_INFINITY));
  }

  private static IValue transformerEncoderLayerFwd(Invocation call) {
    boolean first = call.flag("norm_first");
    IValue source = call.get("src");
    IValue entering = first ? norm(call, source, "1") : source;
    IValue attended = attention(call, (TensorRef) entering, call.dim("num_heads")).output();
    IValue middle = call.call("add", source, attended);
    if (!first) {
      middle = norm(call, middle, "1");
    }
    IValue hidden =
        call.call(
            "linear",
            first ? norm(call, middle, "2") : middle,
            call.get("ffn_weight_1"),
            call.get("ffn_bias_1"));
    IValue active = call.flag("use_gelu") ? call.call("gelu", hidden) : call.call("relu", hidden);
    IValue out = call.call("linear", active, call.get("ffn_weight_2"), call.get("ffn_bias_2"));
    IValue sum = call.call("add", middle, out);
    return first ? sum : norm(call, sum, "2");
  }

  private static IValue norm(Invocation call, IValue input, String number) {
    List<SymInt> shape = ((TensorRef) input).shape();
    return call.call(
        "layer_norm",
        input,
        IValue.ints(shape.subList(shape.size() - 1, shape.size())),
        call.get("norm_weight_" + number),
        call.get("norm_bias_" + number),
        call.get("eps"));
  }

  private static IValue number(long value) {
    return IValue.number(value);
  }
}
