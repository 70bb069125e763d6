package dev.lapidary.serve.http;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import java.util.List;
import java.util.Optional;

/** How a request's body carries its images. */
interface RequestForm {
  /**
   * The images, in the request's order.
   *
   * @throws Refusal 400 if the body has not the form that it claims, 413 if it has too many images
   */
  List<Upload> uploads(byte[] body);

  /**
   * By the media type.
   *
   * @throws Refusal 415 if it is none of the three
   */
  static RequestForm of(HttpRequest<?> request, int maxImages) {
    Optional<MediaType> type = request.getContentType();
    String name = type.map(MediaType::getName).orElse("none");
    if (name.equals(MediaType.MULTIPART_FORM_DATA)) {
      String header = request.getHeaders().get("Content-Type", String.class).orElse("");
      return new MultipartForm(header, maxImages);
    }
    if (name.equals(MediaType.APPLICATION_JSON)) {
      return new JsonForm(maxImages);
    }
    if (name.startsWith("image/") || name.equals(MediaType.APPLICATION_OCTET_STREAM)) {
      return new RawForm();
    }
    throw Refusal.unsupportedMediaType(
        "expected multipart/form-data, image/*, application/octet-stream or application/json but"
            + " the Content-Type is %s",
        name);
  }

  static Refusal tooManyImages(int maxImages) {
    return Refusal.tooLarge("a request has at most %d images", maxImages);
  }
}
