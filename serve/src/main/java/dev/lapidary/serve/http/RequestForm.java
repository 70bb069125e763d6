package dev.lapidary.serve.http;

import dev.lapidary.serve.inference.ClientText;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import java.util.List;
import java.util.Locale;

/** How a request's body carries its images. */
@FunctionalInterface
interface RequestForm {
  /** Where what a body becomes is held, beside the body itself. */
  @FunctionalInterface
  interface Room {
    /**
     * @param bytes beside the body, in place of what was held before
     * @throws Refusal 429 if there is no room
     */
    void hold(long bytes);
  }

  /**
   * The images, in the request's order.
   *
   * @throws Refusal 400 if the body has not the form that it claims, 413 if it has too many images,
   *     429 if there is no room for it unpacked
   */
  List<Upload> uploads(byte[] body, Room room);

  /**
   * By the media type, whose letters' case has no meaning (RFC 9110 section 8.3.1), and by the
   * content codings.
   *
   * @throws Refusal 415 if it is none of the three, or packed in an unknown way; 400 if it is
   *     multipart without a boundary
   */
  static RequestForm of(HttpRequest<?> request, int maxImages, int maxBytes) {
    List<String> types = request.getHeaders().getAll(HttpHeaders.CONTENT_TYPE);
    if (types.size() > 1) {
      throw Refusal.badRequest(
          "invalid_content_type", "there are %d headers Content-Type, expected one", types.size());
    }
    RequestForm form = ofType(types.isEmpty() ? "" : types.get(0), maxImages);
    List<ContentCoding> codings = ContentCoding.of(request);
    return (body, room) ->
        form.uploads(ContentCoding.unpacked(codings, body, maxBytes, room), room);
  }

  private static RequestForm ofType(String contentType, int maxImages) {
    String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (type.equals(MediaType.MULTIPART_FORM_DATA)) {
      return MultipartForm.of(contentType, maxImages);
    }
    if (type.equals(MediaType.APPLICATION_JSON)) {
      requireUtf8(contentType);
      return new JsonForm(maxImages);
    }
    if (type.startsWith("image/") || type.equals(MediaType.APPLICATION_OCTET_STREAM)) {
      return (body, room) -> image(body);
    }
    throw Refusal.unsupportedMediaType(
        "expected multipart/form-data, image/*, application/octet-stream or application/json but"
            + " the Content-Type is %s",
        type.isEmpty() ? "none" : ClientText.brief(type));
  }

  /** The body is one image file. */
  private static List<Upload> image(byte[] body) {
    if (body.length == 0) {
      throw Refusal.badRequest("no_image", "the body is empty, expected an image file");
    }
    return List.of(new Upload.File("0", body));
  }

  /** JSON is UTF-8 (RFC 8259 section 8.1); names in another charset would come back wrong. */
  private static void requireUtf8(String contentType) {
    String charset =
        HeaderValue.parse(contentType, RequestForm::badType).parameter("charset").orElse("utf-8");
    if (!charset.equalsIgnoreCase("utf-8") && !charset.equalsIgnoreCase("us-ascii")) {
      throw Refusal.unsupportedMediaType(
          "expected application/json in UTF-8 but its charset is '%s'", ClientText.brief(charset));
    }
  }

  private static Refusal badType(String why) {
    return Refusal.badRequest(
        "invalid_content_type", "the Content-Type application/json is wrong: %s", why);
  }

  static Refusal tooManyImages(int maxImages) {
    return Refusal.tooLarge("a request has at most %d images", maxImages);
  }
}
