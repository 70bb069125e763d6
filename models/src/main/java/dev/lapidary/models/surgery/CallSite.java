package dev.lapidary.models.surgery;

import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.SourceFile;
import dev.lapidary.torchscript.script.Syntax;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The call that libtorch's compiler complains of. */
record CallSite(String path, SourceFile file, Call call) {
  private static final Pattern LOCATION = Pattern.compile("File \"code/([^\"]+)\", line (\\d+)");
  private static final Pattern MARK = Pattern.compile("(?m)^( *)~+ <--- HERE");

  /** The innermost place that a message shows, if a call begins there. */
  static Optional<CallSite> find(SortedMap<String, String> code, String message) {
    Matcher caret = LOCATION.matcher(message);
    Matcher mark = MARK.matcher(message);
    if (!caret.find() || !mark.find(caret.end()) || !code.containsKey(caret.group(1))) {
      return Optional.empty();
    }
    String path = caret.group(1);
    SourceFile file = SourceFile.parse(path, code.getOrDefault(path, ""));
    int line = Integer.parseInt(caret.group(2));
    int bytes = mark.group(1).length();
    return calls(file).stream()
        .filter(call -> call.at().line() == line && bytesBefore(call, file) == bytes)
        .findFirst()
        .map(call -> new CallSite(path, file, call));
  }

  /** The outermost first. */
  private static List<Call> calls(SourceFile file) {
    List<Call> calls = new ArrayList<>();
    for (Definition definition : file.definitions().values()) {
      for (Expression expression : Syntax.expressions(definition)) {
        Syntax.walk(
            expression,
            part -> {
              if (part instanceof Call call) {
                calls.add(call);
              }
            });
      }
    }
    return calls;
  }

  /** libtorch counts columns in bytes. */
  private static int bytesBefore(Call call, SourceFile file) {
    int start = file.span(call).start();
    String before = file.text().substring(start - call.at().column() + 1, start);
    return before.getBytes(StandardCharsets.UTF_8).length;
  }

  /** {@code aten::relu}; of a function or a method of the text its name there. */
  static String operator(Call call) {
    String name = call.function().dottedName().orElse("a method");
    if (name.startsWith("torch.")) {
      return "aten::" + name.substring("torch.".length());
    }
    int dot = name.lastIndexOf('.');
    return name.startsWith("ops.") && dot > "ops.".length()
        ? name.substring("ops.".length(), dot) + "::" + name.substring(dot + 1)
        : name;
  }
}
