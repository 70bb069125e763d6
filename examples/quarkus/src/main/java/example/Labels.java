package example;

import dev.lapidary.runtime.Classifier;
import dev.lapidary.runtime.Prediction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.config.inject.ConfigProperty;

@Path("/labels")
public class Labels {
  @Inject Classifier classifier;

  @POST
  @jakarta.ws.rs.Produces("application/json")
  public CompletionStage<List<Prediction>> labels(byte[] image) {
    return classifier.classifyAsync(image).thenApply(answer -> answer.top(3));
  }

  @ApplicationScoped
  static class Model {
    @Produces
    @Singleton
    Classifier open(@ConfigProperty(name = "model") String model) {
      return Classifier.open(java.nio.file.Path.of(model));
    }

    void close(@Disposes Classifier classifier) {
      classifier.close();
    }
  }
}
