package dev.lapidary.torchscript.pt2;

import dev.lapidary.torchscript.script.Identifiers;
import java.util.Set;
import java.util.regex.Pattern;

/** Names of modules and their tensors: what of them may stand in the printed text, and how. */
final class ModulePaths {
  /** What may stand between quotes in the text, and be shown in a line. */
  private static final String NAME = "[^.\"\\\\\\p{Cc}\\p{Cf}\\p{Cs}\\p{Cn}\\p{Zl}\\p{Zp}]{1,200}";

  private static final Pattern PATH = Pattern.compile(NAME + "(\\." + NAME + "){0,60}");

  /** What stands for something else in the text that is printed. */
  private static final Set<String> RESERVED =
      Set.of(
          """
          self torch ops CONSTANTS uninitialized annotate getattr int float bool str Tensor Module
          List Tuple Dict Optional Any Final Enum NamedTuple Future RRef Layer number device
          training forward __parameters__ __buffers__ __annotations__ __torch__
          """
              .split("\\s+"));

  private ModulePaths() {}

  /** Parts with dots between, in which are no quotes, backslashes and control characters. */
  static boolean isPath(String path) {
    return PATH.matcher(path).matches();
  }

  /** Whether an attribute's name may stand in the text as it is. */
  static boolean isIdentifier(String name) {
    return Identifiers.is(name) && !RESERVED.contains(name);
  }

  /** A variable's name that says what attribute it holds. */
  static String local(String name) {
    return isIdentifier(name) ? name : "_" + name.replaceAll("[^A-Za-z0-9_]", "_");
  }

  /** {@code self.conv1}, {@code getattr(self.layer1, "0")}. */
  static String attribute(String owner, String name) {
    return isIdentifier(name) ? owner + "." + name : "getattr(%s, \"%s\")".formatted(owner, name);
  }

  /** The declaration in a class's text. */
  static String declaration(String name, String type) {
    return isIdentifier(name)
        ? "  %s : %s\n".formatted(name, type)
        : "  __annotations__[\"%s\"] = %s\n".formatted(name, type);
  }
}
