package dev.lapidary.serve.inference;

import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorShapes;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.inference.InferenceHeader.Input;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * The body of an inference request over HTTP: JSON, or JSON and binary tensors behind it (the
 * binary tensor data extension), or the bytes of one input alone.
 *
 * @param textual names of the inputs whose elements came as text in JSON
 * @param binaryOutput whether outputs are binary unless told
 * @param binary what is told of an output by its name
 */
public record InferenceBody(
    InferenceRequest request,
    Set<String> textual,
    boolean binaryOutput,
    Map<String, Boolean> binary) {
  /** Whether an output goes behind the JSON. */
  boolean isBinary(String output) {
    return binary.getOrDefault(output, binaryOutput);
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
    return new InferenceBody(
        new InferenceRequest(
            header.id(), inputs, header.outputs(), header.timeoutMicros(), header.priority()),
        textual,
        header.binaryOutput(),
        header.binary());
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
        new InferenceRequest("", List.of(tensor), List.of(), 0, 0), Set.of(), true, Map.of());
  }

  private static List<Long> rawShape(TensorSpec spec, boolean batched) {
    List<Long> shape = batched ? TensorShapes.ofBatch(spec.shape(), 1) : spec.shape();
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
      InputHead head =
          InputHead.of(input.name(), input.datatype(), input.shape(), body.length, "body");
      if (input.dataAt().isPresent() && input.binarySize().isPresent()) {
        throw new InvalidRequest(
            "input '%s' has data and binary_data_size, expected one of them", head.brief());
      }
      if (input.dataAt().isPresent()) {
        return ofJson(head, input.dataAt().getAsInt());
      }
      if (input.binarySize().isPresent()) {
        return ofBytes(head, input.binarySize().getAsInt());
      }
      if (!remainder) {
        throw new InvalidRequest("input '%s' has no data and no binary_data_size", head.brief());
      }
      if (head.type() != DataType.BYTES || head.count() != 1) {
        return ofBytes(head, body.length - at);
      }
      TypedTensor whole = head.ofTexts(List.of(Arrays.copyOfRange(body, at, body.length)));
      at = body.length;
      return whole;
    }

    private TypedTensor ofJson(InputHead head, int from) {
      if (head.type() == DataType.BYTES) {
        TextElements.requireFew(head.brief(), head.count());
        return head.ofTexts(JsonElements.texts(head, body, from, jsonEnd));
      }
      hold(head.count() * head.type().size());
      return head.ofNumbers(JsonElements.numbers(head, body, from, jsonEnd));
    }

    private void hold(long bytes) {
      if (bytes > Integer.MAX_VALUE) {
        throw new InvalidRequest("an input takes more than 2 GiB");
      }
      taken += bytes;
      room.accept(taken);
    }

    private TypedTensor ofBytes(InputHead head, int size) {
      if (size > body.length - at) {
        throw new InvalidRequest(
            "input '%s' has a binary_data_size of %d but the body has %d bytes left",
            head.brief(), size, body.length - at);
      }
      if (head.type() == DataType.BYTES) {
        hold(size);
      }
      TypedTensor tensor = head.ofBinary(ByteBuffer.wrap(body, at, size));
      at += size;
      return tensor;
    }

    void requireEnd() {
      if (at != body.length) {
        throw new InvalidRequest(
            "the body has %d bytes more than its inputs take", body.length - at);
      }
    }
  }
}
