package dev.lapidary.serve.http;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.JsonMappingException;
import dev.lapidary.serve.inference.ClientText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body is {@code {"images":[{"b64":"...", "name":"..."}]}}; the name may be left out. */
record JsonForm(int maxImages) implements RequestForm {
  private static final String EXPECTED = "{\"images\":[{\"b64\":\"...\"}]}";

  private record Body(@Nullable List<@Nullable Image> images) {}

  private record Image(@Nullable String b64, @Nullable String name) {}

  @Override
  public List<Upload> uploads(byte[] body, Room room) {
    List<@Nullable Image> images = images(body);
    if (images.size() > maxImages) {
      throw RequestForm.tooManyImages(maxImages);
    }
    List<Upload> uploads = new ArrayList<>(images.size());
    for (int i = 0; i < images.size(); i++) {
      uploads.add(upload(images.get(i), i));
    }
    return uploads;
  }

  private static List<@Nullable Image> images(byte[] json) {
    Body body;
    try {
      body = Json.MAPPER.readValue(json, Body.class);
    } catch (IOException e) { // also of bytes that are no characters
      throw Refusal.badRequest("invalid_json", "expected %s but the body %s", EXPECTED, words(e));
    }
    if (body == null || body.images() == null || body.images().isEmpty()) {
      throw Refusal.badRequest("no_image", "there are no images, expected %s", EXPECTED);
    }
    return body.images();
  }

  /** In our words: Jackson's name its classes and ours. */
  private static String words(IOException error) {
    if (error.getCause() instanceof IOException cause) {
      return words(cause); // what was wrong, without the place in our records where it was met
    }
    if (!(error instanceof JacksonException jackson)) {
      return "is not text in UTF-8";
    }
    JsonLocation at = jackson.getLocation();
    String source =
        at == null || at.getLineNr() < 1
            ? ""
            : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
    if (error instanceof StreamConstraintsException) {
      return "is nested too deeply, or has too many values or too long a number or name" + source;
    }
    if (error instanceof StreamReadException) {
      return "is not JSON" + source;
    }
    if (error instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
      return "has another type of value in " + path(mapping) + source;
    }
    return "has another type of value, or nothing, or more than one value" + source;
  }

  private static String path(JsonMappingException error) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : error.getPath()) {
      String field = step.getFieldName();
      if (field == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(ClientText.brief(field));
      }
    }
    return path.toString();
  }

  private static Upload upload(@Nullable Image image, int index) {
    String given = image == null ? null : image.name();
    if (given != null && ClientText.isBroken(given)) {
      throw Refusal.badRequest(
          "invalid_json", "images[%d].name is not Unicode: it has half of a surrogate pair", index);
    }
    String name = given == null ? Integer.toString(index) : given;
    String b64 = image == null ? null : image.b64();
    if (b64 == null) {
      return unreadable(name, "it has no \"b64\"");
    }
    try {
      return new Upload.File(name, Base64Text.decode(b64));
    } catch (IllegalArgumentException e) {
      return unreadable(name, String.valueOf(e.getMessage()));
    }
  }

  private static Upload unreadable(String name, String message) {
    return new Upload.Unreadable(name, new ImageError("invalid_base64", message));
  }
}
