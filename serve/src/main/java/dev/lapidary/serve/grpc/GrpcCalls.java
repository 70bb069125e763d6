package dev.lapidary.serve.grpc;

import com.google.protobuf.MessageLite;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.grpc.message.OpenInference.ModelConfigRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelMetadataRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelReadyRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelReadyResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStatisticsRequest;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryIndexRequest;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryModelLoadRequest;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryModelLoadResponse;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryModelUnloadRequest;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryModelUnloadResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ServerLiveResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ServerReadyResponse;
import dev.lapidary.serve.inference.InferenceService;
import dev.lapidary.serve.inference.InferenceService.Pending;
import dev.lapidary.serve.inference.ServiceError;
import dev.lapidary.serve.inference.ServiceError.Kind;
import dev.lapidary.serve.repository.ModelState;
import dev.lapidary.serve.tracing.Worked;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** {@code inference.GRPCInferenceService}: its methods, and what each asks of the server. */
final class GrpcCalls {
  private static final String SERVICE = "inference.GRPCInferenceService";
  static final String STREAM = SERVICE + "/ModelStreamInfer";

  private final InferenceService service;
  private final Set<InferStream> streams = ConcurrentHashMap.newKeySet();

  GrpcCalls(InferenceService service) {
    this.service = service;
  }

  ServerServiceDefinition definition() {
    ServerServiceDefinition.Builder all = ServerServiceDefinition.builder(SERVICE);
    simple(all, "ServerLive", m -> ServerLiveResponse.newBuilder().setLive(true).build());
    simple(
        all,
        "ServerReady",
        m -> ServerReadyResponse.newBuilder().setReady(service.isReady()).build());
    simple(all, "ModelReady", m -> modelReady(m.as(ModelReadyRequest.parser())));
    simple(all, "ServerMetadata", m -> Answers.server(service.server()));
    simple(
        all,
        "ModelMetadata",
        m -> {
          ModelMetadataRequest asked = m.as(ModelMetadataRequest.parser());
          return Answers.metadata(metadata(asked.getName(), asked.getVersion()));
        });
    simple(
        all,
        "ModelConfig",
        m -> {
          ModelConfigRequest asked = m.as(ModelConfigRequest.parser());
          return Answers.config(metadata(asked.getName(), asked.getVersion()));
        });
    simple(all, "ModelStatistics", m -> statistics(m.as(ModelStatisticsRequest.parser())));
    simple(all, "RepositoryIndex", m -> index(m.as(RepositoryIndexRequest.parser())));
    later(all, "RepositoryModelLoad", m -> load(m.as(RepositoryModelLoadRequest.parser())));
    later(all, "RepositoryModelUnload", m -> unload(m.as(RepositoryModelUnloadRequest.parser())));
    all.addMethod(method("ModelInfer", MethodType.UNARY), ServerCalls.asyncUnaryCall(this::infer));
    all.addMethod(
        method("ModelStreamInfer", MethodType.BIDI_STREAMING),
        ServerCalls.asyncBidiStreamingCall(
            out ->
                new InferStream(
                    this::begin, (ServerCallStreamObserver<MessageLite>) out, streams)));
    return all.build();
  }

  /** Ends each stream when the request that it has is answered. */
  void stop() {
    streams.forEach(InferStream::stop);
  }

  private static MethodDescriptor<Message, MessageLite> method(String name, MethodType type) {
    return MethodDescriptor.<Message, MessageLite>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(Message.RECEIVED)
        .setResponseMarshaller(Message.SENT)
        .build();
  }

  /** A method whose answer is there at once. */
  private static void simple(
      ServerServiceDefinition.Builder all, String name, Function<Message, MessageLite> call) {
    later(all, name, message -> CompletableFuture.completedFuture(call.apply(message)));
  }

  private static void later(
      ServerServiceDefinition.Builder all,
      String name,
      Function<Message, CompletableFuture<MessageLite>> call) {
    all.addMethod(
        method(name, MethodType.UNARY),
        ServerCalls.asyncUnaryCall(
            (message, out) -> {
              CompletableFuture<MessageLite> answer;
              try {
                answer = call.apply(message);
              } catch (RuntimeException e) {
                answer = CompletableFuture.failedFuture(e);
              }
              tell(answer, out);
            }));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what hangs on it throws nothing
  private static void tell(
      CompletableFuture<? extends MessageLite> answer, StreamObserver<MessageLite> out) {
    ServerCallStreamObserver<MessageLite> call = (ServerCallStreamObserver<MessageLite>) out;
    answer.whenComplete(
        (found, error) -> {
          if (call.isCancelled()) {
            return;
          }
          if (error != null) {
            out.onError(Statuses.of(error));
          } else {
            out.onNext(found);
            out.onCompleted();
          }
        });
  }

  /** As Triton has it: not ready, and no error, if there is no such model. */
  private ModelReadyResponse modelReady(ModelReadyRequest asked) {
    boolean ready = true;
    try {
      metadata(asked.getName(), asked.getVersion());
    } catch (ServiceError e) {
      if (e.kind() != Kind.UNAVAILABLE && e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
      ready = false;
    }
    return ModelReadyResponse.newBuilder().setReady(ready).build();
  }

  private InferenceService.Metadata metadata(String model, String version) {
    return service.metadata(model, InferMessage.version(version));
  }

  private MessageLite statistics(ModelStatisticsRequest asked) {
    return Answers.statistics(
        service.statistics(asked.getName(), InferMessage.version(asked.getVersion())));
  }

  private MessageLite index(RepositoryIndexRequest asked) {
    return Answers.index(
        service.index().stream()
            .filter(model -> !asked.getReady() || model.state() == ModelState.READY)
            .toList());
  }

  private CompletableFuture<MessageLite> load(RepositoryModelLoadRequest asked) {
    return service
        .load(asked.getModelName())
        .thenApply(done -> RepositoryModelLoadResponse.getDefaultInstance());
  }

  private CompletableFuture<MessageLite> unload(RepositoryModelUnloadRequest asked) {
    return service
        .unload(asked.getModelName())
        .thenApply(done -> RepositoryModelUnloadResponse.getDefaultInstance());
  }

  private void infer(Message message, StreamObserver<MessageLite> out) {
    Pending pending = begin(message, Arrival.current());
    ((ServerCallStreamObserver<MessageLite>) out).setOnCancelHandler(pending.gone());
    Consumer<Worked> log = CallLog.present();
    tell(
        pending
            .answer()
            .thenApply(
                answer -> {
                  log.accept(Worked.now(answer.model(), answer.stages()));
                  return Answers.infer(answer);
                }),
        out);
  }

  private Pending begin(Message message, Arrival arrival) {
    Optional<Admission.Permit> permit = arrival.take();
    if (permit.isEmpty()) {
      return Pending.failed(new ServiceError(Kind.CANCELLED, "the call has ended"));
    }
    return service.infer(
        () -> InferMessage.read(message), message.length(), permit.get(), leftNanos());
  }

  private static long leftNanos() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null ? Long.MAX_VALUE : deadline.timeRemaining(TimeUnit.NANOSECONDS);
  }
}
