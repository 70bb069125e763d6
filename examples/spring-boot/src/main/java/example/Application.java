package example;

import dev.lapidary.runtime.Classifier;
import dev.lapidary.runtime.Prediction;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
public class Application {
  public static void main(String[] arguments) {
    SpringApplication.run(Application.class, arguments);
  }

  @Bean(destroyMethod = "close")
  Classifier classifier(@Value("${model}") String model) {
    return Classifier.open(Path.of(model));
  }

  @RestController
  record Labels(Classifier classifier) {
    @PostMapping("/labels")
    CompletableFuture<List<Prediction>> labels(@RequestBody byte[] image) {
      return classifier.classifyAsync(image).thenApply(answer -> answer.top(3));
    }
  }
}
