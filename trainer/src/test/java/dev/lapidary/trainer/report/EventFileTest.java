package dev.lapidary.trainer.report;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(1_700_000_000_500L), ZoneOffset.UTC);

  @TempDir private Path folder;

  @Test
  void everyFileBeginsAsTensorBoardsDo() throws IOException {
    EventFile.open(folder, 0, CLOCK).close();
    Path file = folder.resolve("events.out.tfevents.1700000000.500.lapidary");
    byte[] bytes = Files.readAllBytes(file);
    // The 24 bytes of the version event, and their masked CRC: so begins every TensorFlow's file.
    assertThat(HexFormat.of().formatHex(bytes, 0, 12)).isEqualTo("1800000000000000a37f4b22");
    List<String> events = events(file);
    // 1: wall_time 1700000000.5, little-endian; 3: "brain.Event:2".
    assertThat(events.get(0)).isEqualTo("0900002040fc54d941" + "1a0d" + hex("brain.Event:2"));
    assertThat(events.get(1)).as("session_log START").endsWith("1001" + "3a020801");
  }

  @Test
  void scalarsAreValuesOfOneSummary() throws IOException {
    try (EventFile file = EventFile.open(folder, 299, CLOCK)) {
      file.scalars(300, new TreeMap<>(Map.of("loss/train", 0.5, "rate/all", 0.25)));
    }
    Path file = folder.resolve("events.out.tfevents.1700000000.500.lapidary");
    String loss = "0a11" + "0a0a" + hex("loss/train") + "150000003f";
    String rate = "0a0f" + "0a08" + hex("rate/all") + "150000803e";
    assertThat(events(file).get(1)).as("purges from step 300 on").contains("10ac02");
    assertThat(events(file).get(2)).endsWith("10ac02" + "2a24" + loss + rate);
  }

  /** Checks the frames and gives the data of each, in hexadecimal. */
  private static List<String> events(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<String> events = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[8];
      in.get(length);
      assertThat(in.getInt()).isEqualTo(masked(length));
      byte[] data =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      in.get(data);
      assertThat(in.getInt()).isEqualTo(masked(data));
      events.add(HexFormat.of().formatHex(data));
    }
    return events;
  }

  private static int masked(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(ISO_8859_1));
  }
}
