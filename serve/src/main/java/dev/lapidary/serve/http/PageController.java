package dev.lapidary.serve.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The page at {@code /}: three files that hold nothing of the server, and what is asked for by
 * them. A browser that shows it loads nothing from elsewhere, runs no script but the page's, and
 * shows it in no other page's frame.
 */
@Controller
@Produces(MediaType.ALL)
final class PageController {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob:; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final ServerState state;

  PageController(ServerState state) {
    this.state = state;
  }

  @Get("/")
  HttpResponse<byte[]> page() {
    return file("index.html", "text/html; charset=utf-8");
  }

  @Get("/page.css")
  HttpResponse<byte[]> style() {
    return file("page.css", "text/css; charset=utf-8");
  }

  @Get("/page.js")
  HttpResponse<byte[]> script() {
    return file("page.js", "text/javascript; charset=utf-8");
  }

  @Get("/page/models")
  HttpResponse<byte[]> models() {
    requirePage();
    return HttpResponse.ok(Json.write(PageModel.of(state)))
        .contentType(MediaType.APPLICATION_JSON_TYPE);
  }

  private void requirePage() {
    if (!state.settings().access().page()) {
      throw Refusal.notFound("%s", FrameworkErrors.NO_SUCH_PATH);
    }
  }

  private HttpResponse<byte[]> file(String name, String type) {
    requirePage();
    try (InputStream in = PageController.class.getResourceAsStream("page/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the page's file " + name + " is not in the program");
      }
      return HttpResponse.ok(in.readAllBytes())
          .header(HttpHeaders.CONTENT_TYPE, type)
          .header("Content-Security-Policy", POLICY)
          .header("X-Content-Type-Options", "nosniff")
          .header("Referrer-Policy", "no-referrer")
          .header(HttpHeaders.CACHE_CONTROL, "no-cache");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
