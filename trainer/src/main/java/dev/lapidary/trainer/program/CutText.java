package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.script.SourceEdit;
import dev.lapidary.torchscript.script.SourceFile;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes cuts into text: two methods more for the classes that are cut, two for the program. */
final class CutText {
  private CutText() {}

  /** A network's code with the methods of cuts 1, 2, ... */
  static SortedMap<String, String> add(SortedMap<String, String> code, List<NetworkCut> cuts) {
    SortedMap<String, String> changed = new TreeMap<>(code);
    for (int i = 0; i < cuts.size(); i++) {
      String number = String.valueOf(i + 1);
      for (NetworkCut.Halves halves : cuts.get(i).methods()) {
        add(changed, halves.className(), halves.text().replace(NetworkCut.NUMBER, number));
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
            + choice(cuts, "y = (net)." + NetworkCut.PREFIX + "(y, )", "y = y")
            + "    return y\n";
    String tail =
        "  def tail(self: SELF, x: Tensor, cut: int) -> Tensor:\n    net = self.net\n"
            + choice(
                cuts,
                "y = (net)." + NetworkCut.SUFFIX + "(torch.clone(x), )",
                "y = (net).forward(" + input + ", )")
            + "    return y\n";
    return cuts == 0 ? tail : features + tail;
  }

  /** Gives a class more methods. */
  static void add(SortedMap<String, String> code, String className, String text) {
    code.computeIfPresent(
        Program.path(className), (path, source) -> insert(path, source, className, text));
  }

  private static String choice(int cuts, String some, String none) {
    StringBuilder text = new StringBuilder();
    String deeper = "    ";
    for (int cut = 1; cut <= cuts; cut++) {
      text.append(deeper).append("if torch.eq(cut, ").append(cut).append("):\n  ");
      text.append(deeper).append(some.replace(NetworkCut.NUMBER, String.valueOf(cut))).append('\n');
      text.append(deeper).append("else:\n");
      deeper += "  ";
    }
    return text.append(deeper).append(none).append('\n').toString();
  }

  private static String insert(String path, String source, String className, String text) {
    SourceFile file = SourceFile.parse(path, source);
    SourceFile added = SourceFile.parse("added to " + className, "class Added(Module):\n" + text);
    if (!(file.definitions().get(Program.simpleName(className)) instanceof ClassDef type)
        || !(added.definitions().get("Added") instanceof ClassDef methods)) {
      throw new IllegalArgumentException("no class " + className);
    }
    SourceEdit edit = new SourceEdit(file);
    edit.add(type, methods.methods().values());
    return edit.apply();
  }
}
