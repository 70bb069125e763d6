package dev.lapidary.serve.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.inference.InferenceWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The one input of a model, as a server of the Open Inference Protocol describes it.
 *
 * @param type in the protocol's words, such as {@code UINT8}
 * @param shape of one request
 */
record ModelInput(String name, String type, List<Long> shape) {
  private static final long MAX_ELEMENTS = 1L << 28;

  /**
   * @param model {@code …/v2/models/NAME}
   * @param shape empty for the model's own, with 1 for its batch
   * @throws Failure (exit 1) if the server does not answer; (exit 2) if more must be known
   */
  static ModelInput ask(URI model, List<Long> shape, List<RequestHeader> headers)
      throws InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(model).timeout(RequestSet.PATIENCE);
    headers.forEach(header -> request.header(header.name(), header.value()));
    try {
      HttpResponse<byte[]> answer =
          HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      if (answer.statusCode() != 200) {
        throw Failure.failed("%s answered %d, expected 200", model, answer.statusCode());
      }
      return of(model, new JsonMapper().readTree(answer.body()), shape);
    } catch (IOException e) {
      throw Failure.failed("%s does not say what it takes: %s", model, Failure.reason(e));
    }
  }

  private static ModelInput of(URI model, JsonNode metadata, List<Long> shape) {
    JsonNode inputs = metadata.path("inputs");
    if (inputs.size() != 1) {
      throw Failure.badInput("%s has %d inputs, expected one", model, inputs.size());
    }
    JsonNode input = inputs.get(0);
    List<Long> own = new ArrayList<>();
    input.path("shape").forEach(n -> own.add(own.isEmpty() && n.asLong() < 0 ? 1 : n.asLong()));
    List<Long> chosen = shape.isEmpty() ? own : shape;
    if (chosen.size() != own.size() || chosen.stream().anyMatch(n -> n < 1)) {
      throw Failure.badInput(
          "%s takes the shape %s, expected --shape with as many numbers from 1 on, but it is %s",
          model, own, chosen);
    }
    return new ModelInput(
        input.path("name").asText(""), input.path("datatype").asText(""), List.copyOf(chosen));
  }

  /** So many tensors of random numbers in [0, 1), or of random bytes; always the same ones. */
  List<byte[]> random(int count) {
    DataType data =
        DataType.named(type)
            .filter(known -> known.size() > 0)
            .orElseThrow(
                () -> Failure.badInput("the input is of %s, expected numbers or --images", type));
    long elements = shape.stream().reduce(1L, Math::multiplyExact);
    if (elements > MAX_ELEMENTS) {
      throw Failure.badInput("a tensor of %d numbers is too large to be sent", elements);
    }
    Random random = new Random(1);
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(numbers(data, (int) elements, random));
    }
    return all;
  }

  private static byte[] numbers(DataType data, int elements, Random random) {
    ByteBuffer bytes = ByteBuffer.allocate(elements * data.size()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements; i++) {
      switch (data) {
        case FP32 -> bytes.putFloat(random.nextFloat());
        case FP64 -> bytes.putDouble(random.nextDouble());
        case UINT8 -> bytes.put((byte) random.nextInt(256));
        default -> bytes.position(bytes.position() + data.size()); // zeros are of every type
      }
    }
    return bytes.array();
  }

  /** Image files, each as one element of BYTES. */
  static List<byte[]> elements(List<byte[]> files) {
    return files.stream()
        .map(file -> InferenceWriter.bytes(new TypedTensor.Texts("", List.of(1L), List.of(file))))
        .toList();
  }

  /** The same input, of one image file. */
  ModelInput ofImage() {
    return new ModelInput(name, "BYTES", List.of(1L));
  }
}
