package dev.lapidary.models.weights;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the format of {@link Safetensors}. */
final class SafetensorsWriter {
  private SafetensorsWriter() {}

  static void write(NamedTensors named, Path file) throws IOException {
    List<Map.Entry<String, Tensor>> byWidth = new ArrayList<>(named.tensors().entrySet());
    byWidth.sort(Comparator.comparingInt(e -> -e.getValue().dtype().bytes()));
    Map<String, Long> starts = new LinkedHashMap<>();
    long end = 0;
    for (Map.Entry<String, Tensor> e : byWidth) {
      starts.put(e.getKey(), end);
      end += e.getValue().numel() * e.getValue().dtype().bytes();
    }
    byte[] header = header(named, starts);
    try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      writeFully(out, length.putLong(0, header.length));
      writeFully(out, ByteBuffer.wrap(header));
      for (Map.Entry<String, Tensor> e : byWidth) {
        writeFully(out, e.getValue().bytes());
      }
    }
  }

  private static byte[] header(NamedTensors named, Map<String, Long> starts) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = Safetensors.JSON.createGenerator(bytes)) {
      out.writeStartObject();
      if (!named.metadata().isEmpty()) {
        out.writeObjectFieldStart(Safetensors.METADATA);
        for (Map.Entry<String, String> e : named.metadata().entrySet()) {
          out.writeStringField(e.getKey(), e.getValue());
        }
        out.writeEndObject();
      }
      for (Map.Entry<String, Tensor> e : named.tensors().entrySet()) {
        tensor(out, e.getKey(), e.getValue(), starts.getOrDefault(e.getKey(), 0L));
      }
      out.writeEndObject();
    }
    while (bytes.size() % 8 != 0) {
      bytes.write(' ');
    }
    return bytes.toByteArray();
  }

  private static void tensor(JsonGenerator out, String name, Tensor tensor, long start)
      throws IOException {
    DType dtype = tensor.dtype();
    if (dtype.safetensorsName().isEmpty()) {
      throw Failure.badInput(
          "%s: safetensors has no type for %s; convert it", Quote.of(name), dtype);
    }
    out.writeObjectFieldStart(name);
    out.writeStringField("dtype", dtype.safetensorsName());
    out.writeFieldName("shape");
    out.writeArray(tensor.shape(), 0, tensor.rank());
    out.writeFieldName("data_offsets");
    long end = start + tensor.numel() * dtype.bytes();
    out.writeArray(new long[] {start, end}, 0, 2);
    out.writeEndObject();
  }

  private static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
