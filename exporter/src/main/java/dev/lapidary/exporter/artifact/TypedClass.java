package dev.lapidary.exporter.artifact;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.cli.CommandTree;
import java.util.List;

/** The Java text of a model's class. */
final class TypedClass {
  private TypedClass() {}

  static String of(Coordinates name, ModelCard card, String model) {
    StringBuilder constants = new StringBuilder();
    List<String> names = LabelConstants.of(card.labels());
    for (int i = 0; i < names.size(); i++) {
      constants.append(
          """

            /** The label of index %d. */
            public static final String %s = "%s";
          """
              .formatted(i, names.get(i), literal(card.labels().get(i))));
    }
    return """
    package %1$s;

    import dev.lapidary.runtime.Classifier;
    import dev.lapidary.runtime.ClassifierOptions;

    /**
     * The image classifier %2$s, version %3$s. Written by exporter jar of Lapidary %4$s; the model
     * is beside this class.
     */
    public final class %5$s {
    %6$s
      private %5$s() {}

      /** Opens the model; to be closed. */
      public static Classifier open() {
        return open(ClassifierOptions.DEFAULT);
      }

      /** The same with options. */
      public static Classifier open(ClassifierOptions options) {
        return Classifier.openResource(%5$s.class, "%7$s", options);
      }

      /** The self-test: the model is opened, and answers its card's golden images. */
      public static void main(String[] arguments) {
        try (Classifier classifier = open()) {
          System.out.println(
              "%5$s: golden images answered as when it was exported: "
                  + classifier.card().map(card -> card.golden().size()).orElse(0));
        } catch (dev.lapidary.core.failure.Failure e) {
          System.err.println("error: " + e.getMessage());
          System.exit(e.code().status());
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

  private static String literal(String label) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < label.length(); i++) {
      char c = label.charAt(i);
      if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
        text.append(c);
      } else {
        text.append(String.format("\\u%04x", (int) c).replace("\\u000a", "\\n"));
      }
    }
    return text.toString();
  }
}
