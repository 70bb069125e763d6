package dev.lapidary.serve.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/** Files of secrets, which nobody else is to read. */
public final class PrivateFile {
  private PrivateFile() {}

  /**
   * What is wrong with a file's permissions, where the system has some.
   *
   * @param what is in it, such as {@code the keys}
   */
  public static Optional<String> warning(Path file, String what) {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      boolean others =
          permissions.contains(PosixFilePermission.GROUP_READ)
              || permissions.contains(PosixFilePermission.OTHERS_READ);
      return others
          ? Optional.of(
              "[%s] others on this machine can read %s (%s); chmod 600 it"
                  .formatted(file, what, PosixFilePermissions.toString(permissions)))
          : Optional.empty();
    } catch (UnsupportedOperationException | IOException e) {
      return Optional.empty();
    }
  }
}
