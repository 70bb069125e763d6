package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.Expression.Name;
import dev.lapidary.torchscript.script.Statement;
import dev.lapidary.torchscript.script.Syntax;
import dev.lapidary.trainer.program.FrozenCode.Meaning;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Divides a network into {@link Segments} between its blocks: at places between two steps that only
 * one tensor crosses, in {@code forward} and inside the submodules that are a list of such steps.
 */
public final class SegmentFinder {
  /** A residual block has two or more layers with weights; a segment is not worth less. */
  private static final int LAYERS = 2;

  private final FrozenCode code;
  private final RandomCode random;

  private SegmentFinder(TorchScriptArchive network) {
    this.code = new FrozenCode(network, Set.of());
    this.random = new RandomCode(code);
  }

  /**
   * What lies between two places that follow each other.
   *
   * @param call a method of the module's class from one tensor to one tensor
   * @param begins its first step: a module's path, or text
   * @param layers how many have weights
   * @param draws whether it may draw random numbers
   * @param methods that it needs
   */
  private record Piece(
      String call, String begins, int layers, boolean draws, List<NetworkCut.Halves> methods) {}

  /** Empty if there are not at least two. */
  public static Optional<Segments> find(TorchScriptArchive network) {
    SegmentFinder finder = new SegmentFinder(network);
    List<Piece> pieces = finder.pieces(new Meaning.Module("", network.root()), "forward");
    List<Segments.Segment> segments = new ArrayList<>();
    List<Piece> open = new ArrayList<>();
    for (Piece piece : pieces) {
      // The first layers work on the largest images; they are worth a segment of their own.
      if (piece.layers() > 0 && layers(open) >= (segments.isEmpty() ? 1 : LAYERS)) {
        segments.add(segment(open));
        open.clear();
      }
      open.add(piece);
    }
    if (!segments.isEmpty() && layers(open) < LAYERS) {
      Segments.Segment before = segments.remove(segments.size() - 1);
      segments.add(before.with(segment(open)));
    } else if (!open.isEmpty()) {
      segments.add(segment(open));
    }
    List<NetworkCut.Halves> methods = pieces.stream().flatMap(p -> p.methods().stream()).toList();
    return segments.size() < 2
        ? Optional.empty()
        : Optional.of(new Segments(segments, List.copyOf(new LinkedHashSet<>(methods))));
  }

  private static int layers(List<Piece> pieces) {
    return pieces.stream().mapToInt(Piece::layers).sum();
  }

  private static Segments.Segment segment(List<Piece> pieces) {
    return new Segments.Segment(
        pieces.get(0).begins(),
        pieces.stream().map(Piece::call).toList(),
        pieces.stream().anyMatch(Piece::draws));
  }

  /** Empty if the method is no list of steps from one tensor to one tensor. */
  private List<Piece> pieces(Meaning.Module module, String method) {
    return Body.of(code, module, method)
        .map(body -> pieces(body, module, method))
        .orElse(List.of());
  }

  private List<Piece> pieces(Body body, Meaning.Module module, String method) {
    String name = "lapidary_" + method + "_";
    List<Piece> pieces = new ArrayList<>();
    int from = 0;
    for (int to = 1; to <= body.size(); to++) {
      if (isBoundary(body, to)) {
        List<Piece> inner = inside(body, from, to);
        if (inner.size() > 1) {
          String input = input(body, from);
          String callee = body.path(call(body, from, to).orElseThrow().module());
          for (Piece piece : inner) {
            pieces.add(around(body, piece, name + pieces.size(), input, callee));
          }
        } else {
          pieces.add(piece(body, module, from, to, name + pieces.size()));
        }
        from = to;
      }
    }
    return pieces;
  }

  /** The end, or a place behind a step that more follows on than to return its result. */
  private static boolean isBoundary(Body body, int at) {
    return at == body.size()
        || (!body.isAlias(at - 1)
            && body.crossingTensor(at).isPresent()
            && !(body.statement(at) instanceof Statement.Return returned
                && returned.value().filter(Name.class::isInstance).isPresent()));
  }

  private static String input(Body body, int from) {
    return from == 0 ? body.parameter() : body.crossingTensor(from).orElseThrow();
  }

  /** Of the submodule that is all there is between two places. */
  private List<Piece> inside(Body body, int from, int to) {
    return call(body, from, to).map(call -> pieces(call.module(), call.method())).orElse(List.of());
  }

  private static Optional<Body.ModuleCall> call(Body body, int from, int to) {
    List<Integer> steps = new ArrayList<>();
    for (int i = from; i < to; i++) {
      if (!body.isAlias(i)) {
        steps.add(i);
      }
    }
    boolean last = to == body.size();
    if (steps.size() != (last ? 2 : 1)) {
      return Optional.empty(); // the last step but one, and to return its result
    }
    Optional<String> result =
        last ? returned(body.statement(steps.get(1))) : body.crossingTensor(to);
    return body.moduleCall(steps.get(0))
        .filter(c -> c.input().equals(input(body, from)))
        .filter(c -> result.filter(c.target()::equals).isPresent());
  }

  private static Optional<String> returned(Statement statement) {
    return statement instanceof Statement.Return returned
        ? returned.value().filter(Name.class::isInstance).map(value -> ((Name) value).id())
        : Optional.empty();
  }

  private static Piece around(Body body, Piece inner, String name, String input, String callee) {
    String line = "return (%s).%s(%s, )".formatted(callee, inner.call(), input);
    List<NetworkCut.Halves> methods = new ArrayList<>(inner.methods());
    methods.add(new NetworkCut.Halves(body.className(), body.method(name, input, List.of(line))));
    return new Piece(name, inner.begins(), inner.layers(), inner.draws(), methods);
  }

  private Piece piece(Body body, Meaning.Module module, int from, int to, String name) {
    List<String> lines = body.aliasTexts(from);
    lines.addAll(body.texts(from, to));
    body.crossingTensor(to).filter(c -> to < body.size()).ifPresent(c -> lines.add("return " + c));
    Set<PyTensor> weights = Collections.newSetFromMap(new IdentityHashMap<>());
    boolean draws = false;
    for (int i = from; i < to; i++) {
      if (!body.isAlias(i)) {
        collect(body, module, i, weights);
        draws |= random.mayDraw(body.statement(i), body.scope());
      }
    }
    return new Piece(
        name,
        body.shown(from),
        weights.size(),
        draws,
        List.of(
            new NetworkCut.Halves(body.className(), body.method(name, input(body, from), lines))));
  }

  /** Tensors of two and more dimensions that a step works with. */
  private void collect(Body body, Meaning.Module self, int line, Set<PyTensor> weights) {
    Syntax.walk(
        body.statement(line),
        part -> {
          Meaning meaning = code.meaning(part, body.scope());
          if (meaning instanceof Meaning.Module child && !child.equals(self)) {
            collect(child.object(), weights);
          } else if (meaning instanceof Meaning.Attributed attributed) {
            attributed.value().ifPresent(value -> collect(value, weights));
          }
        });
  }

  private static void collect(PyValue value, Set<PyTensor> weights) {
    if (value instanceof PyTensor tensor && tensor.tensor().shape().length >= 2) {
      weights.add(tensor);
    } else if (value instanceof PyObject object) {
      object.attributes().values().forEach(child -> collect(child, weights));
    }
  }
}
