package dev.lapidary.serve.http;

import dev.lapidary.core.image.ImageSize;
import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.serve.inference.ClientText;
import dev.lapidary.serve.inference.InferenceAnswer;
import dev.lapidary.serve.inference.InferenceBody;
import dev.lapidary.serve.inference.InferenceWriter;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.tracing.Worked;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

/**
 * {@code POST /v2/models/{model}/infer} of the Open Inference Protocol: tensors in, tensors out.
 */
@Controller("/v2/models/{model}")
@Consumes(MediaType.ALL)
@Produces(MediaType.ALL) // in truth JSON, or JSON and binary data behind it
final class InferController {
  private static final String HEADER_LENGTH = "Inference-Header-Content-Length";
  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,9}");

  private final ServerState state;
  private final BodyWork bodies;

  InferController(ServerState state, BodyWork bodies) {
    this.state = state;
    this.bodies = bodies;
  }

  @Post(uris = {"/infer", "/versions/{version}/infer"})
  CompletionStage<HttpResponse<byte[]>> infer(
      HttpRequest<?> request,
      @PathVariable("model") String model,
      @Nullable @PathVariable("version") String version) {
    return bodies.counted(
        request, () -> answer(request, state.requireTurn(model, Optional.ofNullable(version))));
  }

  private CompletableFuture<HttpResponse<byte[]>> answer(
      HttpRequest<?> request, Lease<AnsweringModel> lease) {
    try {
      PredictQuery.requireLength(request, state.settings().limits().bodyBytes());
      OptionalInt headerLength = headerLength(request);
      List<ContentCoding> codings = ContentCoding.of(request);
      Deadline deadline = PredictQuery.deadline(request, state.settings().timeouts());
      // The body may name another one, which is then the one that counts.
      long named = PredictQuery.priority(request, state.settings());
      int first = named == 0 ? 1 : (int) named;
      Inference inference = new Inference(lease.model(), state);
      inference.requireRoom(deadline, first);
      return bodies.run(
          request,
          lease::close,
          deadline,
          first,
          inference::retryAfter,
          (packed, room, permit) -> {
            long began = System.nanoTime();
            byte[] body =
                ContentCoding.unpacked(
                    codings, packed, state.settings().limits().bodyBytes(), room);
            InferenceBody asked = read(body, headerLength, lease.model(), room);
            Inference.Work work =
                inference.begin(asked.request(), asked.textual(), permit, deadline, named, began);
            return new BodyWork.Begun(
                work.answer().thenApply(answer -> respond(answer, asked)),
                work.deadline(),
                work.cancel());
          });
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  private static InferenceBody read(
      byte[] body, OptionalInt headerLength, AnsweringModel model, RequestForm.Room room) {
    if (headerLength.equals(OptionalInt.of(0))) {
      boolean image = model.images().isPresent() && ImageSize.pixels(body) > 0;
      return InferenceBody.raw(body, model.tensors(), image);
    }
    return InferenceBody.read(body, headerLength, room::hold);
  }

  private static OptionalInt headerLength(HttpRequest<?> request) {
    List<String> texts = request.getHeaders().getAll(HEADER_LENGTH);
    if (texts.isEmpty()) {
      return OptionalInt.empty();
    }
    if (texts.size() > 1 || !WHOLE.matcher(texts.get(0)).matches()) {
      throw Refusal.badRequest(
          "invalid_parameter",
          "the header %s is '%s', expected one whole number of bytes",
          HEADER_LENGTH,
          ClientText.brief(String.join(", ", texts)));
    }
    return OptionalInt.of(Integer.parseInt(texts.get(0)));
  }

  private HttpResponse<byte[]> respond(InferenceAnswer answer, InferenceBody asked) {
    InferenceWriter.Written written = InferenceWriter.write(answer, asked);
    MutableHttpResponse<byte[]> response =
        HttpResponse.ok(written.body())
            .header(ServerTiming.HEADER, ServerTiming.of(answer.stages()));
    if (written.headerLength().isPresent()) {
      response
          .contentType(MediaType.APPLICATION_OCTET_STREAM_TYPE)
          .header(HEADER_LENGTH, Integer.toString(written.headerLength().getAsInt()));
    } else {
      response.contentType(MediaType.APPLICATION_JSON_TYPE);
    }
    if (state.spans().isPresent()) {
      HttpSpan.note(response, Worked.now(answer.model(), answer.stages()));
    }
    return response;
  }
}
