package dev.lapidary.serve.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body is {@code {"images":[{"b64":"...", "name":"..."}]}}; the name may be left out. */
final class JsonForm implements RequestForm {
  private final int maxImages;

  JsonForm(int maxImages) {
    this.maxImages = maxImages;
  }

  private record Body(@Nullable List<@Nullable Image> images) {}

  private record Image(@Nullable String b64, @Nullable String name) {}

  @Override
  public List<Upload> uploads(byte[] body) {
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
    } catch (JsonProcessingException e) {
      throw Refusal.badRequest(
          "invalid_json",
          "expected {\"images\":[{\"b64\":\"...\"}]}: %s",
          String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("not JSON"));
    } catch (IOException e) {
      throw new IllegalStateException("an array in memory is always readable", e);
    }
    if (body == null || body.images() == null || body.images().isEmpty()) {
      throw Refusal.badRequest(
          "no_image", "there are no images, expected {\"images\":[{\"b64\":\"...\"}]}");
    }
    return body.images();
  }

  private static Upload upload(@Nullable Image image, int index) {
    String given = image == null ? null : image.name();
    String name = given == null ? Integer.toString(index) : given;
    String b64 = image == null ? null : image.b64();
    if (b64 == null) {
      return unreadable(name, "it has no \"b64\"");
    }
    try {
      return new Upload.File(name, Base64.getDecoder().decode(b64));
    } catch (IllegalArgumentException e) {
      return unreadable(name, "its \"b64\" is not base64: " + e.getMessage());
    }
  }

  private static Upload unreadable(String name, String message) {
    return new Upload.Unreadable(name, new ImageError("invalid_base64", message));
  }
}
