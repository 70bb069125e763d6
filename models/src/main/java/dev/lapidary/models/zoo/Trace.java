package dev.lapidary.models.zoo;

import dev.lapidary.models.zoo.Module.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Runs a network's description once over shapes, which gives every module's text and the
 * multiply-adds for one image.
 */
final class Trace {
  /** A method that has run: its lines without the return, and the expression returned. */
  record Text(Method method, List<String> lines, String result) {}

  private final Map<Module, Map<String, Text>> texts = new HashMap<>();
  private long multiplyAdds;

  private Trace() {}

  /** Runs all the root's methods; the counts are those of {@code forward}. */
  static Trace of(Module root, long... inputShape) {
    Trace trace = new Trace();
    trace.run(root, Module.FORWARD, inputShape);
    long forward = trace.multiplyAdds;
    for (Method method : root.methods()) {
      if (!method.name().equals(Module.FORWARD)) {
        trace.run(root, method.name(), inputShape);
      }
    }
    trace.multiplyAdds = forward;
    return trace;
  }

  Value run(Module module, String name, long... inputShape) {
    Method method = module.methodNamed(name);
    Forward forward = new Forward(this, module);
    Value result = method.body().write(forward, new Value("x", inputShape));
    Text text = new Text(method, forward.lines(), result.name());
    Text before = texts.computeIfAbsent(module, m -> new TreeMap<>()).put(name, text);
    if (before != null && !before.equals(text)) {
      throw new IllegalStateException(module.type() + " has two texts of " + name);
    }
    return result;
  }

  void count(long more) {
    multiplyAdds += more;
  }

  long multiplyAdds() {
    return multiplyAdds;
  }

  /** Every method's text; a module that no method calls is a mistake in its network. */
  Map<String, Text> texts(Module module) {
    return Objects.requireNonNull(
        texts.get(module), () -> "no method calls the module " + module.type());
  }
}
