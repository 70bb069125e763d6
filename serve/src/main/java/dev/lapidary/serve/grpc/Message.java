package dev.lapidary.serve.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.lapidary.serve.inference.InvalidRequest;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * A message as it came, not read yet: gRPC has no words for what is wrong with one, and reading
 * makes objects of empty fields, so that a small message of nothing else would take much memory.
 */
final class Message {
  /** Inputs, outputs, what is raw of them, and parameters. */
  private static final int MAX_PARTS = 1024;

  private static final int NESTING = 8;

  private final byte[] bytes;

  private Message(byte[] bytes) {
    this.bytes = bytes;
  }

  static final Marshaller<Message> RECEIVED =
      new Marshaller<>() {
        @Override
        public InputStream stream(Message message) {
          return new ByteArrayInputStream(message.bytes);
        }

        @Override
        public Message parse(InputStream stream) {
          try {
            return new Message(stream.readAllBytes());
          } catch (IOException e) {
            throw new UncheckedIOException(e); // it is in memory
          }
        }
      };

  static final Marshaller<MessageLite> SENT =
      new Marshaller<>() {
        @Override
        public InputStream stream(MessageLite message) {
          return message.toByteString().newInput();
        }

        @Override
        public MessageLite parse(InputStream stream) {
          throw new IllegalStateException("a server reads no answers");
        }
      };

  /** In bytes. */
  int length() {
    return bytes.length;
  }

  /**
   * @throws InvalidRequest if it is no protobuf, or of too many parts
   */
  <T> T as(Parser<T> type) {
    try {
      requireFewParts();
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      in.enableAliasing(true);
      in.setRecursionLimit(NESTING);
      return type.parseFrom(in);
    } catch (IOException e) {
      throw new InvalidRequest("the message is not protobuf of the Open Inference Protocol");
    }
  }

  private void requireFewParts() throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    int parts = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (++parts > MAX_PARTS) {
        throw new InvalidRequest(
            "the message has more than %d tensors, their contents and parameters", MAX_PARTS);
      }
      in.skipField(tag);
    }
  }
}
