package example;

import dev.lapidary.runtime.Classifier;
import dev.lapidary.runtime.Prediction;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.runtime.Micronaut;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

@Factory
public class Application {
  public static void main(String[] arguments) {
    Micronaut.run(Application.class, arguments);
  }

  @Context
  @Bean(preDestroy = "close")
  Classifier classifier(@Value("${model}") String model) {
    return Classifier.open(Path.of(model));
  }
}

@Controller
record Labels(Classifier classifier) {
  @Post(uri = "/labels", consumes = MediaType.ALL)
  CompletableFuture<List<Prediction>> labels(@Body byte[] image) {
    return classifier.classifyAsync(image).thenApply(answer -> answer.top(3));
  }
}
