package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.ModelRepository;
import dev.lapidary.serve.repository.ModelUnavailable;
import dev.lapidary.serve.repository.ShadowRoute;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Models that have a shadow, by their names. */
final class Shadows implements AutoCloseable {
  private final ModelRepository<AnsweringModel> repository;
  private final List<Shadow> all = new ArrayList<>();

  /**
   * @throws Failure (exit 2) if a model has two
   */
  Shadows(
      List<ShadowRoute> routes,
      ModelRepository<AnsweringModel> repository,
      Admission admission,
      ServerSettings settings,
      Metrics metrics) {
    this.repository = repository;
    Set<String> names = new HashSet<>();
    for (ShadowRoute route : routes) {
      if (!names.add(route.name())) {
        throw Failure.badInput("--shadow gives %s two shadows, expected one", route.name());
      }
    }
    for (ShadowRoute route : routes) {
      all.add(new Shadow(route, repository, admission, settings, metrics.shadow(route)));
    }
  }

  /** Of a model, if it has one. */
  Optional<Shadow> of(String name) {
    return all.stream().filter(shadow -> shadow.route().name().equals(name)).findFirst();
  }

  /** Why some cannot be asked, a line each; what could not be loaded is told elsewhere. */
  List<String> troubles() {
    List<String> lines = new ArrayList<>();
    for (Shadow each : all) {
      trouble(each.route()).ifPresent(why -> lines.add("--shadow " + each.route() + ": " + why));
    }
    return lines;
  }

  private Optional<String> trouble(ShadowRoute route) {
    List<String> models = repository.names();
    for (String name : List.of(route.name(), route.model())) {
      if (!models.contains(name)) {
        return Optional.of(
            "there is no model %s, expected one of %s".formatted(name, String.join(", ", models)));
      }
    }
    try (Lease<AnsweringModel> model = repository.lease(route.name(), Optional.empty());
        Lease<AnsweringModel> shadow = repository.lease(route.model(), route.version())) {
      return ShadowFit.trouble(model.model(), shadow.model());
    } catch (ModelUnavailable e) {
      return e.isKnown() ? Optional.empty() : Optional.of(route.target() + ": " + e.getMessage());
    }
  }

  @Override
  public void close() {
    all.forEach(Shadow::close);
  }
}
