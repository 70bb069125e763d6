package dev.lapidary.trainer.program;

import dev.lapidary.models.archive.TorchScriptArchive;
import dev.lapidary.models.script.Expression.Attribute;
import dev.lapidary.models.script.Expression.Call;
import dev.lapidary.models.script.Expression.Name;
import dev.lapidary.models.script.Statement;
import dev.lapidary.trainer.program.FrozenCode.Meaning;
import dev.lapidary.trainer.program.FrozenCode.Scope;
import dev.lapidary.trainer.program.StraightLine.Line;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the deepest {@link Cut} of a network for a choice of trained parameters: in {@code
 * forward}, the last place between two steps that only one tensor crosses and before which
 * everything is frozen; then, if the next step is a submodule, inside that, and so on.
 */
public final class CutFinder {
  /** Operators whose result can be nothing but a tensor. */
  static final Set<String> GIVE_TENSORS =
      Set.of(
          "torch.relu",
          "torch.relu_",
          "torch.relu6",
          "torch.hardtanh_",
          "torch.hardswish_",
          "torch.silu",
          "torch.silu_",
          "torch.gelu",
          "torch.flatten",
          "torch.max_pool2d",
          "torch.avg_pool2d",
          "torch.adaptive_avg_pool2d",
          "torch.cat",
          "torch.mean",
          "torch.permute",
          "torch.reshape",
          "torch.view",
          "torch.select",
          "torch.batch_norm",
          "torch.layer_norm",
          "torch.contiguous");

  private static final int SHOWN = 60;

  private final TorchScriptArchive network;
  private final FrozenCode code;
  private String reason = "";

  private CutFinder(TorchScriptArchive network, FrozenCode code) {
    this.network = network;
    this.code = code;
  }

  /**
   * @param reason why there is no cut; empty if there is one
   */
  public record Found(Optional<Cut> cut, String reason) {}

  /** A cut inside a module; {@code weights} tells whether tensors of the network lie before it. */
  private record Split(String before, List<Cut.Halves> methods, boolean weights) {}

  /**
   * @param trained names of parameters, as {@link TrainingProgram#train} takes them
   */
  public static Found find(TorchScriptArchive network, Set<String> trained) {
    CutFinder finder = new CutFinder(network, new FrozenCode(network, trained));
    Optional<Split> split = finder.search(new Meaning.Module("", network.root()), "forward", 0);
    if (split.isPresent() && !split.get().weights()) {
      String first = "nothing with weights comes before %s, which is trained or random";
      return new Found(Optional.empty(), first.formatted(split.get().before()));
    }
    return new Found(
        split.map(found -> new Cut(found.before(), found.methods())),
        split.isPresent() ? "" : finder.reason);
  }

  private Optional<Split> search(Meaning.Module module, String method, int depth) {
    Optional<StraightLine> body =
        code.method(module, method).flatMap(m -> StraightLine.of(m, source(module)));
    if (body.isEmpty()) {
      reason =
          "%s is not a list of steps from one tensor to one tensor"
              .formatted((module.path().isEmpty() ? "" : module.path() + ".") + method);
      return Optional.empty();
    }
    return new Level(module, body.get(), depth).split();
  }

  private String source(Meaning.Module module) {
    return Objects.requireNonNullElse(network.code().get(file(module.object().className())), "");
  }

  /** The code file of a class. */
  static String file(String className) {
    return className.substring(0, className.lastIndexOf('.')).replace('.', '/') + ".py";
  }

  /** One method's body. */
  private final class Level {
    private final Meaning.Module module;
    private final StraightLine body;
    private final int depth;
    private final Scope scope;
    private final List<Boolean> aliases = new ArrayList<>();
    private boolean weights;
    private int frozen;

    Level(Meaning.Module module, StraightLine body, int depth) {
      this.module = module;
      this.body = body;
      this.depth = depth;
      this.scope = new Scope(module);
      for (Line line : body.lines()) {
        boolean alias = code.isAlias(line.statement(), scope);
        if (!alias && !code.isFrozen(line.statement(), scope)) {
          break;
        }
        weights |= !alias && code.usesTensors(line.statement(), scope);
        aliases.add(alias);
        frozen++;
      }
    }

    Optional<Split> split() {
      Optional<Split> inner = descend();
      if (inner.isPresent()) {
        return inner;
      }
      for (int at = frozen; at > 0; at--) {
        Set<String> crossing = crossing(at);
        if (crossing.size() == 1 && isTensor(crossing.iterator().next(), at)) {
          return Optional.of(at(at, crossing.iterator().next()));
        }
      }
      reason =
          weights
              ? "more than one tensor crosses every place before " + shown(frozen)
              : shown(frozen) + " comes first and is trained or random";
      return Optional.empty();
    }

    /** Goes on inside the first step that is not frozen, if it is a submodule of one tensor. */
    private Optional<Split> descend() {
      if (frozen >= body.lines().size()
          || !(body.lines().get(frozen).statement() instanceof Statement.Assign assign)
          || !(assign.targets().get(0) instanceof Name target)
          || !(assign.value() instanceof Call call)
          || !(call.function() instanceof Attribute attribute)
          || call.arguments().size() != 1
          || !call.keywords().isEmpty()
          || !(call.arguments().get(0) instanceof Name input)
          || !crossing(frozen).equals(Set.of(input.id()))
          || !(code.meaning(attribute.object(), scope).orElse(new Meaning.Constant())
              instanceof Meaning.Module child)) {
        return Optional.empty();
      }
      return search(child, attribute.name(), depth + 1)
          .filter(Split::weights)
          .map(inner -> around(inner, child, input.id(), target.id()));
    }

    private Split around(Split inner, Meaning.Module child, String input, String target) {
      String callee = path(child);
      List<String> before = new ArrayList<>(texts(0, frozen));
      before.add("return (%s).%s(%s, )".formatted(callee, name(Cut.PREFIX, depth + 1), input));
      List<String> after = aliasTexts(frozen);
      String crossing = "crossing_" + Cut.NUMBER;
      after.add(
          "%s = (%s).%s(%s, )".formatted(target, callee, name(Cut.SUFFIX, depth + 1), crossing));
      after.addAll(texts(frozen + 1, body.lines().size()));
      List<Cut.Halves> methods = new ArrayList<>(List.of(halves(before, crossing, after)));
      methods.addAll(inner.methods());
      return new Split(inner.before(), methods, weights || inner.weights());
    }

    private Split at(int place, String crossing) {
      List<String> before = new ArrayList<>(texts(0, place));
      before.add("return torch.contiguous(" + crossing + ")");
      List<String> after = aliasTexts(place);
      after.addAll(texts(place, body.lines().size()));
      return new Split(shown(place), List.of(halves(before, crossing, after)), weights);
    }

    private Cut.Halves halves(List<String> before, String crossing, List<String> after) {
      String name = module.object().className();
      String text =
          method(name(Cut.PREFIX, depth), name, body.parameter(), before)
              + method(name(Cut.SUFFIX, depth), name, crossing, after);
      return new Cut.Halves(name, text);
    }

    private static String name(String method, int depth) {
      return depth == 0 ? method : method + "_" + depth;
    }

    private static String method(
        String name, String className, String parameter, List<String> lines) {
      return "  def %s(self: %s, %s: Tensor) -> Tensor:\n    %s\n"
          .formatted(name, className, parameter, String.join("\n    ", lines));
    }

    private List<String> texts(int from, int to) {
      return body.lines().subList(from, to).stream().map(Line::text).toList();
    }

    /** What the second part needs to know again. */
    private List<String> aliasTexts(int to) {
      List<String> texts = new ArrayList<>();
      for (int i = 0; i < to; i++) {
        if (aliases.get(i)) {
          texts.add(body.lines().get(i).text());
        }
      }
      return texts;
    }

    /** Variables that are computed before a place, or come in, and are read after it. */
    private Set<String> crossing(int place) {
      Set<String> computed = new HashSet<>(Set.of(body.parameter()));
      for (int i = 0; i < place; i++) {
        if (!aliases.get(i)) {
          computed.addAll(Syntax.writes(body.lines().get(i).statement()));
        }
      }
      Set<String> read = new HashSet<>();
      for (Line line : body.lines().subList(place, body.lines().size())) {
        read.addAll(Syntax.reads(line.statement()));
      }
      computed.retainAll(read);
      return computed;
    }

    private boolean isTensor(String variable, int place) {
      for (int i = place - 1; i >= 0; i--) {
        Statement statement = body.lines().get(i).statement();
        if (Syntax.writes(statement).contains(variable)) {
          return statement instanceof Statement.Assign assign
              && !assign.unpack()
              && assign.value() instanceof Call call
              && code.givesTensor(call, scope);
        }
      }
      return false;
    }

    /** The first step from a place on: its module's path, or its text. */
    private String shown(int place) {
      for (Line line : body.lines().subList(place, body.lines().size())) {
        if (code.isAlias(line.statement(), scope)) {
          continue;
        }
        if (line.statement() instanceof Statement.Assign assign
            && assign.value() instanceof Call call
            && call.function() instanceof Attribute attribute
            && code.meaning(attribute.object(), scope).orElse(new Meaning.Constant())
                instanceof Meaning.Module child
            && !child.path().isEmpty()) {
          return child.path();
        }
        String text = line.text().lines().findFirst().orElse("");
        return "'" + (text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text) + "'";
      }
      return "the end";
    }

    /** A module below this one, or this one. */
    private String path(Meaning.Module child) {
      String own = module.path();
      String relative = child.path().substring(own.isEmpty() ? 0 : own.length());
      String expression = "self";
      for (String attribute : relative.split("\\.")) {
        if (!attribute.isEmpty()) {
          expression = "getattr(" + expression + ", \"" + attribute + "\")";
        }
      }
      return expression;
    }
  }
}
