package dev.lapidary.serve.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** One tensor a request, with binary data in and out. */
final class InferRequests implements RequestSet {
  static final String HEADER_LENGTH = "Inference-Header-Content-Length";
  private static final JsonMapper JSON = new JsonMapper();

  private final URI uri;
  private final List<Body> bodies;
  private final List<RequestHeader> headers;

  @SuppressWarnings("ArrayRecordComponent") // read, never compared
  private record Body(byte[] bytes, int headLength) {
    static Body of(ModelInput input, byte[] tensor) {
      byte[] head = head(input, tensor.length);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(head);
      all.writeBytes(tensor);
      return new Body(all.toByteArray(), head.length);
    }
  }

  /**
   * @param tensors of the one input, each as the protocol's binary data
   */
  InferRequests(URI uri, ModelInput input, List<byte[]> tensors, List<RequestHeader> headers) {
    this.uri = uri;
    this.bodies = tensors.stream().map(tensor -> Body.of(input, tensor)).toList();
    this.headers = new ArrayList<>(headers);
    this.headers.add(new RequestHeader("Content-Type", "application/octet-stream"));
  }

  private static byte[] head(ModelInput input, int bytes) {
    ObjectNode root = JSON.createObjectNode();
    root.putObject("parameters").put("binary_data_output", true);
    ObjectNode tensor = root.putArray("inputs").addObject();
    tensor.put("name", input.name()).put("datatype", input.type());
    input.shape().forEach(tensor.putArray("shape")::add);
    tensor.putObject("parameters").put("binary_data_size", bytes);
    return root.toString().getBytes(UTF_8);
  }

  @Override
  public int count() {
    return bodies.size();
  }

  @Override
  public HttpRequest request(int index) {
    Body body = bodies.get(index);
    List<RequestHeader> all = new ArrayList<>(headers);
    all.add(new RequestHeader(HEADER_LENGTH, Integer.toString(body.headLength())));
    return RequestSet.post(uri, all, body.bytes());
  }

  /** Of the first output, if it is of binary FP32: the place of its greatest number. */
  @Override
  public OptionalInt argmax(HttpResponse<byte[]> answer) {
    int length =
        (int) answer.headers().firstValueAsLong(HEADER_LENGTH).orElse(answer.body().length);
    try {
      JsonNode output = JSON.readTree(answer.body(), 0, length).at("/outputs/0");
      int bytes = output.at("/parameters/binary_data_size").asInt(0);
      if (!output.path("datatype").asText("").equals("FP32") || bytes < Float.BYTES) {
        return OptionalInt.empty();
      }
      ByteBuffer numbers =
          ByteBuffer.wrap(answer.body(), length, bytes).order(ByteOrder.LITTLE_ENDIAN);
      int best = 0;
      for (int i = 1; i < bytes / Float.BYTES; i++) {
        if (numbers.getFloat(length + i * Float.BYTES)
            > numbers.getFloat(length + best * Float.BYTES)) {
          best = i;
        }
      }
      return OptionalInt.of(best);
    } catch (IOException | IndexOutOfBoundsException e) {
      return OptionalInt.empty();
    }
  }
}
