package dev.lapidary.models.zoo;

import com.google.errorprone.annotations.FormatMethod;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The lines of one method while its body runs: straight-line TorchScript, one operation a line, in
 * the grammar that PyTorch's own printer keeps to ({@code
 * torch/csrc/jit/serialization/python_print.cpp}).
 */
final class Forward {
  private final Trace trace;
  private final Module module;
  private final List<String> lines = new ArrayList<>();
  private final Set<String> names = new HashSet<>(Set.of("self", "x", "training"));

  Forward(Trace trace, Module module) {
    this.trace = trace;
    this.module = module;
  }

  /** Calls a submodule's forward. */
  Value call(String child, Value x) {
    Module callee =
        Objects.requireNonNull(
            module.children().get(child), () -> module.type() + " has no submodule " + child);
    Value result = trace.run(callee, Module.FORWARD, x.shape());
    String hint = isIdentifier(child) ? child : "x";
    return let(hint, "(" + attribute(child) + ").forward(" + x.name() + ", )", result.shape());
  }

  /** Calls submodules one after the other. */
  Value chain(Value x, String... names) {
    for (String name : names) {
      x = call(name, x);
    }
    return x;
  }

  /** Calls all submodules one after the other, in the order of registration. */
  Value chainAll(Value x) {
    return chain(x, module.children().keySet().toArray(String[]::new));
  }

  boolean has(String child) {
    return module.has(child);
  }

  /** {@code hint = expression}, under a name that is free. */
  Value let(String hint, String expression, long... shape) {
    String name = hint;
    for (int i = 1; !names.add(name); i++) {
      name = hint + i;
    }
    lines.add(name + " = " + expression);
    return new Value(name, shape);
  }

  /** A line as it is, indented by the caller, with these values in their places. */
  @FormatMethod
  void line(String format, Object... values) {
    lines.add(format.formatted(values));
  }

  /** What this method does that is a multiplication with an addition, for one image. */
  void count(long multiplyAdds) {
    trace.count(multiplyAdds);
  }

  Value relu(Value x) {
    return let("relu", "torch.relu_(" + x.name() + ")", x.shape());
  }

  Value add(Value a, Value b) {
    if (!Arrays.equals(a.shape(), b.shape())) {
      throw new IllegalStateException(
          "shapes differ: %s and %s"
              .formatted(Arrays.toString(a.shape()), Arrays.toString(b.shape())));
    }
    return let("sum", "torch.add(%s, %s)".formatted(a.name(), b.name()), a.shape());
  }

  /** {@code scale} may be smaller than x and then broadcasts. */
  Value scale(Value x, Value scale) {
    return let("scaled", "torch.mul(%s, %s)".formatted(x.name(), scale.name()), x.shape());
  }

  /** Concatenates along the channels. */
  Value cat(Value... parts) {
    String list = Stream.of(parts).map(Value::name).collect(Collectors.joining(", "));
    long channels = Stream.of(parts).mapToLong(p -> p.size(1)).sum();
    return let("cat", "torch.cat([" + list + "], 1)", parts[0].with(1, channels));
  }

  /** Several results at once; the sizes are those of the first. */
  Value tuple(Value... parts) {
    String list = Stream.of(parts).map(Value::name).collect(Collectors.joining(", "));
    return new Value("(" + list + ")", parts[0].shape());
  }

  /** All but the batch in one dimension. */
  Value flatten(Value x) {
    return let("flat", "torch.flatten(" + x.name() + ", 1)", x.size(0), x.numel() / x.size(0));
  }

  /** Global average pooling: [N, C, H, W] to [N, C, 1, 1]. */
  Value averagePool(Value x) {
    String text = "torch.adaptive_avg_pool2d(" + x.name() + ", [1, 1])";
    return let("pooled", text, x.size(0), x.size(1), 1, 1);
  }

  /** Nothing at all if {@code p} is 0. */
  Value dropout(Value x, double p) {
    String text = "torch.dropout(%s, %s, self.training)".formatted(x.name(), number(p));
    return p == 0 ? x : let("dropped", text, x.shape());
  }

  /** The mean over height and width, [N, C, H, W] to [N, C]. */
  Value meanOverPixels(Value x) {
    return let("mean", "torch.mean(" + x.name() + ", [2, 3])", x.size(0), x.size(1));
  }

  Value permute(Value x, int... order) {
    long[] sizes = Arrays.stream(order).mapToLong(x::size).toArray();
    String text = "torch.permute(%s, %s)".formatted(x.name(), Arrays.toString(order));
    return let("permuted", text, sizes);
  }

  List<String> lines() {
    return List.copyOf(lines);
  }

  /** {@code self.layer1}, or {@code getattr(self, "0")} where the name is no identifier. */
  static String attribute(String name) {
    return isIdentifier(name) ? "self." + name : "getattr(self, \"" + name + "\")";
  }

  static boolean isIdentifier(String name) {
    return name.matches("[A-Za-z_]\\w*");
  }

  /** The shortest digits that read back as the same double, as {@code 1.0e-05}. */
  static String number(double value) {
    return Double.toString(value).toLowerCase(Locale.ROOT);
  }
}
