package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.program.FrozenCode.Meaning;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the deepest {@link NetworkCut} of a network for a choice of trained parameters: in {@code
 * forward}, the last place between two steps that only one tensor crosses and before which
 * everything is frozen; then, if the next step is a submodule, inside that, and so on.
 */
public final class CutFinder {
  private final FrozenCode code;
  private String reason = "";

  private CutFinder(FrozenCode code) {
    this.code = code;
  }

  /**
   * @param reason why there is no cut; empty if there is one
   */
  public record Found(Optional<NetworkCut> cut, String reason) {}

  /** A cut inside a module; {@code weights} tells whether tensors of the network lie before it. */
  private record Split(String before, List<NetworkCut.Halves> methods, boolean weights) {}

  /**
   * @param trained names of parameters, as {@link TrainingProgram#train} takes them
   */
  public static Found find(TorchScriptArchive network, Set<String> trained) {
    CutFinder finder = new CutFinder(new FrozenCode(network, trained));
    Optional<Split> split = finder.search(new Meaning.Module("", network.root()), "forward", 0);
    if (split.isPresent() && !split.get().weights()) {
      String first = "nothing with weights comes before %s, which is trained or random";
      return new Found(Optional.empty(), first.formatted(split.get().before()));
    }
    return new Found(
        split.map(found -> new NetworkCut(found.before(), found.methods())),
        split.isPresent() ? "" : finder.reason);
  }

  private Optional<Split> search(Meaning.Module module, String method, int depth) {
    Optional<Body> body = Body.of(code, module, method);
    if (body.isEmpty()) {
      reason =
          "%s is not a list of steps from one tensor to one tensor"
              .formatted((module.path().isEmpty() ? "" : module.path() + ".") + method);
      return Optional.empty();
    }
    return new Level(body.get(), depth).split();
  }

  /** One method's body. */
  private final class Level {
    private final Body body;
    private final int depth;
    private boolean weights;
    private int frozen;

    Level(Body body, int depth) {
      this.body = body;
      this.depth = depth;
      for (int i = 0; i < body.size() && isFrozen(i); i++) {
        weights |= !body.isAlias(i) && code.usesTensors(body.statement(i), body.scope());
        frozen++;
      }
    }

    private boolean isFrozen(int line) {
      return body.isAlias(line) || code.isFrozen(body.statement(line), body.scope());
    }

    Optional<Split> split() {
      Optional<Split> inner = descend();
      if (inner.isPresent()) {
        return inner;
      }
      for (int at = frozen; at > 0; at--) {
        Optional<String> crossing = body.crossingTensor(at);
        if (crossing.isPresent()) {
          return Optional.of(at(at, crossing.get()));
        }
      }
      reason =
          weights
              ? "more than one tensor crosses every place before " + body.shown(frozen)
              : body.shown(frozen) + " comes first and is trained or random";
      return Optional.empty();
    }

    /** Goes on inside the first step that is not frozen, if it is a submodule of one tensor. */
    private Optional<Split> descend() {
      if (frozen >= body.size()) {
        return Optional.empty();
      }
      return body.moduleCall(frozen)
          .filter(call -> body.crossing(frozen).equals(Set.of(call.input())))
          .flatMap(
              call ->
                  search(call.module(), call.method(), depth + 1)
                      .filter(Split::weights)
                      .map(inner -> around(inner, call)));
    }

    private Split around(Split inner, Body.ModuleCall call) {
      String callee = body.path(call.module());
      List<String> before = new ArrayList<>(body.texts(0, frozen));
      before.add(
          "return (%s).%s(%s, )".formatted(callee, at(NetworkCut.PREFIX, depth + 1), call.input()));
      List<String> after = body.aliasTexts(frozen);
      String crossing = "crossing_" + NetworkCut.NUMBER;
      after.add(
          "%s = (%s).%s(%s, )"
              .formatted(call.target(), callee, at(NetworkCut.SUFFIX, depth + 1), crossing));
      after.addAll(body.texts(frozen + 1, body.size()));
      List<NetworkCut.Halves> methods = new ArrayList<>(List.of(halves(before, crossing, after)));
      methods.addAll(inner.methods());
      return new Split(inner.before(), methods, weights || inner.weights());
    }

    private Split at(int index, String crossing) {
      List<String> before = new ArrayList<>(body.texts(0, index));
      before.add("return torch.contiguous(" + crossing + ")");
      List<String> after = body.aliasTexts(index);
      after.addAll(body.texts(index, body.size()));
      return new Split(body.shown(index), List.of(halves(before, crossing, after)), weights);
    }

    private NetworkCut.Halves halves(List<String> before, String crossing, List<String> after) {
      String text =
          body.method(at(NetworkCut.PREFIX, depth), body.parameter(), before)
              + body.method(at(NetworkCut.SUFFIX, depth), crossing, after);
      return new NetworkCut.Halves(body.className(), text);
    }

    /** A half of the body's, or of one below. */
    private static String at(String half, int depth) {
      return depth == 0 ? half : half + "_" + depth;
    }
  }
}
