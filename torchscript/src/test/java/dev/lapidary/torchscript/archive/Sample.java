package dev.lapidary.torchscript.archive;

import dev.lapidary.core.file.MappedFile;
import dev.lapidary.torchscript.pt2.NetworkFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A sound archive for attacks.
 *
 * @param records by name below the top folder
 * @param values what it holds, to compare
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole
public record Sample(byte[] file, Map<String, byte[]> records, String values) {

  public static Sample of(Path path) throws IOException {
    return of(path, ArchiveReader.read(path));
  }

  /** A program of torch.export. */
  public static Sample ofProgram(Path path) throws IOException {
    return of(path, NetworkFile.read(path));
  }

  private static Sample of(Path path, TorchScriptArchive read) throws IOException {
    ZipRecords zip = ZipRecords.open(MappedFile.open(path));
    Map<String, byte[]> records = new LinkedHashMap<>();
    for (String name : zip.names()) {
      if (!name.endsWith(".debug_pkl")) {
        ByteBuffer buffer = zip.read(name);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        records.put(name, bytes);
      }
    }
    return new Sample(Files.readAllBytes(path), records, values(read));
  }

  static String values(TorchScriptArchive archive) {
    return archive.code() + Values.of(archive.root()) + Values.of(archive.constants());
  }
}
