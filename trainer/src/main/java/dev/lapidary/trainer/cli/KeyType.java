package dev.lapidary.trainer.cli;

import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunDefaults;
import dev.lapidary.trainer.plan.Schedule;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.UpdateRule;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The type of a key of {@code run.yaml}, as the records of a run have it.
 *
 * @param type of the value, or of the list's values
 * @param kinds that can be chosen, of an optimizer and of a schedule's shape
 */
record KeyType(Class<?> type, boolean isList, List<String> kinds) {

  /**
   * @param key with {@code stages.} for any stage
   */
  static KeyType of(String key) {
    Type type = RunConfig.class;
    for (String name : key.split("\\.")) {
      type = name.equals("stages") ? StageConfig.class : component((Class<?>) type, name);
    }
    if (type instanceof ParameterizedType several) {
      Class<?> inner = (Class<?>) several.getActualTypeArguments()[0];
      return new KeyType(inner, several.getRawType() == List.class, List.of());
    }
    return new KeyType((Class<?>) type, false, kinds(type));
  }

  /** Of a section of several kinds it may be a key of one of them: an optimizer's. */
  private static Type component(Class<?> section, String name) {
    Stream<Class<?>> records =
        section.isSealed() ? Arrays.stream(section.getPermittedSubclasses()) : Stream.of(section);
    return records
        .flatMap(record -> Arrays.stream(record.getRecordComponents()))
        .filter(c -> kebab(c.getName()).equals(name))
        .findFirst()
        .map(RecordComponent::getGenericType)
        .orElseThrow(() -> new IllegalArgumentException(section + " has no " + name));
  }

  private static String kebab(String name) {
    return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  /** A flag has no room for the milestones of multistep. */
  private static List<String> kinds(Type type) {
    if (type == UpdateRule.class) {
      return List.copyOf(RunDefaults.OPTIMIZERS.keySet());
    }
    return type == Schedule.Shape.class
        ? RunDefaults.SHAPES.keySet().stream().filter(name -> !name.equals("multistep")).toList()
        : List.of();
  }
}
