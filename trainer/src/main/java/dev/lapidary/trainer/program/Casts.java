package dev.lapidary.trainer.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
          "conv1d",
          "conv2d",
          "conv3d",
          "conv_transpose1d",
          "conv_transpose2d",
          "conv_transpose3d",
          "convolution",
          "_convolution",
          "linear",
          "matmul",
          "mm",
          "bmm",
          "addmm",
          "addbmm",
          "baddbmm",
          "scaled_dot_product_attention");
  private static final Pattern CALL = Pattern.compile("\\btorch\\.([a-z0-9_]+)\\(");

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
    SortedMap<String, String> rewritten = new TreeMap<>();
    code.forEach((file, text) -> rewritten.put(file, rewrite(text)));
    return rewritten;
  }

  private static String rewrite(String text) {
    StringBuilder out = new StringBuilder();
    Matcher call = CALL.matcher(text);
    int done = 0;
    while (call.find(done)) {
      if (!OPERATORS.contains(call.group(1))) {
        out.append(text, done, call.end());
        done = call.end();
        continue;
      }
      int close = close(text, call.end());
      out.append(text, done, call.start()).append(PREFIX).append("up(").append(call.group());
      out.append(arguments(call.group(1), text.substring(call.end(), close))).append("))");
      done = close + 1;
    }
    return out.append(text.substring(done)).toString();
  }

  private static String arguments(String operator, String text) {
    boolean hasBias = operator.contains("conv") || operator.equals("linear");
    List<String> arguments = split(text);
    for (int i = 0; i < Math.min(TENSORS, arguments.size()); i++) {
      String written = rewrite(arguments.get(i).strip());
      if (isTensor(written)) {
        String cast = i == 2 && hasBias ? "down_optional(" : "down("; // a bias may be None
        arguments.set(i, (i == 0 ? "" : " ") + PREFIX + cast + written + ")");
      }
    }
    return String.join(",", arguments);
  }

  private static boolean isTensor(String argument) {
    return !argument.startsWith("[") && !argument.equals("None") && !argument.matches("\\w+=.*");
  }

  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      if ("([".indexOf(text.charAt(i)) >= 0) {
        i = close(text, i + 1);
      } else if (text.charAt(i) == ',') {
        parts.add(text.substring(start, i));
        start = i + 1;
      }
    }
    parts.add(text.substring(start));
    return parts;
  }

  /** The place of the bracket that closes the one just before {@code from}. */
  private static int close(String text, int from) {
    int open = 1;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      open += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
      if (open == 0) {
        return i;
      }
    }
    throw new IllegalArgumentException("an open bracket in the network's text");
  }
}
