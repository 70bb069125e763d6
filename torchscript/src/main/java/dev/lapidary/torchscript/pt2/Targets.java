package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a node's target is called in TorchScript. */
final class Targets {
  /** Before the names of PyTorch's operators. */
  static final String ATEN = "torch.ops.aten.";

  private static final Pattern OPERATOR =
      Pattern.compile("torch\\.ops\\.aten\\.(\\w{1,100})\\.(\\w{1,100})");

  /** Checks that the exporter put in; what they say of sizes held for the traced image. */
  static final Set<String> ASSERTIONS =
      Set.of(
          "_assert_async",
          "_assert_scalar",
          "_assert_tensor_metadata",
          "sym_constrain_range",
          "sym_constrain_range_for_size");

  private static final Set<String> DATA_DEPENDENT =
      Set.of(
          """
          _local_scalar_dense _unique2 item masked_select nonzero nonzero_numpy
          repeat_interleave.Tensor unique_consecutive unique_dim
          """
              .split("\\s+"));

  /** Python's operators on sizes by target, as TorchScript prints them. */
  static final Map<String, String> ON_NUMBERS =
      Map.ofEntries(
          Map.entry("torch.ops.aten.sym_size.int", "torch.size"),
          Map.entry("torch.ops.aten.sym_numel.default", "torch.numel"),
          Map.entry("_operator.add", "torch.add"),
          Map.entry("_operator.sub", "torch.sub"),
          Map.entry("_operator.mul", "torch.mul"),
          Map.entry("_operator.floordiv", "torch.floordiv"),
          Map.entry("_operator.truediv", "torch.div"),
          Map.entry("_operator.mod", "torch.remainder"),
          Map.entry("_operator.neg", "torch.neg"),
          Map.entry("_operator.eq", "torch.eq"),
          Map.entry("_operator.ne", "torch.ne"),
          Map.entry("_operator.lt", "torch.lt"),
          Map.entry("_operator.le", "torch.le"),
          Map.entry("_operator.gt", "torch.gt"),
          Map.entry("_operator.ge", "torch.ge"),
          Map.entry("torch.sym_float", "float"),
          Map.entry("torch.sym_int", "int"),
          Map.entry("math.trunc", "int"),
          Map.entry("math.floor", "torch.floor"),
          Map.entry("math.ceil", "torch.ceil"),
          Map.entry("torch.sym_max", "ops.prim.max"),
          Map.entry("torch.sym_min", "ops.prim.min"));

  /** {@code with torch.no_grad()} and its like. */
  static final String GRADIENTS = "torch.ops.higher_order.wrap_with_set_grad_enabled";

  private static final String AUTOCAST = "torch.ops.higher_order.wrap_with_autocast";

  private Targets() {}

  /** Whether the node runs a part of the program as it stands. */
  static boolean isPart(String target) {
    return target.equals(GRADIENTS) || target.equals(AUTOCAST);
  }

  /** A target of the operators of PyTorch, without its namespace. */
  record Aten(String name, String overload) {
    boolean isInPlace() {
      return name.endsWith("_") && !name.endsWith("__");
    }

    boolean isAssertion() {
      return ASSERTIONS.contains(name);
    }
  }

  /**
   * @throws Failure exit 4 if the target is no operator of PyTorch
   */
  static Aten aten(String target) {
    Matcher matcher = OPERATOR.matcher(target);
    if (!matcher.matches()) {
      throw unknown(target);
    }
    Aten aten = new Aten(matcher.group(1), matcher.group(2));
    if (DATA_DEPENDENT.contains(aten.name)
        || DATA_DEPENDENT.contains(aten.name + "." + aten.overload)) {
      throw Failure.unsupported(
          "%s makes a number or a size of the image's data; a file computes the same for each"
              + " image",
          Quote.of(target));
    }
    return aten;
  }

  static boolean isOnNumbers(String target) {
    return ON_NUMBERS.containsKey(target);
  }

  static Failure unknown(String target) {
    return Failure.unsupported(
        "the operator %s is not supported; 'exporter ops' lists those that are", Quote.of(target));
  }
}
