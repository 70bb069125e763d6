package dev.lapidary.serve;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest.InferInputTensor;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStreamInferResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A client of the Open Inference Protocol over gRPC, by gRPC's own library. */
public final class GrpcClient implements AutoCloseable {
  private final ManagedChannel channel;
  private final Channel calls;

  public GrpcClient(int port) {
    this(port, InsecureChannelCredentials.create());
  }

  public GrpcClient(int port, ChannelCredentials credentials) {
    channel = NettyChannelBuilder.forAddress("127.0.0.1", port, credentials).build();
    calls = channel;
  }

  private GrpcClient(ManagedChannel channel, Channel calls) {
    this.channel = channel;
    this.calls = calls;
  }

  /** The same connection, whose calls have a header more. */
  public GrpcClient with(String header, String value) {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), value);
    return new GrpcClient(
        channel,
        ClientInterceptors.intercept(calls, MetadataUtils.newAttachHeadersInterceptor(metadata)));
  }

  /**
   * The same connection, which keeps what the last call's answer has in its headers and its end.
   */
  public GrpcClient capturing(AtomicReference<Metadata> head, AtomicReference<Metadata> end) {
    return new GrpcClient(
        channel,
        ClientInterceptors.intercept(
            calls, MetadataUtils.newCaptureMetadataInterceptor(head, end)));
  }

  private static <T extends MessageLite> Marshaller<T> marshaller(Parser<T> parser) {
    return new Marshaller<>() {
      @Override
      public InputStream stream(T message) {
        return message.toByteString().newInput();
      }

      @Override
      public T parse(InputStream stream) {
        try {
          return parser.parseFrom(stream);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  @SuppressWarnings("unchecked") // of the parser of a message's own type
  private static <A extends MessageLite, B extends MessageLite> MethodDescriptor<A, B> method(
      String name, MethodType type, A sample, Parser<B> answer) {
    return MethodDescriptor.<A, B>newBuilder()
        .setType(type)
        .setFullMethodName("inference.GRPCInferenceService/" + name)
        .setRequestMarshaller(marshaller((Parser<A>) sample.getParserForType()))
        .setResponseMarshaller(marshaller(answer))
        .build();
  }

  public <A extends MessageLite, B extends MessageLite> B call(
      String name, A request, Parser<B> answer) {
    return ClientCalls.blockingUnaryCall(
        calls, method(name, MethodType.UNARY, request, answer), CallOptions.DEFAULT, request);
  }

  public ModelInferResponse infer(ModelInferRequest request) {
    return call("ModelInfer", request, ModelInferResponse.parser());
  }

  /**
   * @param millis the call's deadline
   * @return to cancel it cancels the call
   */
  public CompletableFuture<ModelInferResponse> infer(ModelInferRequest request, long millis) {
    var call =
        ClientCalls.futureUnaryCall(
            channel.newCall(
                method("ModelInfer", MethodType.UNARY, request, ModelInferResponse.parser()),
                CallOptions.DEFAULT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS)),
            request);
    CompletableFuture<ModelInferResponse> answer = new CompletableFuture<>();
    call.addListener(
        () -> {
          try {
            answer.complete(call.get());
          } catch (Exception e) {
            answer.completeExceptionally(e.getCause() == null ? e : e.getCause());
          }
        },
        Runnable::run);
    answer.whenComplete(
        (found, error) -> {
          if (answer.isCancelled()) {
            call.cancel(true);
          }
        });
    return answer;
  }

  public StreamObserver<ModelInferRequest> stream(
      StreamObserver<ModelStreamInferResponse> answers) {
    return ClientCalls.asyncBidiStreamingCall(
        channel.newCall(
            method(
                "ModelStreamInfer",
                MethodType.BIDI_STREAMING,
                ModelInferRequest.getDefaultInstance(),
                ModelStreamInferResponse.parser()),
            CallOptions.DEFAULT),
        answers);
  }

  /** What a call that fails says. */
  public Status refusal(ModelInferRequest request) {
    try {
      infer(request);
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
    throw new AssertionError("it was answered");
  }

  /** Of the model tiny: image files. */
  public static ModelInferRequest images(byte[]... files) {
    ModelInferRequest.Builder request =
        request("tiny", "input", "BYTES", List.of((long) files.length));
    for (byte[] file : files) {
      request.getInputsBuilder(0).getContentsBuilder().addBytesContents(ByteString.copyFrom(file));
    }
    return request.build();
  }

  public static ModelInferRequest.Builder request(
      String model, String input, String type, List<Long> shape) {
    return ModelInferRequest.newBuilder()
        .setModelName(model)
        .addInputs(
            InferInputTensor.newBuilder().setName(input).setDatatype(type).addAllShape(shape));
  }

  /** The first raw output's elements. */
  public static float[] floats(ModelInferResponse answer) {
    ByteBuffer raw =
        answer.getRawOutputContents(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[raw.remaining() / Float.BYTES];
    raw.asFloatBuffer().get(values);
    return values;
  }

  @Override
  public void close() throws InterruptedException {
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
  }
}
