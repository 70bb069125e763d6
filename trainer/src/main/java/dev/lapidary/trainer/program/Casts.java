package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.SourceFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Mixed precision by rewriting a network's text: the tensors that convolutions, linear layers,
 * matrix products and attention take go through a function that makes float32 the low type, their
 * results through one that makes them float32 again; between them everything is float32. The
 * gradients of float32 weights come out as float32. {@code torch.cpu.amp.autocast} would be
 * shorter, but in an archive it throws at a convolution's bias.
 *
 * <p>The functions cast only while gradients are recorded: validation sees the weights as the
 * delivered file has them.
 */
final class Casts {
  static final String FILE = "__torch__/lapidary/casts.py";
  private static final String PREFIX = "__torch__.lapidary.casts.";
  private static final Set<String> OPERATORS =
      Set.of(
          """
          conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution
          _convolution linear matmul mm bmm addmm addbmm baddbmm scaled_dot_product_attention
          """
              .split("\\s+"));
  private static final String TORCH = "torch.";

  /** The third is a bias, the values, or the addmm family's second factor. */
  private static final int TENSORS = 3;

  private Casts() {}

  /** The text of the casting functions; empty where nothing is cast. */
  static Optional<String> functions(Precision precision) {
    if (precision == Precision.FP32) {
      return Optional.empty();
    }
    String text =
        """
        def down(x: Tensor) -> Tensor:
          if torch.__and__(torch.is_grad_enabled(), torch.eq(ops.prim.dtype(x), 6)):
            y = torch.to(x, LOW)
          else:
            y = x
          return y
        def down_optional(x: Optional[Tensor]) -> Optional[Tensor]:
          if torch.__isnot__(x, None):
            y = annotate(Optional[Tensor], __torch__.lapidary.casts.down(unchecked_cast(Tensor, x)))
          else:
            y = annotate(Optional[Tensor], None)
          return y
        def up(x: Tensor) -> Tensor:
          if torch.__and__(torch.is_grad_enabled(), torch.eq(ops.prim.dtype(x), LOW)):
            y = torch.to(x, 6)
          else:
            y = x
          return y
        """;
    return Optional.of(text.replace("LOW", String.valueOf(precision.scalarType())));
  }

  static SortedMap<String, String> rewrite(SortedMap<String, String> code, Precision precision) {
    if (precision == Precision.FP32) {
      return code;
    }
    SortedMap<String, String> rewritten = new TreeMap<>(code);
    rewritten.replaceAll((path, text) -> SourceFile.parse(path, text).with(Casts::cast));
    return rewritten;
  }

  private static Expression cast(Expression expression) {
    if (!(expression instanceof Call call)) {
      return expression;
    }
    String operator = call.function().dottedName().orElse("");
    String name = operator.startsWith(TORCH) ? operator.substring(TORCH.length()) : "";
    if (!OPERATORS.contains(name)) {
      return expression;
    }
    boolean hasBias = name.contains("conv") || name.equals("linear");
    List<Expression> arguments = new ArrayList<>(call.arguments());
    for (int i = 0; i < Math.min(TENSORS, arguments.size()); i++) {
      Expression argument = arguments.get(i);
      if (!(argument instanceof Expression.ListOf || argument instanceof Expression.None)) {
        // A bias may be None.
        arguments.set(i, through(i == 2 && hasBias ? "down_optional" : "down", argument));
      }
    }
    return through("up", new Call(call.at(), call.function(), arguments, call.keywords()));
  }

  private static Call through(String function, Expression value) {
    Expression called = Expression.dotted(value.at(), PREFIX + function);
    return new Call(value.at(), called, List.of(value), List.of());
  }
}
