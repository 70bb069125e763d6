package dev.lapidary.serve.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** One image file a request, as the whole body or in a form. */
final class PredictRequests {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String BOUNDARY = "lapidary-7MA4YWxkTrZu0gW"; // in no image

  private PredictRequests() {}

  /**
   * @param field of a form that each file is in; otherwise it is the body
   */
  static RequestSet of(
      URI uri, List<byte[]> files, Optional<String> field, List<RequestHeader> headers) {
    String type =
        field.isPresent()
            ? "multipart/form-data; boundary=" + BOUNDARY
            : "application/octet-stream";
    List<RequestHeader> all = new ArrayList<>(List.of(new RequestHeader("Content-Type", type)));
    all.addAll(headers);
    return new RequestSet(
        files.stream()
            .map(file -> RequestSet.post(uri, field.map(f -> form(f, file)).orElse(file), all))
            .toList(),
        PredictRequests::argmax);
  }

  private static byte[] form(String field, byte[] file) {
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    String head =
        String.join(
            "\r\n",
            "--" + BOUNDARY,
            "Content-Disposition: form-data; name=\"%s\"; filename=\"image.jpg\"".formatted(field),
            "Content-Type: image/jpeg",
            "",
            "");
    form.writeBytes(head.getBytes(UTF_8));
    form.writeBytes(file);
    form.writeBytes(("\r\n--" + BOUNDARY + "--\r\n").getBytes(UTF_8));
    return form.toByteArray();
  }

  /** Of a server of this project's; others answer as they like. */
  private static OptionalInt argmax(HttpResponse<byte[]> answer) {
    try {
      int index = JSON.readTree(answer.body()).at("/predictions/0/classes/0/index").asInt(-1);
      return index < 0 ? OptionalInt.empty() : OptionalInt.of(index);
    } catch (IOException e) {
      return OptionalInt.empty();
    }
  }
}
