package dev.lapidary.trainer.program;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes cuts into text: two methods more for the classes that are cut, two for the program. */
final class CutText {
  private CutText() {}

  /** A network's code with the methods of cuts 1, 2, ... */
  static SortedMap<String, String> add(SortedMap<String, String> code, List<Cut> cuts) {
    SortedMap<String, String> changed = new TreeMap<>(code);
    for (int i = 0; i < cuts.size(); i++) {
      String number = String.valueOf(i + 1);
      for (Cut.Halves halves : cuts.get(i).methods()) {
        add(changed, halves.className(), halves.text().replace(Cut.NUMBER, number));
      }
    }
    return changed;
  }

  /**
   * {@code features} runs the part before a cut, {@code tail} what comes after it, or, for cut 0,
   * the whole network.
   *
   * @param input how the whole network takes {@code x}
   */
  static String methods(int cuts, String input) {
    String features =
        "  def features(self: SELF, x: Tensor, h: Tensor) -> Tensor:\n"
            + ("    net = self.net\n    cut = int(h[0])\n    y = " + input + "\n")
            + choice(cuts, "y = (net)." + Cut.PREFIX + "(y, )", "y = y", "    ")
            + "    return y\n";
    String tail =
        "  def tail(self: SELF, x: Tensor, cut: int) -> Tensor:\n    net = self.net\n"
            + choice(
                cuts,
                "y = (net)." + Cut.SUFFIX + "(torch.clone(x), )",
                "y = (net).forward(" + input + ", )",
                "    ")
            + "    return y\n";
    return cuts == 0 ? tail : features + tail;
  }

  /** Gives a class more methods. */
  static void add(SortedMap<String, String> code, String className, String text) {
    code.computeIfPresent(Body.file(className), (file, source) -> insert(source, className, text));
  }

  private static String choice(int cuts, String some, String none, String indent) {
    StringBuilder text = new StringBuilder();
    String deeper = indent;
    for (int cut = 1; cut <= cuts; cut++) {
      text.append(deeper).append("if torch.eq(cut, ").append(cut).append("):\n  ");
      text.append(deeper).append(some.replace(Cut.NUMBER, String.valueOf(cut))).append('\n');
      text.append(deeper).append("else:\n");
      deeper += "  ";
    }
    return text.append(deeper).append(none).append('\n').toString();
  }

  /** Before the next thing that begins at a line's start. */
  private static String insert(String source, String className, String text) {
    String name = className.substring(className.lastIndexOf('.') + 1);
    Matcher begin =
        Pattern.compile("^class " + Pattern.quote(name) + "\\b.*$", Pattern.MULTILINE)
            .matcher(source);
    if (!begin.find()) {
      throw new IllegalArgumentException("no class " + className);
    }
    Matcher next = Pattern.compile("^\\S", Pattern.MULTILINE).matcher(source);
    int end = next.find(begin.end()) ? next.start() : source.length();
    String head = source.substring(0, end);
    return (head.endsWith("\n") ? head : head + "\n") + text + source.substring(end);
  }
}
