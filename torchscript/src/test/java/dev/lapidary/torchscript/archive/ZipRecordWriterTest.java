package dev.lapidary.torchscript.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.MappedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZipRecordWriterTest {
  @TempDir Path folder;

  /** The gap is a hole in the file: it costs no disk. */
  @Test
  void findsRecordsBehindFourGigabytes() throws IOException {
    Path file = folder.resolve("large.zip");
    try (FileChannel out = open(file)) {
      ZipRecordWriter zip = new ZipRecordWriter(out, "top");
      zip.add("near", bytes("first"));
      out.position(5L << 30);
      zip.add("far", bytes("second"));
      zip.finish();
    }

    ZipRecords read = ZipRecords.open(MappedFile.open(file));

    assertThat(read.names()).containsExactly("near", "far");
    assertThat(text(read.read("near"))).isEqualTo("first");
    assertThat(text(read.read("far"))).isEqualTo("second");
  }

  @Tag("proof")
  @Test
  void findsMoreRecordsThanAPlainZipCounts() throws IOException {
    Path file = folder.resolve("many.zip");
    try (FileChannel out = open(file)) {
      ZipRecordWriter zip = new ZipRecordWriter(out, "top");
      for (int i = 0; i < 0x10000; i++) {
        zip.add("data/" + i, ByteBuffer.allocate(0));
      }
      zip.add("last", bytes("found"));
      zip.finish();
    }

    ZipRecords read = ZipRecords.open(MappedFile.open(file));

    assertThat(read.names()).hasSize(0x10001);
    assertThat(text(read.read("last"))).isEqualTo("found");
  }

  @Test
  void refusesANameTwice() throws IOException {
    try (FileChannel out = open(folder.resolve("twice.zip"))) {
      ZipRecordWriter zip = new ZipRecordWriter(out, "top");
      zip.add("a", bytes("1"));
      assertThatThrownBy(() -> zip.add("a", bytes("2")))
          .isInstanceOf(Failure.class)
          .hasMessage("two records named 'a'; rename one");
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.SPARSE);
  }

  private static ByteBuffer bytes(String text) {
    return StandardCharsets.UTF_8.encode(text);
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }
}
