package dev.lapidary.serve.repository;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.model.ModelFormat;
import dev.lapidary.serve.repository.ModelOpener.Opened;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A repository's models as they lie in a file or a folder, loaded when told to and again when they
 * have changed. One change at a time; thread-safe.
 *
 * @param <M> what is loaded
 */
public final class ModelFiles<M extends AutoCloseable> {
  private final RepositoryFolder folder;
  private final Path path;
  private final ModelRepository<M> repository;
  private final ModelOpener<M> opener;

  /** By file, what was done with it last. */
  private final Map<Path, Known> known = new HashMap<>();

  /**
   * @param waits whether it lacked another model
   */
  private record Known(ModelId id, Optional<String> fingerprint, boolean loaded, boolean waits) {}

  /**
   * @param path of a model's file or a folder of models
   * @param allVersions otherwise the latest of each model
   */
  public ModelFiles(
      Path path, boolean allVersions, ModelRepository<M> repository, ModelOpener<M> opener) {
    this.folder = new RepositoryFolder(path, allVersions, opener::takes);
    this.path = path;
    this.repository = repository;
    this.opener = opener;
  }

  /**
   * One change, or what stood in its way.
   *
   * @param id of a file that was never read: as its place says
   * @param reason empty unless it was {@link What#REFUSED} or {@link What#BROKEN}
   * @param code of a program that has no other model
   */
  public record Change(ModelId id, What what, String reason, ExitCode code) {
    Change(ModelId id, What what, String reason) {
      this(id, what, reason, reason.isEmpty() ? ExitCode.DONE : ExitCode.BAD_INPUT);
    }

    public boolean failed() {
      return what == What.REFUSED || what == What.BROKEN;
    }
  }

  /** What became of a version. */
  public enum What {
    LOADED,
    RELOADED,
    UNLOADED,
    /** It was read, and does not answer as it should. */
    REFUSED,
    /** It cannot be read. */
    BROKEN
  }

  /**
   * Loads what is new or has changed, unloads what is gone.
   *
   * @return in the order in which it was done
   * @throws Failure (exit 2) if the folder makes no sense; nothing is changed then
   */
  public synchronized List<Change> refresh() {
    List<ModelSource> sources = folder.sources();
    List<Change> changes = new ArrayList<>();
    Set<Path> there = new HashSet<>();
    for (ModelSource source : sources) {
      there.add(source.file());
      Known before = known.get(source.file());
      if (before == null || !before.fingerprint().equals(FileFingerprint.of(source.file()))) {
        changes.add(load(source));
      }
    }
    loadWaiting(sources, changes);
    dropGone(there, changes);
    return changes;
  }

  /** What lacked another model is tried again once one has come: the order of names is no one's. */
  private void loadWaiting(List<ModelSource> sources, List<Change> changes) {
    if (changes.stream().allMatch(Change::failed)) {
      return;
    }
    for (ModelSource source : sources) {
      Known before = known.get(source.file());
      if (before != null && before.waits()) {
        Change again = load(source);
        boolean told = changes.removeIf(c -> c.failed() && c.id().equals(before.id()));
        if (told || !again.failed()) {
          changes.add(again);
        }
      }
    }
  }

  /** After what takes its place is loaded; if that failed, the old version goes on. */
  private void dropGone(Set<Path> there, List<Change> changes) {
    for (Path file : List.copyOf(known.keySet())) {
      Known gone = known.get(file);
      if (gone == null || there.contains(file)) {
        continue;
      }
      boolean moved =
          known.entrySet().stream()
              .anyMatch(k -> there.contains(k.getKey()) && k.getValue().id().equals(gone.id()));
      boolean successorFailed =
          changes.stream().anyMatch(c -> c.id().name().equals(gone.id().name()) && c.failed());
      if (successorFailed && gone.loaded()) {
        continue;
      }
      known.remove(file);
      if (!moved && repository.unload(gone.id())) {
        changes.add(new Change(gone.id(), What.UNLOADED, ""));
      }
      repository.forget(gone.id());
    }
  }

  private Change load(ModelSource source) {
    Optional<String> fingerprint = FileFingerprint.of(source.file());
    Known before = known.get(source.file());
    ModelId id = before == null ? id(source, Optional.empty()) : before.id();
    boolean loaded = before != null && before.loaded();
    try {
      Opened<M> opened = open(source, id);
      id = id(source, Optional.of(opened));
      ModelId own = id;
      repository.load(own, () -> opened.ready(own));
      if (before != null && !before.id().equals(own)) {
        repository.unload(before.id());
        repository.forget(before.id());
      }
      opened.loaded(own);
      known.put(source.file(), new Known(own, fingerprint, true, false));
      return new Change(own, loaded ? What.RELOADED : What.LOADED, "");
    } catch (LoadFailed | Failure e) {
      boolean still = loaded && before != null && before.id().equals(id);
      boolean waits = e instanceof LoadFailed refused && refused.waits();
      known.put(source.file(), new Known(id, fingerprint, still, waits));
      return e instanceof Failure broken
          ? new Change(id, What.BROKEN, Failure.reason(e), broken.code())
          : new Change(id, What.REFUSED, Failure.reason(e));
    }
  }

  /** What cannot be opened is told by the repository, too. */
  private Opened<M> open(ModelSource source, ModelId id) throws LoadFailed {
    try {
      return opener.open(source.file());
    } catch (Failure e) {
      repository.load(
          id,
          () -> {
            throw e;
          });
      throw e;
    }
  }

  private ModelId id(ModelSource source, Optional<Opened<M>> opened) {
    String stem = ModelFormat.stem(String.valueOf(source.file().getFileName()));
    String name =
        source
            .name()
            .orElseGet(() -> ModelId.segment(opened.flatMap(Opened::name).orElse(stem), "model"));
    String version =
        source
            .version()
            .orElseGet(() -> ModelId.segment(opened.flatMap(Opened::version).orElse("1"), "1"));
    return new ModelId(name, version);
  }

  /**
   * Loads a model's versions, changed or not.
   *
   * @throws ModelUnavailable if the folder has no such model
   * @throws LoadFailed if one of them could not be loaded; what answered before still does
   */
  public synchronized void load(String name) throws ModelUnavailable, LoadFailed {
    List<ModelSource> own =
        folder.sources().stream().filter(s -> nameOf(s).equals(Optional.of(name))).toList();
    if (own.isEmpty()) {
      throw new ModelUnavailable(
          false, "not_found", "the model repository has no model of this name");
    }
    List<Change> changes = new ArrayList<>();
    own.forEach(source -> changes.add(load(source)));
    for (Change change : changes) {
      if (change.failed()) {
        throw new LoadFailed(
            change.what() == What.BROKEN ? ModelRepository.FAILED : "refused", change.reason());
      }
    }
    loadWaiting(folder.sources(), changes);
    Set<Path> there = new HashSet<>(own.stream().map(ModelSource::file).toList());
    known.forEach(
        (file, k) -> {
          if (!k.id().name().equals(name)) {
            there.add(file);
          }
        });
    dropGone(there, changes);
  }

  private Optional<String> nameOf(ModelSource source) {
    Known before = known.get(source.file());
    return source.name().or(() -> Optional.ofNullable(before).map(k -> k.id().name()));
  }

  /**
   * Lets all versions of a model go; they answer what they have accepted.
   *
   * @throws ModelUnavailable if none is loaded
   */
  public synchronized void unload(String name) throws ModelUnavailable {
    boolean any = false;
    for (ModelStatus status : repository.index()) {
      if (status.id().name().equals(name)) {
        any |= repository.unload(status.id());
      }
    }
    if (!any) {
      throw new ModelUnavailable(false, "not_found", "no model of this name is loaded");
    }
    known.replaceAll(
        (file, k) ->
            k.id().name().equals(name) ? new Known(k.id(), k.fingerprint(), false, false) : k);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
