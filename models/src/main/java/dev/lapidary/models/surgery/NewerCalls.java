package dev.lapidary.models.surgery;

import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.SourceEdit;
import dev.lapidary.torchscript.script.SourceFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a network that a newer PyTorch wrote one that an older libtorch loads. libtorch compiles
 * all of an archive's code, also what never runs, and refuses it for one operator or argument that
 * it does not know; {@code torch.nn.functional.interpolate} of PyTorch 2.15 has such a one in a
 * branch that few take. That call is cut out of the text: where it stood, the program raises an
 * exception, so a network that does make the call cannot give a wrong answer. All else stays as it
 * was.
 */
public final class NewerCalls {
  /** How the exception begins that is raised where a call was cut. */
  private static final String RAISED = "lapidary: libtorch does not know ";

  /** More would be another language. */
  private static final int MAX_CHANGES = 40;

  private static final Pattern RAISED_CALL = Pattern.compile(Pattern.quote(RAISED) + "([\\w:.]+)");

  private static final String UNKNOWN = "Unknown builtin op";

  private NewerCalls() {}

  /** Where an archive is loaded. */
  @FunctionalInterface
  public interface Loader<T> {
    /**
     * @throws RefusedText if it cannot be loaded
     */
    T load(TorchScriptArchive archive) throws RefusedText, IOException;
  }

  /** libtorch cannot load an archive. */
  public static final class RefusedText extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * @param cause whose message has libtorch's, whole
     */
    public RefusedText(Exception cause) {
      super(String.valueOf(cause.getMessage()), cause);
    }
  }

  /**
   * What a libtorch does not know.
   *
   * @param lacked {@code aten::_upsample_lanczos2d_aa}, {@code such a call of aten::relu}, {@code
   *     the argument new=None of aten::relu}
   * @param leftOut whether it is an argument, without which the operator does the same; else it is
   *     a call that was cut
   */
  public record Change(String lacked, boolean leftOut) {}

  /**
   * @param loaded what the loader made of the changed archive
   */
  public record Loaded<T>(T loaded, List<Change> changes) {}

  /**
   * Loads an archive, without the calls that the loader does not know.
   *
   * @throws RefusedText the loader's, if it refuses the archive for something else
   */
  public static <T> Loaded<T> load(TorchScriptArchive archive, Loader<T> loader)
      throws RefusedText, IOException {
    TorchScriptArchive tried = archive;
    List<Change> changes = new ArrayList<>();
    for (int i = 0; ; i++) {
      try {
        return new Loaded<>(loader.load(tried), List.copyOf(changes));
      } catch (RefusedText e) {
        Optional<Step> next = i < MAX_CHANGES ? step(tried.code(), message(e)) : Optional.empty();
        if (next.isEmpty()) {
          throw e;
        }
        if (!changes.contains(next.get().change())) {
          changes.add(next.get().change());
        }
        tried = tried.withCode(next.get().code());
      }
    }
  }

  /** Of the exception and its causes. */
  private static String message(Throwable refused) {
    StringBuilder all = new StringBuilder();
    for (Throwable cause = refused; cause != null; cause = cause.getCause()) {
      all.append(cause.getMessage()).append('\n');
    }
    return all.toString();
  }

  /** The operator whose call was cut, if that is why a program failed. */
  public static Optional<String> raised(String message) {
    Matcher raised = RAISED_CALL.matcher(message);
    return raised.find() ? Optional.of(raised.group(1)) : Optional.empty();
  }

  /** The text without a call, or without an argument. */
  private record Step(SortedMap<String, String> code, Change change) {}

  /** Empty if the message is of something else than a call that can be cut. */
  private static Optional<Step> step(SortedMap<String, String> code, String message) {
    Optional<CallSite> found = CallSite.find(code, message);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    CallSite site = found.get();
    Optional<NewerArguments> newer = NewerArguments.of(site.call());
    if (newer.isPresent()) {
      SourceEdit edit = new SourceEdit(site.file());
      edit.replace(site.call(), newer.get().older());
      SortedMap<String, String> changed = new TreeMap<>(code);
      changed.put(site.path(), edit.apply());
      return Optional.of(new Step(changed, new Change(newer.get().description(), true)));
    }
    return message.contains(UNKNOWN) ? withoutAll(code, site) : withoutOne(code, site);
  }

  /** An operator is unknown wherever it is called. */
  private static Optional<Step> withoutAll(SortedMap<String, String> code, CallSite site) {
    String operator = CallSite.operator(site.call());
    SortedMap<String, String> changed = new TreeMap<>(code);
    String name = operator.substring(operator.indexOf("::") + 2);
    changed.replaceAll(
        (path, text) ->
            text.contains(name)
                ? CallCut.of(
                    SourceFile.parse(path, text),
                    call -> CallSite.operator(call).equals(operator),
                    RAISED)
                : text);
    return step(code, changed, operator);
  }

  /** Of an operator that is known, with arguments that are not. */
  private static Optional<Step> withoutOne(SortedMap<String, String> code, CallSite site) {
    SortedMap<String, String> changed = new TreeMap<>(code);
    changed.put(site.path(), CallCut.of(site.file(), call -> call.equals(site.call()), RAISED));
    return step(code, changed, "such a call of " + CallSite.operator(site.call()));
  }

  private static Optional<Step> step(
      SortedMap<String, String> code, SortedMap<String, String> changed, String lacked) {
    return changed.equals(code)
        ? Optional.empty()
        : Optional.of(new Step(changed, new Change(lacked, false)));
  }
}
