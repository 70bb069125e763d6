package dev.lapidary.serve.http;

import dev.lapidary.serve.inference.ClientText;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The body is {@code multipart/form-data} (RFC 7578); each part with a file name is an image, other
 * parts are ignored. Netty's decoder, which is at hand, removes characters from file names and
 * fails with unchecked exceptions on headers that are a little wrong, hence {@link
 * MultipartReader}.
 */
record MultipartForm(String boundary, Charset charset, int maxImages) implements RequestForm {
  private static final int MAX_BOUNDARY = 70; // RFC 2046
  private static final Set<String> AS_IT_IS = Set.of("7bit", "8bit", "binary");

  /**
   * @param contentType of the request
   * @throws Refusal 400 if it names no boundary, or a charset that there is not
   */
  static MultipartForm of(String contentType, int maxImages) {
    HeaderValue type = HeaderValue.parse(contentType, MultipartForm::badType);
    String boundary = type.parameter("boundary").orElse("");
    boolean readable = boundary.chars().allMatch(c -> c >= ' ' && c <= '~');
    if (boundary.isEmpty() || boundary.length() > MAX_BOUNDARY || !readable) {
      throw badType(
          "expected boundary= with 1 to %d characters of ASCII but found '%s'"
              .formatted(MAX_BOUNDARY, ClientText.brief(boundary)));
    }
    return new MultipartForm(
        boundary, charset(type.parameter("charset").orElse("utf-8")), maxImages);
  }

  private static Charset charset(String name) {
    try {
      return Charset.forName(name);
    } catch (IllegalArgumentException e) {
      throw badType(
          "there is no charset '%s', expected none or UTF-8".formatted(ClientText.brief(name)));
    }
  }

  private static Refusal badType(String why) {
    return Refusal.badRequest(
        "invalid_multipart", "the Content-Type multipart/form-data is wrong: %s", why);
  }

  @Override
  public List<Upload> uploads(byte[] body, Room room) {
    List<MultipartReader.Part> parts = new MultipartReader(body, boundary, maxImages).parts();
    List<Upload> uploads = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      Optional<String> name = fileName(parts.get(i), i);
      byte[] content = parts.get(i).content();
      // A browser sends a file field that was left empty as a file without name and content.
      if (name.isPresent() && !(name.get().isEmpty() && content.length == 0)) {
        String given = name.get();
        String called = given.isEmpty() ? Integer.toString(uploads.size()) : given;
        uploads.add(new Upload.File(called, content));
      }
    }
    if (uploads.isEmpty()) {
      throw Refusal.badRequest(
          "no_image", "there is no file part, expected one or more, such as image=@a.jpg");
    }
    if (uploads.size() > maxImages) {
      throw RequestForm.tooManyImages(maxImages);
    }
    return uploads;
  }

  private Optional<String> fileName(MultipartReader.Part part, int index) {
    String header = part.headers().get("content-disposition");
    if (header == null) {
      throw MultipartReader.damaged("has no Content-Disposition in part " + index);
    }
    HeaderValue disposition =
        HeaderValue.parse(
            header,
            why ->
                MultipartReader.damaged(
                    "has a wrong Content-Disposition in part " + index + ": " + why));
    if (!disposition.value().equals("form-data")) {
      throw MultipartReader.damaged(
          "has a Content-Disposition other than form-data in part " + index);
    }
    requirePlain(part, index);
    return FileName.of(disposition, charset);
  }

  private static void requirePlain(MultipartReader.Part part, int index) {
    String type = part.headers().getOrDefault("content-type", "").toLowerCase(Locale.ROOT);
    if (type.startsWith("multipart/")) {
      throw MultipartReader.damaged(
          "nests another in part " + index + "; send each file as a part of its own");
    }
    String coding = part.headers().getOrDefault("content-transfer-encoding", "binary");
    if (!AS_IT_IS.contains(coding.toLowerCase(Locale.ROOT))) {
      throw MultipartReader.damaged(
          "has a Content-Transfer-Encoding in part "
              + index
              + "; send the file's bytes as they are");
    }
  }
}
