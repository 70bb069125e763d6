package dev.lapidary.torchscript.script;

import dev.lapidary.core.failure.Failure;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An archive's code. A file is parsed when the first of its names is asked for, as {@code
 * import_source.cpp} does; {@code __torch__.a.b.C} is {@code C} of {@code __torch__/a/b.py}.
 */
public final class Program {
  private final Map<String, String> code;
  private final Map<String, Map<String, Definition>> files = new HashMap<>();
  private final Map<String, Optional<Definition>> found = new HashMap<>();

  /**
   * @param code text by path below {@code code/}
   */
  public Program(Map<String, String> code) {
    this.code = new TreeMap<>(code);
  }

  /** The class or function of a qualified name. */
  public Optional<Definition> find(String qualifiedName) {
    return found.computeIfAbsent(qualifiedName, this::resolve);
  }

  private Optional<Definition> resolve(String qualifiedName) {
    String path = path(qualifiedName);
    return code.containsKey(path)
        ? Optional.ofNullable(definitions(path).get(simpleName(qualifiedName)))
        : Optional.empty();
  }

  /** The file below {@code code/} in which a qualified name is defined. */
  public static String path(String qualifiedName) {
    String module = qualifiedName.substring(0, Math.max(0, qualifiedName.lastIndexOf('.')));
    return module.replace('.', '/') + ".py";
  }

  /** What a qualified name is called in its file. */
  public static String simpleName(String qualifiedName) {
    return qualifiedName.substring(qualifiedName.lastIndexOf('.') + 1);
  }

  /** The class of a qualified name; a missing one is a refusal. */
  public Definition.ClassDef requireClass(String qualifiedName) {
    Optional<Definition> definition = find(qualifiedName);
    if (definition.isPresent() && definition.get() instanceof Definition.ClassDef type) {
      return type;
    }
    throw Failure.badInput(
        "the archive holds an object of class %s, and its code has no such class%s",
        qualifiedName,
        qualifiedName.contains(".torch.classes.")
            ? "; it is packed for one runtime: save the network before optimize_for_mobile"
            : "");
  }

  /** The definitions of a file, by name, in the file's order. */
  public Map<String, Definition> definitions(String path) {
    return files.computeIfAbsent(path, this::parse);
  }

  private Map<String, Definition> parse(String path) {
    String text = code.get(path);
    if (text == null) {
      throw Failure.badInput("the archive has no code file %s", path);
    }
    return Parser.parse("code/" + path, text, ScriptLimits.DEFAULT);
  }
}
