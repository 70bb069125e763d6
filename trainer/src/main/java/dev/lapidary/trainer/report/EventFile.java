package dev.lapidary.trainer.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Just enough of TensorBoard's event files to write scalars: TFRecord framing (tensorflow.org,
 * "TFRecord") around protobuf {@code tensorflow.Event} (tensorflow/core/util/event.proto).
 *
 * <pre>{@code
 * record   uint64 length · uint32 masked crc of those 8 bytes · data · uint32 masked crc of data
 * masked   ((crc32c >>> 15) | (crc32c << 17)) + 0xa282ead8
 * Event    1 wall_time double · 2 step int64 · 3 file_version string · 5 summary · 7 session_log
 * Summary  1 value { 1 tag string · 2 simple_value float }
 * SessionLog 1 status enum, START = 1
 * }</pre>
 *
 * The format wants the time of each event, so equal runs give unequal files.
 */
public record EventFile(FileChannel channel, Clock clock) implements AutoCloseable {
  private static final int MASK = 0xa282ead8;
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  /**
   * A new file in the folder. A reader drops what earlier files of the folder say of steps after
   * {@code doneSteps}: they belong to a stretch of training that was lost.
   */
  public static EventFile open(Path folder, long doneSteps, Clock clock) throws IOException {
    Files.createDirectories(folder);
    long millis = clock.millis();
    // Readers take the files of a folder in the order of their names.
    String name = "events.out.tfevents.%010d.%03d.lapidary".formatted(millis / 1000, millis % 1000);
    EventFile file =
        new EventFile(
            FileChannel.open(
                folder.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            clock);
    file.channel.position(file.channel.size());
    file.event(0, new Message().text(3, "brain.Event:2"));
    file.event(doneSteps + 1, new Message().message(7, new Message().varint(1, 1)));
    return file;
  }

  /** One point of each tag. */
  public void scalars(long step, Map<String, Double> values) throws IOException {
    Message summary = new Message();
    values.forEach(
        (tag, value) ->
            summary.message(1, new Message().text(1, tag).real32(2, value.floatValue())));
    event(step, new Message().message(5, summary));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private void event(long step, Message what) throws IOException {
    Message event = new Message().real64(1, (double) clock.millis() / 1e3);
    if (step != 0) { // proto3 leaves defaults out
      event.varint(2, step);
    }
    byte[] data = event.append(what).toByteArray();
    ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(masked(record.array(), 8));
    record.put(data).putInt(masked(data, data.length)).flip();
    while (record.hasRemaining()) {
      channel.write(record);
    }
  }

  private static int masked(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    int value = (int) crc.getValue();
    return ((value >>> 15) | (value << 17)) + MASK;
  }

  /** A protobuf message, field by field. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Message varint(int field, long value) {
      key(field, VARINT);
      varint(value);
      return this;
    }

    Message real64(int field, double value) {
      key(field, FIXED64);
      bytes.writeBytes(buffer(8).putDouble(value).array());
      return this;
    }

    Message real32(int field, float value) {
      key(field, FIXED32);
      bytes.writeBytes(buffer(4).putFloat(value).array());
      return this;
    }

    Message text(int field, String value) {
      return raw(field, value.getBytes(UTF_8));
    }

    Message message(int field, Message value) {
      return raw(field, value.toByteArray());
    }

    Message append(Message fields) {
      bytes.writeBytes(fields.toByteArray());
      return this;
    }

    byte[] toByteArray() {
      return bytes.toByteArray();
    }

    private Message raw(int field, byte[] value) {
      key(field, BYTES);
      varint(value.length);
      bytes.writeBytes(value);
      return this;
    }

    private void key(int field, int type) {
      varint(((long) field << 3) | type);
    }

    private void varint(long value) {
      long remaining = value;
      while ((remaining & ~0x7fL) != 0) {
        bytes.write((int) ((remaining & 0x7f) | 0x80));
        remaining >>>= 7;
      }
      bytes.write((int) remaining);
    }

    private static ByteBuffer buffer(int size) {
      return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
