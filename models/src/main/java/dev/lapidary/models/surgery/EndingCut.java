package dev.lapidary.models.surgery;

import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.ending.TracedEnding;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Takes the softmax or sigmoid that a network ends in off, so that it gives logits. In the text the
 * one call that makes the scores becomes a call of a function that gives back what it is given. The
 * network that results is traced again: it must be the old one less that operator, operator by
 * operator, or it is not taken.
 */
public final class EndingCut {
  /** Each costs a trace. */
  private static final int MAX_TRIES = 24;

  private static final Pattern ALIAS = Pattern.compile(" +(\\w+) = ");

  /** What the function that gives its input back must take, by operator. */
  private static final Map<String, String> PARAMETERS =
      Map.of(
          "softmax", "input: Tensor, dim: int, dtype: Optional[int]=None",
          "log_softmax", "input: Tensor, dim: int, dtype: Optional[int]=None",
          "_softmax", "input: Tensor, dim: int, half_to_float: bool",
          "_log_softmax", "input: Tensor, dim: int, half_to_float: bool",
          "sigmoid", "input: Tensor",
          "hardsigmoid", "input: Tensor",
          "exp", "input: Tensor");

  /** The same of {@code torch.nn.functional}. */
  private static final Map<String, String> FUNCTIONAL =
      Map.of(
          "softmax",
          "input: Tensor, dim: Optional[int]=None, _stacklevel: int=3, dtype: Optional[int]=None",
          "log_softmax",
          "input: Tensor, dim: Optional[int]=None, _stacklevel: int=3, dtype: Optional[int]=None",
          "sigmoid",
          "input: Tensor",
          "hardsigmoid",
          "input: Tensor, inplace: bool=False");

  private final TorchScriptArchive archive;
  private final TraceOptions options;
  private final Graph whole;
  private final Node maker;

  private EndingCut(TorchScriptArchive archive, TraceOptions options, Graph whole, Node maker) {
    this.archive = archive;
    this.options = options;
    this.whole = whole;
    this.maker = maker;
  }

  /**
   * @param options the size of an image, for the traces
   * @param whole the archive's trace
   * @return the same tensors under the same names; empty where no one call makes the scores
   */
  public static Optional<TorchScriptArchive> of(
      TorchScriptArchive archive, TraceOptions options, Graph whole) {
    List<Node> makers = TracedEnding.of(whole).makers();
    return makers.size() == 1
        ? new EndingCut(archive, options, whole, makers.get(0)).cut()
        : Optional.empty();
  }

  /**
   * A network around this one that gives logits of its scores ({@code log} of a softmax's). What
   * float32 rounded to 0 or 1 gets the logit of the nearest number that it did not.
   */
  public static TorchScriptArchive undone(TorchScriptArchive archive, Scores scores) {
    String logits =
        switch (scores) {
          case LOGITS -> throw new IllegalArgumentException("logits are logits");
          case SOFTMAX -> "torch.log(torch.clamp_min(scores, %s))".formatted(Scores.MIN);
          case SIGMOID -> "torch.logit(scores, %s)".formatted(Scores.NEAREST);
        };
    return NetworkAround.of(
        archive, "Logits", List.of("scores = (net).forward(x, )", "return " + logits));
  }

  /** A call in the text: where the function's name stands, and the parameters it has. */
  private record Call(String path, int from, int to, String parameters, boolean atTheNode) {}

  private Optional<TorchScriptArchive> cut() {
    Stream<TorchScriptArchive> rewritten =
        calls().stream()
            .sorted(Comparator.comparing(call -> !call.atTheNode()))
            .limit(MAX_TRIES)
            .map(this::without);
    return Stream.concat(rewritten, exchanged().stream()).filter(this::isRemainder).findFirst();
  }

  /** With a module that gives back what it is given where the one that makes the scores is. */
  private Optional<TorchScriptArchive> exchanged() {
    if (maker.scope().isEmpty()) {
      return Optional.empty();
    }
    try {
      ModuleSwap swap = ModuleSwap.at(archive, maker.scope());
      PyObject identity = new PyObject(swap.className("Identity"));
      identity.attributes().put("training", new PyBool(false));
      String text =
          """
          class Identity(Module):
            __parameters__ = []
            __buffers__ = []
            training : bool
            def forward(self: %s,
              input: Tensor) -> Tensor:
              return input
          """
              .formatted(swap.className("Identity"));
      return Optional.of(swap.put(identity, text));
    } catch (Failure e) {
      return Optional.empty(); // it is called by another text than ModuleSwap reads
    }
  }

  private List<Call> calls() {
    String operator = maker.operator().replaceFirst("^aten::", "");
    String pure = operator.replaceFirst("^_", "").replaceFirst("_$", "");
    List<Call> calls = new ArrayList<>();
    for (String name : List.of(pure, "_" + pure)) {
      Optional.ofNullable(PARAMETERS.get(name))
          .ifPresent(
              parameters ->
                  add(calls, "\\btorch\\." + Pattern.quote(name) + "_?(?=\\()", parameters));
    }
    Optional.ofNullable(FUNCTIONAL.get(pure))
        .ifPresent(
            parameters ->
                add(
                    calls,
                    "__torch__\\.torch\\.nn\\.functional(\\.___torch_mangle_\\d+)?\\."
                        + Pattern.quote(pure)
                        + "(?![\\w.])",
                    parameters));
    return calls;
  }

  private void add(List<Call> calls, String pattern, String parameters) {
    archive
        .code()
        .forEach(
            (path, text) -> {
              Matcher matcher = Pattern.compile(pattern).matcher(text);
              while (matcher.find()) {
                calls.add(call(path, text, matcher, parameters));
                addAliased(calls, path, text, matcher, parameters);
              }
            });
  }

  /** {@code _0 = __torch__...softmax} names the function, which may be called several times. */
  private void addAliased(
      List<Call> calls, String path, String text, Matcher function, String parameters) {
    Matcher alias = ALIAS.matcher(text).region(0, function.start());
    int end = text.indexOf("\n  def ", function.end());
    if (alias.find(text.lastIndexOf('\n', function.start()) + 1)
        && alias.end() == function.start()) {
      Matcher use =
          Pattern.compile("\\b" + Pattern.quote(alias.group(1)) + "(?=\\()")
              .matcher(text)
              .region(function.end(), end < 0 ? text.length() : end);
      while (use.find()) {
        calls.add(call(path, text, use, parameters));
      }
    }
  }

  private Call call(String path, String text, Matcher name, String parameters) {
    long line = text.substring(0, name.start()).chars().filter(c -> c == '\n').count() + 1;
    boolean atTheNode =
        maker.location().file().equals("code/" + path) && maker.location().line() == line;
    return new Call(path, name.start(), name.end(), parameters, atTheNode);
  }

  private TorchScriptArchive without(Call call) {
    String file = ModuleSwap.freeName(archive.code());
    SortedMap<String, String> code = new TreeMap<>(archive.code());
    code.computeIfPresent(
        call.path(),
        (path, text) ->
            text.substring(0, call.from())
                + ("__torch__.lapidary." + file + ".logits")
                + text.substring(call.to()));
    String parameters = call.parameters().replace(", ", ",\n    ");
    String text = "def logits(" + parameters + ") -> Tensor:\n  return input\n";
    return ModuleSwap.with(archive.withCode(code), file, text, archive.root());
  }

  private boolean isRemainder(TorchScriptArchive cut) {
    try {
      Graph remainder = Tracer.trace(cut, options);
      return GraphText.of(remainder).equals(GraphText.of(whole, maker));
    } catch (Failure e) {
      return false; // it was another call, which something else needs
    }
  }
}
