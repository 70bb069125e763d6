package dev.lapidary.serve.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** One image file a request, as the whole body. */
final class PredictRequests implements RequestSet {
  private static final JsonMapper JSON = new JsonMapper();

  private final URI uri;
  private final List<byte[]> files;
  private final List<RequestHeader> headers;

  PredictRequests(URI uri, List<byte[]> files, List<RequestHeader> headers) {
    this.uri = uri;
    this.files = files;
    this.headers =
        new ArrayList<>(List.of(new RequestHeader("Content-Type", "application/octet-stream")));
    this.headers.addAll(headers);
  }

  @Override
  public int count() {
    return files.size();
  }

  @Override
  public HttpRequest request(int index) {
    return RequestSet.post(uri, headers, files.get(index));
  }

  /** Of a server of this project's; others answer as they like. */
  @Override
  public OptionalInt argmax(HttpResponse<byte[]> answer) {
    try {
      int index = JSON.readTree(answer.body()).at("/predictions/0/classes/0/index").asInt(-1);
      return index < 0 ? OptionalInt.empty() : OptionalInt.of(index);
    } catch (IOException e) {
      return OptionalInt.empty();
    }
  }
}
