package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The ways in which a file's names can be read: as they are, without the prefixes that wrappers put
 * in front, and in torchvision's names where another library made the file.
 */
final class Naming {
  /** DataParallel, torch.compile, and what people call the network inside of theirs. */
  private static final List<String> PREFIXES =
      List.of("module.", "_orig_mod.", "backbone.", "model.", "net.", "network.", "encoder.");

  private static final List<Dialect> DIALECTS =
      List.of(
          OlderTorchvision.DENSENET,
          OlderTorchvision.VISION_TRANSFORMER,
          TimmConvNeXt.DIALECT,
          TimmEfficientNet.DIALECT,
          TimmMnasNet.DIALECT,
          TimmMobileNetV2.DIALECT,
          TimmRegNet.DIALECT,
          TimmSwinTransformer.DIALECT,
          TimmSwinTransformer.FIRST,
          TimmVgg.DIALECT,
          TimmVisionTransformer.DIALECT);

  private static final int MOST_PREFIXES = 3;

  private Naming() {}

  /**
   * One reading.
   *
   * @param tensors by the names as read
   * @param sourceNames the file's name of each
   * @param notes what was done to the names
   */
  record Names(Map<String, Tensor> tensors, Map<String, String> sourceNames, List<String> notes) {

    /** With other names; a name that is taken already stays as it is. */
    Names renamed(String note, UnaryOperator<String> rename) {
      Map<String, Tensor> renamed = new LinkedHashMap<>();
      Map<String, String> sources = new LinkedHashMap<>();
      tensors.forEach(
          (name, tensor) -> {
            String wanted = rename.apply(name);
            boolean taken = renamed.containsKey(wanted) || tensors.containsKey(wanted);
            String given = taken ? name : wanted;
            renamed.put(given, tensor);
            sources.put(given, sourceNames.getOrDefault(name, name));
          });
      return new Names(renamed, sources, plus(note));
    }

    private List<String> plus(String note) {
      List<String> all = new ArrayList<>(notes);
      all.add(note);
      return List.copyOf(all);
    }
  }

  static List<Names> readings(NamedTensors source) {
    List<Names> readings = new ArrayList<>();
    readings.add(new Names(source.tensors(), Map.of(), List.of()));
    int from = 0;
    for (int depth = 0; depth < MOST_PREFIXES; depth++) {
      int to = readings.size();
      for (Names names : List.copyOf(readings.subList(from, to))) {
        PREFIXES.forEach(prefix -> withoutPrefix(names, prefix).ifPresent(readings::add));
      }
      from = to;
    }
    for (Names names : List.copyOf(readings)) {
      for (Dialect dialect : DIALECTS) {
        if (dialect.isSpokenIn(names.tensors().keySet())) {
          readings.add(names.renamed("read the names of " + dialect.name(), dialect.translation()));
        }
      }
    }
    return readings;
  }

  private static Optional<Names> withoutPrefix(Names names, String prefix) {
    if (names.tensors().keySet().stream().noneMatch(name -> name.startsWith(prefix))) {
      return Optional.empty();
    }
    return Optional.of(
        names.renamed(
            "removed the prefix " + Quote.of(prefix),
            name -> name.startsWith(prefix) ? name.substring(prefix.length()) : name));
  }
}
