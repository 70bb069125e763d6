package dev.lapidary.serve.http;

import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.inference.ClientText;
import dev.lapidary.serve.repository.Lease;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What answers a request's images: a model of its own, a head behind its trunk, or several heads of
 * one trunk, for which images are decoded once and run once. All stay loaded until it is closed.
 *
 * @param asked that the request names
 * @param runs whose network the images run on
 * @param heads behind it; none if its own answer is asked for
 */
record Answering(
    AnsweringModel asked,
    AnsweringModel runs,
    List<AnsweringModel> heads,
    List<Lease<AnsweringModel>> leases)
    implements AutoCloseable {
  /**
   * @param lease of the model that the request names; closed with what is returned, and by whoever
   *     asked if nothing is
   * @param names of a trunk's heads; all unless told
   * @throws Refusal 400 if it takes no images, or has no such heads
   */
  static Answering of(
      Lease<AnsweringModel> lease, Optional<List<String>> names, ServerState state) {
    AnsweringModel model = lease.model();
    if (model.head().isPresent()) {
      if (names.isPresent()) {
        throw Refusal.badRequest(
            "invalid_parameter",
            "heads is asked of a trunk, but %s is a head itself; leave it out",
            model.id().name());
      }
      Lease<AnsweringModel> trunk = model.head().get().trunk();
      return new Answering(model, trunk.model(), List.of(model), List.of(lease, trunk));
    }
    ServedModel own = model.requireImages().model();
    if (names.isEmpty() && !own.givesFeatures()) {
      return new Answering(model, model, List.of(), List.of(lease));
    }
    List<Lease<AnsweringModel>> all = state.trunks().heads(own);
    List<Lease<AnsweringModel>> chosen = chosen(model, all, names);
    List<AnsweringModel> heads = chosen.stream().map(Lease::model).toList();
    List<Lease<AnsweringModel>> leases = new ArrayList<>(all);
    leases.add(lease);
    return new Answering(model, model, heads, leases);
  }

  /** Closes all of them if it refuses. */
  private static List<Lease<AnsweringModel>> chosen(
      AnsweringModel trunk, List<Lease<AnsweringModel>> all, Optional<List<String>> names) {
    List<Lease<AnsweringModel>> chosen = new ArrayList<>();
    for (String name : names.orElse(List.of())) {
      Optional<Lease<AnsweringModel>> found =
          all.stream().filter(lease -> lease.id().name().equals(name)).findFirst();
      if (found.isEmpty()) {
        String there = names(all);
        all.forEach(Lease::close);
        throw Refusal.badRequest(
            "no_such_head",
            "%s has no head %s that is loaded, expected some of: %s",
            trunk.id().name(),
            name,
            there.isEmpty() ? "none is" : there);
      }
      chosen.add(found.get());
    }
    if (names.isEmpty() && all.isEmpty()) {
      throw Refusal.badRequest(
          "gives_features",
          "%s gives features and no classes, and no head of it is loaded; POST"
              + " /v2/models/%s/infer gives the features",
          trunk.id().name(),
          trunk.id().name());
    }
    return names.isEmpty() ? all : chosen;
  }

  private static String names(List<Lease<AnsweringModel>> leases) {
    return ClientText.brief(
        leases.stream().map(lease -> lease.id().name()).collect(Collectors.joining(", ")));
  }

  /** Decodes, batches and runs. */
  Serving serving() {
    return runs.requireImages();
  }

  /** Whether the answer has an answer of each head in it. */
  boolean isOfHeads() {
    return asked.head().isEmpty() && !heads.isEmpty();
  }

  /** As the answer calls the model that was asked, where it is not one of the heads. */
  PredictAnswer.ModelId trunk() {
    return asked.answerId(serving().model());
  }

  /**
   * What one model made of the images.
   *
   * @param rows that ran through a head
   * @param headNanos of that run; 0 without a head
   */
  record Part(
      AnsweringModel model,
      ServedModel classes,
      List<Serving.Result> results,
      int rows,
      long headNanos) {
    boolean isOfHead() {
      return model.head().isPresent();
    }
  }

  /** One of each model that answers. */
  List<Part> parts(List<Serving.Result> results) {
    if (heads.isEmpty()) {
      return List.of(new Part(asked, serving().model(), results, 0, 0));
    }
    List<Part> parts = new ArrayList<>(heads.size());
    for (AnsweringModel each : heads) {
      HeadServing<AnsweringModel> head = each.head().orElseThrow();
      HeadRun run = HeadRun.of(head.file(), results);
      parts.add(new Part(each, head.model(), run.results(), run.rows(), run.nanos()));
    }
    return parts;
  }

  @Override
  public void close() {
    leases.forEach(Lease::close);
  }
}
