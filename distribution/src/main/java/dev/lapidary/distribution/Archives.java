package dev.lapidary.distribution;

import dev.lapidary.core.file.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;

/** Writes a tree into one file, the same bytes for the same tree. */
final class Archives {
  /** The date of {@code project.build.outputTimestamp}, in milliseconds. */
  private static final long DATE = 1_767_225_600_000L;

  private static final int EXECUTABLE = 0100755;
  private static final int PLAIN = 0100644;

  private Archives() {}

  static Path tarGz(SortedMap<String, FileTree.Entry> files, String root, Path archive)
      throws IOException {
    GzipParameters parameters = new GzipParameters();
    parameters.setCompressionLevel(Deflater.BEST_SPEED); // most of it is packed already
    AtomicFile.write(
        archive,
        file -> {
          try (OutputStream out = Files.newOutputStream(file);
              GzipCompressorOutputStream gzip = new GzipCompressorOutputStream(out, parameters);
              TarArchiveOutputStream tar = new TarArchiveOutputStream(gzip)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (Map.Entry<String, FileTree.Entry> each : files.entrySet()) {
              byte[] bytes = each.getValue().bytes().read();
              TarArchiveEntry entry = new TarArchiveEntry(root + "/" + each.getKey());
              entry.setSize(bytes.length);
              entry.setMode(each.getValue().executable() ? EXECUTABLE : PLAIN);
              entry.setModTime(DATE);
              tar.putArchiveEntry(entry);
              tar.write(bytes);
              tar.closeArchiveEntry();
            }
          }
        });
    return archive;
  }

  static Path zip(SortedMap<String, FileTree.Entry> files, String root, Path archive)
      throws IOException {
    AtomicFile.write(
        archive,
        file -> {
          try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(file.toFile())) {
            zip.setLevel(Deflater.BEST_SPEED);
            for (Map.Entry<String, FileTree.Entry> each : files.entrySet()) {
              byte[] bytes = each.getValue().bytes().read();
              ZipArchiveEntry entry = new ZipArchiveEntry(root + "/" + each.getKey());
              entry.setTime(DATE - java.util.TimeZone.getDefault().getOffset(DATE));
              entry.setUnixMode(each.getValue().executable() ? EXECUTABLE : PLAIN);
              if (each.getKey().endsWith(".jar")) {
                CRC32 crc = new CRC32();
                crc.update(bytes);
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(bytes.length);
                entry.setCrc(crc.getValue());
              }
              zip.putArchiveEntry(entry);
              zip.write(bytes);
              zip.closeArchiveEntry();
            }
          }
        });
    return archive;
  }
}
