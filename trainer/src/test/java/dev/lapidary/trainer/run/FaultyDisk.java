package dev.lapidary.trainer.run;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.CopyOption;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.tests.mockfile.FilterFileChannel;
import org.apache.lucene.tests.mockfile.FilterFileSystemProvider;

/**
 * The default file system with a fault at its n-th change (creating, writing, syncing, moving,
 * deleting). After a crash every operation fails, as if the process were gone; what is then on the
 * real disk is either all that was written, or only what POSIX promises: file contents up to their
 * last fsync, names up to their folder's last fsync.
 */
final class FaultyDisk extends FilterFileSystemProvider {
  enum Fault {
    /** Nothing more is done; all that was written is there. */
    CRASH,
    /** Nothing more is done; what was not synced is lost. */
    POWER_LOSS,
    /** This one change fails. */
    ERROR,
    /** From here on nothing can be created or written. */
    FULL
  }

  private final Fault fault;
  private final int at;
  private final List<String> changes = new ArrayList<>();
  private final Set<FileChannel> open = new HashSet<>();
  private final Map<Path, Long> unsynced = new LinkedHashMap<>();
  private final Deque<Undo> undos = new ArrayDeque<>();
  private boolean dead;
  private boolean full;

  /** How a name's change is taken back that its folder was not synced after. */
  private record Undo(Path folder, IoTask task) {}

  @FunctionalInterface
  private interface IoTask {
    void run() throws IOException;
  }

  /**
   * @param at the change that fails, from 0
   */
  FaultyDisk(Fault fault, int at) {
    super("faulty://", FileSystems.getDefault());
    this.fault = fault;
    this.at = at;
  }

  /** The same file, seen through the faulty disk. */
  Path path(Path real) {
    return wrapPath(real);
  }

  /** What was changed, in order: an operation and a file's name. */
  synchronized List<String> changes() {
    return List.copyOf(changes);
  }

  /** Called before each change. */
  private synchronized void change(String operation, Path file) throws IOException {
    requireAlive();
    int number = changes.size();
    changes.add(operation + " " + file.getFileName());
    if (number == at) {
      switch (fault) {
        case CRASH -> die();
        case POWER_LOSS -> {
          die();
          loseUnsynced();
        }
        case ERROR -> throw new IOException("Input/output error");
        case FULL -> full = true;
      }
    }
    requireAlive();
    if (full && (operation.equals("create") || operation.equals("write"))) {
      throw new IOException("No space left on device");
    }
  }

  private synchronized void requireAlive() throws IOException {
    if (dead) {
      throw new IOException("the process is gone");
    }
  }

  private void die() throws IOException {
    dead = true;
    for (FileChannel channel : open) {
      channel.close();
    }
  }

  private void loseUnsynced() throws IOException {
    for (Map.Entry<Path, Long> file : unsynced.entrySet()) {
      if (Files.isRegularFile(file.getKey())) {
        try (FileChannel channel = FileChannel.open(file.getKey(), StandardOpenOption.WRITE)) {
          channel.truncate(file.getValue());
        }
      }
    }
    while (!undos.isEmpty()) {
      undos.pop().task().run();
    }
  }

  private synchronized void undo(Path file, IoTask task) {
    undos.push(new Undo(file.getParent(), task));
  }

  @Override
  public void createDirectory(Path dir, FileAttribute<?>... attributes) throws IOException {
    Path real = toDelegate(dir).toAbsolutePath();
    if (Files.exists(real)) {
      super.createDirectory(dir, attributes);
    }
    change("create", real);
    super.createDirectory(dir, attributes);
    undo(real, () -> deleteTree(real));
  }

  @Override
  public void delete(Path path) throws IOException {
    Path real = toDelegate(path).toAbsolutePath();
    change("delete", real);
    boolean folder = Files.isDirectory(real);
    byte[] content = folder ? new byte[0] : Files.readAllBytes(real);
    super.delete(path);
    undo(
        real,
        () -> {
          if (folder) {
            Files.createDirectory(real);
          } else {
            Files.write(real, content);
          }
        });
  }

  @Override
  public boolean deleteIfExists(Path path) throws IOException {
    requireAlive();
    if (!Files.exists(toDelegate(path))) {
      return false;
    }
    delete(path);
    return true;
  }

  @Override
  public void move(Path source, Path target, CopyOption... options) throws IOException {
    Path from = toDelegate(source).toAbsolutePath();
    Path to = toDelegate(target).toAbsolutePath();
    change("move", to);
    byte[] replaced = Files.exists(to) ? Files.readAllBytes(to) : null;
    super.move(source, target, options);
    synchronized (this) {
      Long synced = unsynced.remove(from);
      unsynced.remove(to);
      if (synced != null) {
        unsynced.put(to, synced);
      }
    }
    undo(
        to,
        () -> {
          Files.move(to, from, StandardCopyOption.REPLACE_EXISTING);
          if (replaced != null) {
            Files.write(to, replaced);
          }
        });
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public OutputStream newOutputStream(Path path, OpenOption... options) throws IOException {
    Set<OpenOption> set = new HashSet<>(Set.of(options));
    if (set.isEmpty()) {
      set.add(StandardOpenOption.CREATE);
      set.add(StandardOpenOption.TRUNCATE_EXISTING);
    }
    set.add(StandardOpenOption.WRITE);
    return Channels.newOutputStream(newFileChannel(path, set));
  }

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    requireAlive();
    Path real = toDelegate(path).toAbsolutePath();
    boolean creates =
        !Files.exists(real)
            && (options.contains(StandardOpenOption.CREATE)
                || options.contains(StandardOpenOption.CREATE_NEW));
    if (creates) {
      change("create", real);
    }
    FileChannel channel = FileChannel.open(real, options, attributes);
    synchronized (this) {
      open.add(channel);
      if (creates) {
        unsynced.put(real, 0L);
      }
    }
    if (creates) {
      undo(real, () -> Files.deleteIfExists(real));
    }
    return new Watched(channel, real);
  }

  private static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (Files.isDirectory(file)) {
          deleteTree(file);
        } else {
          Files.delete(file);
        }
      }
    }
    Files.delete(folder);
  }

  private final class Watched extends FilterFileChannel {
    private final Path real;

    Watched(FileChannel delegate, Path real) {
      super(delegate);
      this.real = real;
    }

    /** Never more than half of what is asked for, as {@code write(2)} may. */
    @Override
    public int write(ByteBuffer source) throws IOException {
      changed("write");
      ByteBuffer some = half(source);
      int written = delegate.write(some);
      source.position(some.position());
      return written;
    }

    @Override
    public int write(ByteBuffer source, long position) throws IOException {
      changed("write");
      ByteBuffer some = half(source);
      int written = delegate.write(some, position);
      source.position(some.position());
      return written;
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
      if (size < delegate.size()) {
        change("truncate", real);
        synchronized (FaultyDisk.this) {
          unsynced.computeIfPresent(real, (file, synced) -> Math.min(synced, size));
        }
      }
      return super.truncate(size);
    }

    @Override
    public void force(boolean metadata) throws IOException {
      change("sync", real);
      super.force(metadata);
      synchronized (FaultyDisk.this) {
        unsynced.remove(real);
        undos.removeIf(undo -> undo.folder().equals(real));
      }
    }

    private void changed(String operation) throws IOException {
      change(operation, real);
      long size = delegate.size();
      synchronized (FaultyDisk.this) {
        unsynced.putIfAbsent(real, size);
      }
    }

    private ByteBuffer half(ByteBuffer source) {
      ByteBuffer some = source.duplicate();
      return some.limit(some.position() + (some.remaining() + 1) / 2);
    }
  }
}
