package dev.lapidary.serve.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.FileUpload;
import io.netty.handler.codec.http.multipart.HttpPostMultipartRequestDecoder;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The body is {@code multipart/form-data} (RFC 7578); each part with a file name is an image, other
 * parts are ignored. The body is in memory already, so Netty's parser never touches the disk.
 */
final class MultipartForm implements RequestForm {
  /** Other fields that a form may carry besides its images. */
  private static final int OTHER_FIELDS = 16;

  private static final int MAX_PART_HEADER_BYTES = 8192;

  private final String contentType;
  private final int maxImages;

  MultipartForm(String contentType, int maxImages) {
    this.contentType = contentType;
    this.maxImages = maxImages;
  }

  @Override
  public List<Upload> uploads(byte[] body) {
    DefaultFullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.POST, "/predict", Unpooled.wrappedBuffer(body));
    request.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
    HttpPostMultipartRequestDecoder decoder = null;
    try {
      decoder =
          new HttpPostMultipartRequestDecoder(
              new DefaultHttpDataFactory(false),
              request,
              StandardCharsets.UTF_8,
              maxImages + OTHER_FIELDS,
              MAX_PART_HEADER_BYTES);
      return files(decoder);
    } catch (HttpPostRequestDecoder.TooManyFormFieldsException e) {
      throw RequestForm.tooManyImages(maxImages);
    } catch (HttpPostRequestDecoder.ErrorDataDecoderException
        | HttpPostRequestDecoder.TooLongFormFieldException
        | HttpPostRequestDecoder.EndOfDataDecoderException e) {
      throw Refusal.badRequest("invalid_multipart", "the multipart body is damaged: %s", reason(e));
    } finally {
      if (decoder != null) {
        decoder.destroy();
      }
    }
  }

  private List<Upload> files(HttpPostMultipartRequestDecoder decoder) {
    List<Upload> uploads = new ArrayList<>();
    for (InterfaceHttpData part : decoder.getBodyHttpDatas()) {
      if (part instanceof FileUpload file) {
        uploads.add(upload(file, uploads.size()));
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

  private static Upload upload(FileUpload file, int index) {
    String given = file.getFilename();
    try {
      return new Upload.File(given.isEmpty() ? Integer.toString(index) : given, file.get());
    } catch (IOException e) {
      throw new IllegalStateException("a part in memory is always readable", e);
    }
  }

  private static String reason(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
