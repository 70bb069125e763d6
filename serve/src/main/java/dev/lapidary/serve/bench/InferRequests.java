package dev.lapidary.serve.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.measure.Argmax;
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
final class InferRequests {
  private static final String HEADER_LENGTH = "Inference-Header-Content-Length";
  private static final JsonMapper JSON = new JsonMapper();

  private InferRequests() {}

  /**
   * @param tensors of the one input, each as the protocol's binary data
   */
  static RequestSet of(
      URI uri, ModelInput input, List<byte[]> tensors, List<RequestHeader> headers) {
    return new RequestSet(
        tensors.stream().map(tensor -> request(uri, input, tensor, headers)).toList(),
        InferRequests::argmax);
  }

  private static HttpRequest request(
      URI uri, ModelInput input, byte[] tensor, List<RequestHeader> headers) {
    byte[] head = head(input, tensor.length);
    List<RequestHeader> all = new ArrayList<>(headers);
    all.add(new RequestHeader("Content-Type", "application/octet-stream"));
    all.add(new RequestHeader(HEADER_LENGTH, Integer.toString(head.length)));
    ByteBuffer body = ByteBuffer.allocate(head.length + tensor.length).put(head).put(tensor);
    return RequestSet.post(uri, body.array(), all);
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

  /** Of the first output, if it is of binary FP32: the place of its greatest number. */
  private static OptionalInt argmax(HttpResponse<byte[]> answer) {
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
      float[] values = new float[bytes / Float.BYTES];
      numbers.asFloatBuffer().get(values);
      return OptionalInt.of(Argmax.of(values));
    } catch (IOException | IndexOutOfBoundsException e) {
      return OptionalInt.empty();
    }
  }
}
