package dev.lapidary.core.image;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * All images of a folder and of the folders in it, links followed, in order of their folder and
 * then of their name, by the names' bytes.
 *
 * <p>A file counts if its name ends like a picture's or its first bytes are a picture's, also of
 * formats that are not read, so that no picture is silently passed over: who reads them names those
 * that it cannot read. What is none (texts, videos, what systems leave behind) is passed over, with
 * a word.
 *
 * @param root that the paths begin at
 * @param paths relative to it, with {@code /} on every system
 * @param passedOver what lies there and is no image
 */
public record ImageFiles(Path root, List<String> paths, PassedOver passedOver) {
  /** By UTF-8 bytes, so that no locale changes an order. */
  static final Comparator<String> BYTE_ORDER =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  /** Folders and files that systems leave behind, in lower case; and all that begin with a dot. */
  private static final Set<String> OF_SYSTEMS =
      Set.of(
          "__macosx",
          "@eadir",
          "#recycle",
          "$recycle.bin",
          "system volume information",
          "lost+found",
          "thumbs.db",
          "ehthumbs.db",
          "desktop.ini",
          "icon\r");

  public ImageFiles {
    paths = List.copyOf(paths);
  }

  /**
   * Lists the folder; decodes nothing.
   *
   * @throws Failure (exit 2) if it is missing or no folder
   */
  public static ImageFiles of(Path root) {
    if (!Files.isDirectory(root)) {
      throw Failure.badInput(
          Files.exists(root)
              ? "[%s] expected a folder of images but found a file"
              : "[%s] the folder does not exist; expected one of images",
          root);
    }
    PassedOver passedOver = new PassedOver();
    return new ImageFiles(root, below(root, root, passedOver), passedOver);
  }

  /** Whether a name is one that systems leave behind, or hidden: no class and no image. */
  public static boolean isOfSystem(Path path) {
    String name = String.valueOf(path.getFileName());
    return name.startsWith(".") || OF_SYSTEMS.contains(name.toLowerCase(Locale.ROOT));
  }

  /** The images of one folder below the root. */
  static List<String> below(Path root, Path folder, PassedOver passedOver) {
    List<String> paths = new ArrayList<>();
    Visitor visitor = new Visitor(root, folder, paths, passedOver);
    try {
      Files.walkFileTree(
          folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, visitor);
    } catch (IOException e) {
      throw Failure.failed("[%s] the folder cannot be listed: %s", folder, Failure.reason(e));
    }
    paths.sort(Comparator.comparing(ImageFiles::parent, BYTE_ORDER).thenComparing(BYTE_ORDER));
    return paths;
  }

  static String relative(Path root, Path file) {
    return root.relativize(file).toString().replace('\\', '/');
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(path.lastIndexOf('/'), 0));
  }

  private static final class Visitor extends SimpleFileVisitor<Path> {
    private final Path root;
    private final Path folder;
    private final List<String> paths;
    private final PassedOver passedOver;

    Visitor(Path root, Path folder, List<String> paths, PassedOver passedOver) {
      this.root = root;
      this.folder = folder;
      this.paths = paths;
      this.passedOver = passedOver;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path entered, BasicFileAttributes attributes) {
      if (!entered.equals(folder) && isOfSystem(entered)) {
        passedOver.add(PassedOver.SYSTEM_FOLDER, relative(root, entered));
        return FileVisitResult.SKIP_SUBTREE;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      String path = relative(root, file);
      if (isOfSystem(file)) {
        passedOver.add(PassedOver.SYSTEM_FILE, path);
      } else if (attributes.isSymbolicLink()) {
        add(FileKind.ofName(file, PassedOver.DANGLING), path);
      } else if (attributes.isRegularFile()) {
        add(FileKind.orUnreadable(file), path);
      } else {
        passedOver.add("no file", path);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException error) throws IOException {
      if (file.equals(folder)) {
        throw error;
      }
      boolean circle = error instanceof FileSystemLoopException;
      String why = circle ? "link in a circle" : FileKind.UNREADABLE;
      add(FileKind.ofName(file, why), relative(root, file));
      return FileVisitResult.CONTINUE;
    }

    private void add(FileKind kind, String path) {
      if (kind.image()) {
        paths.add(path);
      } else {
        passedOver.add(kind.name(), path);
      }
    }
  }
}
