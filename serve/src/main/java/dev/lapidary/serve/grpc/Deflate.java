package dev.lapidary.serve.grpc;

import io.grpc.Codec;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/** The message coding {@code deflate} (zlib's format), which clients in C++ and Python have. */
final class Deflate implements Codec {
  @Override
  public String getMessageEncoding() {
    return "deflate";
  }

  @Override
  public InputStream decompress(InputStream packed) {
    return new InflaterInputStream(packed);
  }

  @Override
  public OutputStream compress(OutputStream packed) {
    return new DeflaterOutputStream(packed);
  }
}
