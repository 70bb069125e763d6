package dev.lapidary.models.surgery;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.script.SourceEdit;
import dev.lapidary.torchscript.script.SourceFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Puts another module, of another class, where one is. A class says the types of its submodules, so
 * each module around the place gets a class of its own, a copy in which one type differs; other
 * modules of the old class keep it. The archive that is given stays as it is: tensors are shared,
 * nothing is copied.
 */
public final class ModuleSwap {
  private final TorchScriptArchive archive;
  private final List<PyObject> chain;
  private final List<String> path;
  private final String file;

  private ModuleSwap(
      TorchScriptArchive archive, List<PyObject> chain, List<String> path, String file) {
    this.archive = archive;
    this.chain = chain;
    this.path = path;
    this.file = file;
  }

  /**
   * @param path of a module, such as {@code layer1.0.conv1}
   * @throws Failure (exit 2) if there is none, naming near ones
   */
  public static ModuleSwap at(TorchScriptArchive archive, String path) {
    List<String> parts = List.of(path.split("\\.", -1));
    List<PyObject> chain = new ArrayList<>(List.of(archive.root()));
    for (String part : parts) {
      PyValue child = chain.get(chain.size() - 1).attributes().get(part);
      if (!(child instanceof PyObject module)) {
        throw Failure.badInput(
            "[%s] no module is named %s%s (trainer layers lists their parameters)",
            archive.name(), Quote.of(path), NearNames.hint(path, modules(archive.root())));
      }
      chain.add(module);
    }
    return new ModuleSwap(archive, chain, parts, freeName(archive.code()));
  }

  /** The module that is there. */
  public PyObject module() {
    return chain.get(chain.size() - 1);
  }

  /** A class's qualified name in the file that the new text goes to. */
  public String className(String simple) {
    return "__torch__.lapidary." + file + "." + simple;
  }

  /**
   * @param module an object of a class in {@code text}, see {@link #className}
   * @param text classes, as PyTorch prints them
   */
  public TorchScriptArchive put(PyObject module, String text) {
    StringBuilder added = new StringBuilder(text);
    PyObject child = module;
    for (int i = path.size() - 1; i >= 0; i--) {
      PyObject old = chain.get(i);
      PyObject copy = new PyObject(className("Around" + i));
      added.append(copyOfClass(old, copy.className(), path.get(i), child.className()));
      copy.attributes().putAll(old.attributes());
      copy.attributes().put(path.get(i), child);
      child = copy;
    }
    return with(archive, file, added.toString(), child);
  }

  /** The archive with one more file of code, and maybe another root. */
  static TorchScriptArchive with(
      TorchScriptArchive archive, String file, String text, PyObject root) {
    SortedMap<String, String> code = new TreeMap<>(archive.code());
    code.put("__torch__/lapidary/" + file + ".py", text);
    return new TorchScriptArchive(
        archive.name(), archive.version(), code, root, archive.constants(), archive.extra());
  }

  /** The class's text with another name, and another type for one attribute. */
  private String copyOfClass(PyObject old, String name, String attribute, String type) {
    String oldName = old.className();
    String path = Program.path(oldName);
    SourceFile file = SourceFile.parse(path, archive.code().getOrDefault(path, ""));
    if (!(file.definitions().get(Program.simpleName(oldName)) instanceof ClassDef known)
        || !known.isModule()) {
      throw refused(oldName, "is no class of modules");
    }
    Expression declared = known.attributes().get(attribute);
    if (declared == null) {
      throw refused(oldName, "does not say the type of " + attribute);
    }
    SourceEdit edit = new SourceEdit(file);
    edit.rename(known, Program.simpleName(name));
    edit.replaceName(known, oldName, name);
    edit.replace(declared, Expression.dotted(declared.at(), type));
    return edit.apply(known);
  }

  private Failure refused(String className, String why) {
    return Failure.badInput(
        "[%s] %s cannot be exchanged: %s %s",
        archive.name(), String.join(".", path), className, why);
  }

  static String freeName(SortedMap<String, String> code) {
    String name = "surgery";
    for (int i = 1; code.containsKey("__torch__/lapidary/" + name + ".py"); i++) {
      name = "surgery_" + i;
    }
    return name;
  }

  /** Paths of all modules, for near names. */
  private static List<String> modules(PyObject root) {
    List<String> paths = new ArrayList<>();
    collect(root, "", paths, 0);
    return paths;
  }

  private static void collect(PyObject module, String prefix, List<String> paths, int depth) {
    for (Map.Entry<String, PyValue> attribute : module.attributes().entrySet()) {
      if (attribute.getValue() instanceof PyObject child && depth < 50 && paths.size() < 10_000) {
        paths.add(prefix + attribute.getKey());
        collect(child, prefix + attribute.getKey() + ".", paths, depth + 1);
      }
    }
  }
}
