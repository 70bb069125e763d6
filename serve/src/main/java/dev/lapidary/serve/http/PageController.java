package dev.lapidary.serve.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The page at {@code /}: three files that hold nothing of the server, and what is asked for by
 * them; and what may be asked, as an OpenAPI document and a page of its own. A browser that shows
 * one loads nothing from elsewhere, runs no script but the page's, and shows it in no other page's
 * frame.
 */
@Controller
@Produces(MediaType.ALL)
final class PageController {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob:; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final String HTML = "text/html; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";

  private final ServerState state;

  PageController(ServerState state) {
    this.state = state;
  }

  @Get("/")
  HttpResponse<byte[]> page() {
    return file("page/index.html", HTML);
  }

  @Get("/page.css")
  HttpResponse<byte[]> style() {
    return file("page/page.css", "text/css; charset=utf-8");
  }

  @Get("/page.js")
  HttpResponse<byte[]> script() {
    return file("page/page.js", SCRIPT);
  }

  /** What may be asked, for people. */
  @Get("/openapi")
  HttpResponse<byte[]> openApi() {
    return file("openapi/openapi.html", HTML);
  }

  @Get("/openapi.js")
  HttpResponse<byte[]> openApiScript() {
    return file("openapi/openapi.js", SCRIPT);
  }

  /** The same for programs, which is there without a page, too. */
  @Get("/openapi.json")
  HttpResponse<byte[]> openApiDocument() {
    return resource("openapi/openapi.json", MediaType.APPLICATION_JSON);
  }

  @Get("/page/models")
  HttpResponse<byte[]> models() {
    requirePage();
    return Json.answer(HttpStatus.OK, PageModel.of(state));
  }

  private void requirePage() {
    if (!state.settings().access().page()) {
      throw Refusal.notFound("%s", FrameworkErrors.NO_SUCH_PATH);
    }
  }

  private HttpResponse<byte[]> file(String name, String type) {
    requirePage();
    return resource(name, type);
  }

  private static HttpResponse<byte[]> resource(String name, String type) {
    try (InputStream in = PageController.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the file " + name + " is not in the program");
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
