package dev.lapidary.exporter.artifact;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.cli.CommandTree;
import java.util.List;

/**
 * The Java text of a model's class. It imports nothing and names all in full, since the class may
 * be called {@code Classifier}, {@code String} or {@code System} itself.
 */
final class TypedClass {
  private TypedClass() {}

  static String of(Coordinates name, ModelCard card, String model) {
    StringBuilder constants = new StringBuilder();
    List<String> names = LabelConstants.of(card.labels());
    for (int i = 0; i < names.size(); i++) {
      constants.append(
          """

            /** The label of index %d. */
            public static final java.lang.String %s = "%s";
          """
              .formatted(i, names.get(i), literal(card.labels().get(i))));
    }
    return """
    package %1$s;

    /**
     * The image classifier %2$s, version %3$s. Written by exporter jar of Lapidary %4$s; the model
     * is beside this class.
     */
    public final class %5$s {
    %6$s
      private %5$s() {}

      /** Opens the model; to be closed. */
      public static dev.lapidary.runtime.Classifier open() {
        return open(dev.lapidary.runtime.ClassifierOptions.DEFAULT);
      }

      /** The same with options. */
      public static dev.lapidary.runtime.Classifier open(
          dev.lapidary.runtime.ClassifierOptions options) {
        return dev.lapidary.runtime.Classifier.openResource(%5$s.class, "%7$s", options);
      }

      /** The self-test: the model is opened, and answers its card's golden images. */
      public static void main(java.lang.String[] arguments) {
        try (dev.lapidary.runtime.Classifier classifier = open()) {
          java.lang.System.out.println(
              "%5$s: golden images answered as when it was exported: "
                  + classifier.card().map(card -> card.golden().size()).orElse(0));
        } catch (dev.lapidary.core.failure.Failure e) {
          java.lang.System.err.println("error: " + e.getMessage());
          java.lang.System.exit(e.code().status());
        }
      }
    }
    """
        .formatted(
            name.packageName(),
            comment(card.name()),
            comment(card.version()),
            CommandTree.versionNumber(),
            name.className(),
            constants,
            model);
  }

  /** A name is anyone's: it ends no comment and begins no escape. */
  private static String comment(String text) {
    return text.replaceAll("[^\\p{L}\\p{Nd} ._-]", "?");
  }

  /**
   * A label as it stands between quotes. Java reads {@code backslash u} before it reads strings, so
   * that a quote or a line end written so would end the string: those are octal.
   */
  static String literal(String label) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < label.length(); i++) {
      char c = label.charAt(i);
      if (c > '~') {
        text.append(String.format("\\u%04x", (int) c));
      } else if (c < ' ' || c == '"' || c == '\\') {
        text.append(String.format("\\%03o", (int) c));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
