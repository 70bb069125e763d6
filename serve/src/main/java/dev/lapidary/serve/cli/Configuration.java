package dev.lapidary.serve.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import io.micronaut.context.env.PropertiesPropertySourceLoader;
import io.micronaut.context.env.PropertySourceLoader;
import io.micronaut.context.env.yaml.YamlPropertySourceLoader;
import io.micronaut.core.naming.NameUtils;
import io.micronaut.jackson.core.env.JsonPropertySourceLoader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Options of {@code serve run} that no flag gives, named as Micronaut names configuration: {@code
 * LAPIDARY_SERVE_MAX_BATCH} in the environment, else {@code lapidary.serve.max-batch} in the files
 * of {@code MICRONAUT_CONFIG_FILES} (YAML, JSON or properties, read by Micronaut's own loaders; a
 * later file wins). A name that is no option is refused, so that nothing that was meant is
 * disregarded.
 */
final class Configuration implements IDefaultValueProvider {
  private static final String KEY = "lapidary.serve.";
  private static final String VARIABLE = "LAPIDARY_SERVE_";
  private static final String FILES = "MICRONAUT_CONFIG_FILES";
  private static final Set<String> COMMON =
      Set.of("help", "help-all", "version", "quiet", "stacktrace");
  private static final Pattern WHOLE = Pattern.compile("-?[0-9]+");

  /** Which Kubernetes sets of its own accord where a service is called lapidary-serve. */
  private static final Pattern OF_A_SERVICE =
      Pattern.compile("SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_.*)?");

  private final Map<String, String> environment;
  private final Optional<String> files;
  private @Nullable Map<String, Setting> settings;

  /**
   * @param source where it says so
   */
  private record Setting(String source, String value) {}

  /** Of this process. */
  Configuration() {
    this(
        System.getenv(),
        Optional.ofNullable(System.getProperty("micronaut.config.files"))
            .or(() -> Optional.ofNullable(System.getenv(FILES))));
  }

  /**
   * @param files separated by commas
   */
  Configuration(Map<String, String> environment, Optional<String> files) {
    this.environment = Map.copyOf(environment);
    this.files = files.filter(names -> !names.isBlank());
  }

  /** Null, as picocli has it, where nothing says it. */
  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option)) {
      return null;
    }
    try {
      Setting setting = settings(option.command()).get(name(option));
      return setting == null ? null : checked(option, setting);
    } catch (Failure e) {
      throw new ParameterException(option.command().commandLine(), Failure.reason(e), e);
    }
  }

  private static String name(OptionSpec option) {
    return option.longestName().replaceFirst("^--", "");
  }

  /** What picocli would say names the flag, which nobody gave. */
  private static String checked(OptionSpec option, Setting setting) {
    Class<?> type = option.typeInfo().getType();
    boolean whole =
        type == int.class
            || (type == Optional.class && option.auxiliaryTypes()[0] == Integer.class);
    if (whole && !WHOLE.matcher(setting.value()).matches()) {
      throw Failure.badInput(
          "%s is '%s', expected a whole number", setting.source(), setting.value());
    }
    if (type.isEnum()) {
      Set<String> names =
          Arrays.stream(type.getEnumConstants())
              .map(Object::toString)
              .collect(Collectors.toCollection(TreeSet::new));
      if (!names.contains(setting.value().toLowerCase(Locale.ROOT))) {
        throw Failure.badInput(
            "%s is '%s', expected one of %s", setting.source(), setting.value(), names);
      }
    }
    return setting.value();
  }

  private Map<String, Setting> settings(CommandSpec command) {
    Map<String, Setting> known = settings;
    if (known == null) {
      Set<String> names =
          command.options().stream()
              .map(Configuration::name)
              .filter(name -> !COMMON.contains(name))
              .collect(Collectors.toCollection(TreeSet::new));
      known = new TreeMap<>();
      for (String file : files.map(all -> all.split(",", -1)).orElse(new String[0])) {
        addFile(file.strip(), names, known);
      }
      addVariables(names, known);
      settings = known;
    }
    return known;
  }

  private void addVariables(Set<String> names, Map<String, Setting> to) {
    environment.forEach(
        (variable, value) -> {
          if (!variable.startsWith(VARIABLE)) {
            return;
          }
          String remainder = variable.substring(VARIABLE.length());
          if (OF_A_SERVICE.matcher(remainder).matches() || value.startsWith("tcp://")) {
            return;
          }
          String name = remainder.toLowerCase(Locale.ROOT).replace('_', '-');
          if (!names.contains(name)) {
            throw Failure.badInput(
                "the environment variable %s is no option of serve run%s",
                variable, near(name, names, Configuration::variable));
          }
          to.put(name, new Setting("the environment variable " + variable, value));
        });
  }

  private static String variable(String name) {
    return VARIABLE + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /** The nearest names, as they would be written there. */
  private static String near(String name, Set<String> names, UnaryOperator<String> written) {
    List<String> near = NearNames.of(name, names).stream().map(written).toList();
    return near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
  }

  private static void addFile(String text, Set<String> names, Map<String, Setting> to) {
    Path file = file(text);
    for (Map.Entry<String, Object> entry : read(file).entrySet()) {
      String key = NameUtils.hyphenate(entry.getKey(), true);
      if (!key.startsWith(KEY)) {
        continue; // somebody else's
      }
      String name = key.substring(KEY.length());
      if (!names.contains(name)) {
        throw Failure.badInput(
            "%s: unknown key %s%s", file, key, near(name, names, other -> KEY + other));
      }
      to.put(name, new Setting(file + ": " + key, text(entry.getValue())));
    }
  }

  private static String text(Object value) {
    return value instanceof Collection<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
        : String.valueOf(value);
  }

  private static Path file(String text) {
    try {
      return Path.of(text.replaceFirst("^file:", ""));
    } catch (InvalidPathException e) {
      throw Failure.badInput("%s names '%s', which is no path", FILES, text);
    }
  }

  private static PropertySourceLoader loader(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return Stream.of(
            new YamlPropertySourceLoader(),
            new JsonPropertySourceLoader(),
            new PropertiesPropertySourceLoader())
        .filter(each -> each.getExtensions().stream().anyMatch(e -> name.endsWith("." + e)))
        .findFirst()
        .orElseThrow(
            () ->
                Failure.badInput(
                    "%s names %s, expected a file that ends in .yml, .yaml, .json or .properties",
                    FILES, file));
  }

  private static Map<String, Object> read(Path file) {
    PropertySourceLoader loader = loader(file);
    try (InputStream in = Files.newInputStream(file)) {
      return loader.read(file.toString(), in);
    } catch (IOException e) {
      throw Failure.badInput(
          "%s names %s, which cannot be read: %s", FILES, file, Failure.reason(e));
    } catch (RuntimeException e) { // of each format's own reader
      throw Failure.badInput("%s: %s", file, Failure.reason(e).lines().findFirst().orElse(""));
    }
  }
}
