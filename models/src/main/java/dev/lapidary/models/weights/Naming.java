package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The ways in which a file's names can be read: as they are, without the prefixes that wrappers put
 * in front ({@link Prefixes} finds them), and in torchvision's names where another library made the
 * file.
 */
final class Naming {
  private static final List<Dialect> DIALECTS = Dialects.read();

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
            boolean stays = tensors.containsKey(wanted) && rename.apply(wanted).equals(wanted);
            boolean taken = renamed.containsKey(wanted) || (stays && !wanted.equals(name));
            String given = taken ? name : wanted;
            renamed.put(given, tensor);
            sources.put(given, sourceNames.getOrDefault(name, name));
          });
      List<String> said = new ArrayList<>(notes);
      said.add(note);
      return new Names(renamed, sources, said);
    }

    /** Without a prefix, where a name has it. */
    Names without(String prefix) {
      return renamed(
          "removed the prefix " + Quote.of(prefix),
          name -> name.startsWith(prefix) ? name.substring(prefix.length()) : name);
    }

    /** In torchvision's names. */
    Names read(Dialect dialect) {
      return dialect
          .parts()
          .map(this::whole)
          .orElse(this)
          .renamed("read the names of " + dialect.name(), dialect.translation());
    }

    private Names whole(Dialect.Parts parts) {
      Stacked stacked = Stacked.of(tensors, parts);
      Map<String, String> sources = new LinkedHashMap<>(sourceNames);
      stacked
          .from()
          .forEach(
              (name, from) ->
                  sources.put(
                      name,
                      from.stream()
                          .map(part -> sourceNames.getOrDefault(part, part))
                          .collect(Collectors.joining(" + "))));
      return new Names(stacked.tensors(), sources, notes);
    }
  }

  /**
   * Names as they are first.
   *
   * @param target tensors of the network by name
   */
  static List<Names> readings(Map<String, Tensor> source, Map<String, Tensor> target) {
    List<Names> readings = new ArrayList<>();
    Names plain = new Names(source, Map.of(), List.of());
    readings.add(plain);
    for (String prefix : Prefixes.common(source.keySet())) {
      Names shorter = prefix.isEmpty() ? plain : plain.without(prefix);
      for (Dialect dialect : DIALECTS) {
        if (dialect.isSpokenIn(shorter.tensors().keySet())) {
          readings.add(shorter.read(dialect));
        }
      }
    }
    for (Names names : List.copyOf(readings)) {
      readings.addAll(Prefixes.removed(names, target));
    }
    return readings;
  }
}
