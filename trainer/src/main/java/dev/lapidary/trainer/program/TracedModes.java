package dev.lapidary.trainer.program;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gives a traced network its train mode back. Tracing writes the mode of that moment into the text:
 * {@code torch.batch_norm(..., False, ...)}, {@code torch.dropout(..., False)}; training with it
 * would keep every statistic frozen and say nothing. The literals become {@code self.training}, and
 * a BatchNorm counts its batches again.
 *
 * @param code the text, for training only: the delivered file keeps its own
 */
record TracedModes(SortedMap<String, String> code, int batchNorms, int dropouts) {
  private static final Pattern BATCH_NORM =
      Pattern.compile("(torch\\.batch_norm\\((?:[^(),]+, ){5})False(, [^()]*\\))");
  private static final Pattern DROPOUT =
      Pattern.compile("(torch\\.(?:feature_|alpha_)?dropout_?\\([^(),]+, [^(),]+, )False\\)");
  private static final Pattern CLASS = Pattern.compile("class \\w+\\(Module\\):");
  private static final String COUNTER = "num_batches_tracked";

  static TracedModes rewrite(SortedMap<String, String> code) {
    SortedMap<String, String> rewritten = new TreeMap<>();
    int[] counts = new int[2];
    code.forEach(
        (file, text) -> {
          StringBuilder out = new StringBuilder();
          for (List<String> lines : classes(text)) {
            rewriteClass(lines, out, counts);
          }
          rewritten.put(file, out.toString());
        });
    return new TracedModes(rewritten, counts[0], counts[1]);
  }

  /** What a user should know; empty for a scripted network. */
  List<String> notes() {
    if (batchNorms + dropouts == 0) {
      return List.of();
    }
    return List.of(
        ("traced archive: %d BatchNorm and %d Dropout follow the train mode again; stochastic depth"
                + " and other random branches were lost when it was traced")
            .formatted(batchNorms, dropouts));
  }

  private static List<List<String>> classes(String text) {
    List<List<String>> classes = new ArrayList<>();
    classes.add(new ArrayList<>());
    for (String line : text.split("\n", -1)) {
      if (CLASS.matcher(line).matches() && !classes.get(0).isEmpty()) {
        classes.add(new ArrayList<>());
      }
      classes.get(classes.size() - 1).add(line);
    }
    return classes;
  }

  private static void rewriteClass(List<String> lines, StringBuilder out, int[] counts) {
    boolean hasMode = lines.contains("  training : bool");
    boolean counted = lines.contains("  " + COUNTER + " : Tensor");
    for (String line : lines) {
      String changed = line;
      Matcher norm = BATCH_NORM.matcher(line);
      if (hasMode && norm.find()) {
        changed = norm.replaceAll("$1self.training$2");
        counts[0]++;
        if (counted) {
          String indent = line.substring(0, line.length() - line.stripLeading().length());
          out.append(indent).append("if self.training:\n");
          out.append(indent).append("  counted_ = torch.add_(self." + COUNTER + ", 1)\n");
          out.append(indent).append("else:\n").append(indent).append("  pass\n");
        }
      }
      Matcher dropout = DROPOUT.matcher(changed);
      if (hasMode && dropout.find()) {
        changed = dropout.replaceAll("$1self.training)");
        counts[1]++;
      }
      out.append(changed).append('\n');
    }
  }
}
