package dev.lapidary.serve.inference;

import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorShapes;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.inference.InferenceHeader.Input;
import dev.lapidary.serve.inference.InferenceRequest.Wanted;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * The body of an inference request over HTTP: JSON, or JSON and binary tensors behind it (the
 * binary tensor data extension), or the bytes of one input alone.
 *
 * @param textual names of the inputs whose elements came as text in JSON
 * @param binaryOutput whether outputs are binary unless told
 * @param binary names of outputs that are told to be binary
 * @param notBinary names of outputs that are told not to be
 */
public record InferenceBody(
    InferenceRequest request,
    Set<String> textual,
    boolean binaryOutput,
    Set<String> binary,
    Set<String> notBinary) {
  /** Whether an output goes behind the JSON. */
  boolean isBinary(String output) {
    return binary.contains(output) || (binaryOutput && !notBinary.contains(output));
  }

  /**
   * @param headerLength of the JSON, where binary data is behind it; otherwise all is JSON
   * @param room is told how many bytes are taken beside the body, before they are
   * @throws InvalidRequest if it is not what the protocol says
   */
  public static InferenceBody read(byte[] body, OptionalInt headerLength, LongConsumer room) {
    int end = headerLength.orElse(body.length);
    if (end > body.length) {
      throw new InvalidRequest(
          "Inference-Header-Content-Length is %d but the body has %d bytes", end, body.length);
    }
    InferenceHeader header = InferenceHeader.read(body, end);
    Cut cut = new Cut(body, end, room, header.inputs().size() == 1 && headerLength.isPresent());
    List<TypedTensor> inputs = new ArrayList<>();
    Set<String> textual = new HashSet<>();
    for (Input input : header.inputs()) {
      TypedTensor tensor = cut.tensor(input);
      inputs.add(tensor);
      if (input.dataAt().isPresent() && tensor.type() == DataType.BYTES) {
        textual.add(tensor.name());
      }
    }
    cut.requireEnd();
    Set<String> binary = new HashSet<>();
    Set<String> notBinary = new HashSet<>();
    List<Wanted> wanted = new ArrayList<>();
    for (InferenceHeader.Output output : header.outputs()) {
      wanted.add(new Wanted(output.name(), output.classes()));
      output.binary().ifPresent(b -> (b ? binary : notBinary).add(output.name()));
    }
    return new InferenceBody(
        new InferenceRequest(
            header.id(), inputs, wanted, header.timeoutMicros(), header.priority()),
        textual,
        header.binaryOutput(),
        binary,
        notBinary);
  }

  /**
   * A raw binary request: the body is the only input, of one row, and all outputs are binary.
   *
   * @param image whether it is one image file
   * @throws InvalidRequest if the network has more inputs, or the bytes are not as many
   */
  public static InferenceBody raw(byte[] body, TensorNetwork network, boolean image) {
    if (network.inputs().size() != 1) {
      throw new InvalidRequest(
          "a raw binary request is of a model with one input, but this one has %d",
          network.inputs().size());
    }
    TensorSpec spec = network.inputs().get(0);
    TypedTensor tensor;
    if (image || spec.type() == DataType.BYTES) {
      tensor = new TypedTensor.Texts(spec.name(), List.of(1L), List.of(body));
    } else {
      List<Long> shape = rawShape(spec, network.isBatched());
      long bytes = TensorShapes.elements(shape) * spec.type().size();
      if (bytes != body.length) {
        throw new InvalidRequest(
            "the body has %d bytes but input '%s', %s %s, takes %d",
            body.length, spec.name(), spec.type(), shape, bytes);
      }
      tensor = new TypedTensor.Numbers(spec.name(), spec.type(), shape, ByteBuffer.wrap(body));
    }
    return new InferenceBody(
        new InferenceRequest("", List.of(tensor), List.of(), OptionalLong.empty(), 0),
        Set.of(),
        true,
        Set.of(),
        Set.of());
  }

  private static List<Long> rawShape(TensorSpec spec, boolean batched) {
    List<Long> shape = new ArrayList<>(spec.shape());
    if (batched) {
      shape.set(0, 1L);
    }
    if (shape.stream().anyMatch(dim -> dim < 0)) {
      throw new InvalidRequest(
          "a raw binary request is of a model whose input has a fixed shape, but '%s' has %s",
          spec.name(), spec.shape());
    }
    return shape;
  }

  /** Takes one tensor after the other from the body. */
  private static final class Cut {
    private final byte[] body;
    private final int jsonEnd;
    private final LongConsumer room;
    private final boolean remainder;
    private int at;
    private long taken;

    /**
     * @param remainder whether what is behind the JSON may be the one input that says nothing of it
     */
    Cut(byte[] body, int jsonEnd, LongConsumer room, boolean remainder) {
      this.body = body;
      this.jsonEnd = jsonEnd;
      this.room = room;
      this.remainder = remainder;
      this.at = jsonEnd;
    }

    TypedTensor tensor(Input input) {
      String name = Named.brief(input.name());
      DataType type =
          DataType.named(input.datatype())
              .orElseThrow(
                  () ->
                      new InvalidRequest(
                          "input '%s' has the datatype '%s', expected one of %s",
                          name, Named.brief(input.datatype()), Arrays.asList(DataType.values())));
      long count = elements(name, input.shape());
      if (input.dataAt().isPresent() && input.binarySize().isPresent()) {
        throw new InvalidRequest(
            "input '%s' has data and binary_data_size, expected one of them", name);
      }
      if (input.dataAt().isPresent()) {
        return ofJson(input, type, count);
      }
      if (input.binarySize().isPresent()) {
        return ofBytes(input, type, count, input.binarySize().getAsInt());
      }
      if (remainder && type == DataType.BYTES && count == 1) {
        return new TypedTensor.Texts(input.name(), input.shape(), List.of(take(body.length - at)));
      }
      if (remainder) {
        return ofBytes(input, type, count, body.length - at);
      }
      throw new InvalidRequest("input '%s' has no data and no binary_data_size", name);
    }

    /** An element takes at least a byte, wherever it comes from. */
    private long elements(String name, List<Long> shape) {
      long count;
      try {
        count = TensorShapes.elements(shape);
      } catch (ArithmeticException e) {
        count = Long.MAX_VALUE;
      }
      if (count > body.length) {
        throw new InvalidRequest(
            "input '%s' has the shape %s, of more elements than the body has bytes", name, shape);
      }
      return count;
    }

    private TypedTensor ofJson(Input input, DataType type, long count) {
      int from = input.dataAt().getAsInt();
      if (type == DataType.BYTES) {
        TextElements.requireFew(Named.brief(input.name()), count);
        List<byte[]> texts = new ArrayList<>((int) count);
        JsonElements.read(Named.brief(input.name()), body, from, jsonEnd, texts, count);
        return new TypedTensor.Texts(input.name(), input.shape(), texts);
      }
      long bytes = count * type.size();
      hold(bytes);
      ByteBuffer data = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
      JsonElements.read(Named.brief(input.name()), type, body, from, jsonEnd, data);
      return new TypedTensor.Numbers(input.name(), type, input.shape(), data.flip());
    }

    private void hold(long bytes) {
      if (bytes > Integer.MAX_VALUE) {
        throw new InvalidRequest("an input takes more than 2 GiB");
      }
      taken += bytes;
      room.accept(taken);
    }

    private TypedTensor ofBytes(Input input, DataType type, long count, int size) {
      String name = Named.brief(input.name());
      if (size > body.length - at) {
        throw new InvalidRequest(
            "input '%s' has a binary_data_size of %d but the body has %d bytes left",
            name, size, body.length - at);
      }
      if (type == DataType.BYTES) {
        hold(size);
        List<byte[]> texts = TextElements.read(name, body, at, size, count);
        at += size;
        return new TypedTensor.Texts(input.name(), input.shape(), texts);
      }
      if (size != count * type.size()) {
        throw new InvalidRequest(
            "input '%s', %s of shape %s, takes %d bytes but has %d",
            name, type, input.shape(), count * type.size(), size);
      }
      ByteBuffer data = ByteBuffer.wrap(body, at, size);
      at += size;
      return new TypedTensor.Numbers(input.name(), type, input.shape(), data);
    }

    private byte[] take(int length) {
      byte[] own = Arrays.copyOfRange(body, at, at + length);
      at += length;
      return own;
    }

    void requireEnd() {
      if (at != body.length) {
        throw new InvalidRequest(
            "the body has %d bytes more than its inputs take", body.length - at);
      }
    }
  }
}
