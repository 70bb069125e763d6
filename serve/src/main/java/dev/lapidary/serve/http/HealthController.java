package dev.lapidary.serve.http;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import java.util.Optional;

/** Health as the Open Inference Protocol has it; the status code is the answer. */
@Controller("/v2/health")
@Produces(MediaType.ALL) // in truth JSON; an Accept without it is disregarded, as RFC 9110 allows
final class HealthController {
  private final ServerState state;

  HealthController(ServerState state) {
    this.state = state;
  }

  private record Live(boolean live) {}

  private record Ready(boolean ready) {}

  private record NotReady(boolean ready, String reason) {}

  @Get("/live")
  HttpResponse<byte[]> live() {
    return Json.answer(HttpStatus.OK, new Live(true));
  }

  @Get("/ready")
  HttpResponse<byte[]> ready() {
    Optional<String> reason = state.unready();
    return reason.isPresent()
        ? Json.answer(HttpStatus.SERVICE_UNAVAILABLE, new NotReady(false, reason.get()))
        : Json.answer(HttpStatus.OK, new Ready(true));
  }
}
