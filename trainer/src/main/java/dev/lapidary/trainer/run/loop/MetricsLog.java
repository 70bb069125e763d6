package dev.lapidary.trainer.run.loop;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.trainer.report.EpochMetrics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * JSON Lines, one record a line. What was appended is on the disk when the call returns, so that a
 * checkpoint never counts a line that a crash could lose.
 */
public record MetricsLog(FileChannel channel) implements AutoCloseable {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  /**
   * Opens the file and cuts it to {@code bytes}, dropping what a lost stretch of training wrote.
   */
  static MetricsLog open(Path file, long bytes) throws IOException {
    MetricsLog log = append(file);
    log.channel.truncate(bytes);
    AtomicFile.syncFolder(file);
    return log;
  }

  /** Opens the file to go on at its end. */
  static MetricsLog append(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    channel.position(channel.size());
    return new MetricsLog(channel);
  }

  /** The epochs that a file tells of, in order. */
  public static List<EpochMetrics> epochs(Path file) throws IOException {
    List<EpochMetrics> epochs = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      epochs.add(JSON.readValue(line, EpochMetrics.class));
    }
    return epochs;
  }

  void append(Record line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((json(line) + "\n").getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(true);
  }

  long bytes() throws IOException {
    return channel.size();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static String json(Record line) {
    try {
      return JSON.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a line of metrics is always JSON", e);
    }
  }
}
