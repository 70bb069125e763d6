package dev.lapidary.trainer.cli;

import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.RunYaml.Setting;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * A flag that is a short form of a key of {@code run.yaml}, whose type and default it has.
 *
 * @param key such as {@code data.val-split}
 * @param names with their dashes
 * @param label of its value in the help
 * @param negated whether it sets a boolean to false
 * @param reader of a value that is written otherwise than in YAML; the default is not shown then
 *     where it cannot be written
 * @param chosen whether a {@code --recipe} chooses it, so that it has no one default
 * @param help what it does
 */
record RunFlag(
    String key,
    List<String> names,
    String label,
    boolean negated,
    Optional<ITypeConverter<Integer>> reader,
    boolean chosen,
    String help) {

  /** That the help lists it by. */
  String longestName() {
    return Collections.max(names, Comparator.comparingInt(String::length));
  }

  /** As picocli has it. */
  OptionSpec option() {
    KeyType type = KeyType.of(key);
    OptionSpec.Builder option =
        OptionSpec.builder(names.toArray(String[]::new)).description(help).type(type.type());
    if (type.type() == boolean.class) {
      return option.build();
    }
    option.paramLabel(label).arity("1");
    if (type.isList()) {
      option.type(List.class).auxiliaryTypes(type.type()).splitRegex(",");
    } else if (!type.kinds().isEmpty()) {
      option.type(String.class).completionCandidates(type.kinds());
      option.converters((ITypeConverter<String>) text -> kind(text, type.kinds()));
    } else if (reader.isPresent()) {
      option.converters(reader.get());
    }
    boolean ofOneOptimizer = key.startsWith("stages.optimizer."); // which is not every run's
    if (!chosen && !ofOneOptimizer) {
      RunYaml.defaultOf(key).filter(this::isReadable).ifPresent(option::defaultValue);
    }
    return option.build();
  }

  /** What a given value changes; empty for a switch that is off. */
  Optional<Setting> setting(Object value) {
    if (KeyType.of(key).type() != boolean.class) {
      return Optional.of(new Setting(key, value));
    }
    return value.equals(true) ? Optional.of(new Setting(key, !negated)) : Optional.empty();
  }

  private boolean isReadable(String text) {
    try {
      if (reader.isPresent()) {
        reader.get().convert(text);
      }
      return true;
    } catch (Exception e) {
      return false;
    }
  }

  private static String kind(String text, List<String> kinds) {
    String kind = text.toLowerCase(Locale.ROOT).replace('_', '-');
    if (!kinds.contains(kind)) {
      throw new TypeConversionException(
          "expected one of %s (case-insensitive) but was '%s'".formatted(kinds, text));
    }
    return kind;
  }
}
